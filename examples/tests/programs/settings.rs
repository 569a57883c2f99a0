//! Settings: what an operator may set, and what is refused before anything is opened, by both programs as they are.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Command, Output};

use inventory_http::central;
use inventory_http::server::SettingDoc;
use inventory_store::api;

use crate::process::{command, store_command};

/// How a program is started, with its files in a place.
type Start = fn(&Path) -> Command;

/// A program that would have its files in a place where nothing is.
fn central_in(place: &Path) -> Command {
    command(place)
}

/// As [`central_in`], with a central that nobody has to reach.
fn store_in(place: &Path) -> Command {
    store_command(place, "127.0.0.1:1")
}

/// The start is refused for a setting, in one line that names it, and before anything was opened.
#[track_caller]
fn assert_refused(start: Start, set: &[(&str, &[u8])], names: &str, says: &str) {
    let data = tempfile::tempdir().unwrap();
    let place = data.path().join("nothing");
    let mut command = start(&place);
    for (name, value) in set {
        command.env(name, OsStr::from_bytes(value));
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{set:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains(&format!(": {names} ")) && said.contains(says),
        "{says} in {said}"
    );
    assert!(!said.contains("hush"), "{said}");
    assert!(!place.exists(), "{said}");
}

/// What both programs have.
const SHARED: &[(&str, &[u8], &str)] = &[
    ("PORT", b"http", "must be a port"),
    ("PORT", b"", "is set, and empty"),
    ("PORT", b"80\xe9", "is not Unicode"),
    ("BIND", b"localhost", "must be an IP address"),
    ("DATA_DIR", b"", "is set, and empty"),
    ("DATA_DIR", b"/tmp/\xe9", "is not Unicode"),
    ("RATE_TOKENS", b"-1", "a number from 0"),
    ("STORE_RATE_TOKENS", b"many", "a number from 0"),
    ("RATE_PERIOD", b"1ms", "from 1s to 1d"),
    ("CONNECTIONS_MAX", b"0", "a number from 1"),
    ("TLS_CERT_FILE", b"none/such", "without TLS_KEY_FILE"),
    ("TLS_KEY_FILE", b"none/such", "without TLS_CERT_FILE"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", b"", "is set, and empty"),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        b"https://collector:4317",
        "https, which is not spoken",
    ),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        b"http://me:hush@collector:4317",
        "a host and a port",
    ),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        b"grpc://collector:4317",
        "a host and a port",
    ),
    ("OTEL_RESOURCE_ATTRIBUTES", b"service.name", "name=value"),
    ("OTEL_SERVICE_NAME", b" ", "is set, and empty"),
    ("TRACE_RATIO", b"1.5", "from 0 to 1"),
    ("LOG_FORMAT", b"xml", "one of text, json"),
    (
        "LOG_LEVEL",
        b"loud",
        "one of error, warn, info, debug, trace",
    ),
];

#[test]
fn a_setting_that_cannot_be_meant_is_refused_before_anything_is_opened() {
    for (name, value, says) in SHARED {
        assert_refused(central_in, &[(name, value)], name, says);
        assert_refused(store_in, &[(name, value)], name, says);
    }
    for (name, value, says) in [
        ("API_KEYS", &b"hush\xe9=admin"[..], "is not Unicode"),
        ("API_KEYS", b"", "is set, and empty"),
        ("API_KEYS", b"hush,hush", "stands twice"),
        ("API_KEYS", b"hush=owner", "a role must be"),
        ("API_KEYS", b"aHVzaA==", "needs a role behind it"),
        (
            "API_KEYS",
            b"hush=t@admin,hush2=t@reader",
            "have different roles",
        ),
        ("API_KEYS_FILE", b"none/such", "cannot be read"),
        ("API_KEYS_FILE", b"", "is set, and empty"),
        ("SNAPSHOT_INTERVAL", b"10", "from 1ms to 1d"),
        ("IDEMPOTENCY_WINDOW", b"1ms", "from 1m to 366d"),
        ("IDEMPOTENCY_MAX_KEYS", b"0", "from 1000"),
        ("IDEMPOTENCY_MAX_BYTES", b"0", "from 1048576"),
        ("RETAIN_EVENTS", b"all", "a number of events"),
        ("RECOVERY", b"please", "one of strict, quarantine"),
        ("ACCEPT_TIME", b"today", "a time in UTC"),
        ("DRAIN", b"99999999999d", "from 0s to 1h"),
    ] {
        assert_refused(central_in, &[(name, value)], name, says);
    }
    for (name, value, says) in [
        ("STORE_ID", &b"a\nb"[..], "the id of a store"),
        ("STORE_API_KEYS", b"hush\xe9", "is not Unicode"),
        ("STORE_API_KEYS", b"", "is set, and empty"),
        ("STORE_API_KEYS_FILE", b"/dev/null", "at least one key"),
        ("CENTRAL_API_KEY", b"hush hush", "a key must be"),
        ("CENTRAL_URL", b"http://me:hush@central", "no user"),
        ("CENTRAL_URL", b"ftp://central", "http:// or https://"),
        ("OFFLINE_WRITES", b"maybe", "one of queue, reject"),
        ("OFFLINE_CONFLICT", b"win", "one of park, rebase"),
        ("OUTBOX_MAX", b"0", "from 1"),
        ("OUTBOX_MAX_AGE", b"1ms", "from 1m to 7d"),
        ("OUTBOX_MAX_AGE", b"8d", "from 1m to 7d"),
        ("FORWARD_TIMEOUT", b"1ms", "from 100ms to 1m"),
    ] {
        assert_refused(store_in, &[(name, value)], name, says);
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let any: (&str, &[u8]) = ("BIND", b"0.0.0.0");
    assert_refused(central_in, &[any], "API_KEYS", "the key demo");
    let both: &[(&str, &[u8])] = &[("API_KEYS", b"hush"), ("API_KEYS_FILE", b"/dev/null")];
    assert_refused(central_in, both, "API_KEYS_FILE", "are both set");
    assert_refused(store_in, &[any], "STORE_API_KEYS", "must have keys");
    let demo: (&str, &[u8]) = ("STORE_API_KEYS", b"demo");
    assert_refused(store_in, &[any, demo], "STORE_API_KEYS", "the key demo");
    let itself: &[(&str, &[u8])] = &[("PORT", b"8099"), ("CENTRAL_URL", b"http://localhost:8099")];
    assert_refused(store_in, itself, "CENTRAL_URL", "listens itself");
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_help_has_every_setting_with_its_default_and_no_value() {
    let data = tempfile::tempdir().unwrap();
    let place = data.path().join("nothing");
    let programs: [(Start, &[SettingDoc]); 2] =
        [(central_in, central::SETTINGS), (store_in, api::SETTINGS)];
    for (start, settings) in programs {
        let secrets = ["API_KEYS", "STORE_API_KEYS", "CENTRAL_API_KEY"];
        let mut asked = start(&place);
        asked.envs(secrets.map(|name| (name, "hush"))).arg("--help");
        let help = said(&asked.output().unwrap());
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for SettingDoc {
            name,
            default,
            about,
            ..
        } in settings
        {
            let flag = format!("--{} <VALUE>", name.to_ascii_lowercase().replace('_', "-"));
            let (about, from) = (about.replace('`', ""), format!("[env: {name}]"));
            let default = match *default {
                "" => format!("{about} {from}"),
                default => format!("{about} {from} [default: {default}]"),
            };
            assert!(
                words.contains(&format!("{flag} {default}")),
                "{flag} {default} in {help}"
            );
        }
        assert!(!help.contains("hush"), "{help}");
        let version = said(&start(&place).arg("--version").output().unwrap());
        assert!(version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    }
    assert!(!place.exists());
}

#[test]
fn an_option_counts_before_the_environment_and_no_secret_is_one() {
    let data = tempfile::tempdir().unwrap();
    let place = data.path().join("nothing");
    let refused = |arguments: &[&str]| {
        let output = central_in(&place).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let port = refused(&["--port", "http"]);
    assert!(
        port.contains("PORT must be a port") && port.contains("\"http\""),
        "{port}"
    );
    let key = refused(&["--api-keys", "hush"]);
    assert!(
        key.contains("API_KEYS is secret") && !key.contains("hush"),
        "{key}"
    );
    let unknown = refused(&["--prot", "80"]);
    assert!(unknown.contains("--port"), "{unknown}");
    assert!(!place.exists());
}
