//! What an operator chooses, from the environment.

use std::time::Duration;

use inventory_core::engine::{self, Recovery};
use inventory_core::machine::WindowLimits;
use inventory_core::vocabulary::Timestamp;

use crate::server::{InvalidSetting, Origin, ServiceSettings, SettingDoc, Source};

/// A line a minute is enough to be seen.
const KEYS_LOOK: Duration = Duration::from_secs(60);

/// Fewer keys than one busy second brings are as good as none.
const KEYS_LEAST: usize = 1_000;

/// What so many keys take, and more.
const KEYS_BYTES_LEAST: usize = 1 << 20;

/// Every setting of central.
pub const SETTINGS: &[SettingDoc] = &[
    SettingDoc::PORT.or("8080"),
    SettingDoc::BIND,
    SettingDoc::new("DATA_DIR", "./data", "directory of log and snapshots"),
    SettingDoc::secret(
        "API_KEYS",
        "demo",
        "`key`, `key=reader`, `key=admin`, `key=store:a+b`, with commas; a bare key may do everything; `key=NAME@role` appears in the log as NAME and has idempotency keys of its own; a key with `=` in it needs a role",
    ),
    SettingDoc::new(
        "API_KEYS_FILE",
        "",
        "the same, one per line, instead of API_KEYS; `sha256:DIGEST` may stand for a key; read again at SIGHUP",
    ),
    SettingDoc::new(
        "CORS_ORIGINS",
        "",
        "origins whose pages may call from a browser, as `https://shop.example`, with commas; by default none may",
    ),
    SettingDoc::new(
        "SNAPSHOT_INTERVAL",
        "10s",
        "the least time between two snapshots; one is taken once the log has grown by a quarter of the last one's size, or after an hour with changes",
    ),
    SettingDoc::new(
        "RATE_TOKENS",
        "100",
        "requests per key and period; 0 is no limit; repeats that are answered from memory cost nothing",
    ),
    SettingDoc::STORE_RATE_TOKENS,
    SettingDoc::RATE_PERIOD,
    SettingDoc::new(
        "RETAIN_EVENTS",
        "0",
        "events kept once a snapshot covers them; 0 keeps all",
    ),
    SettingDoc::new("IDEMPOTENCY_WINDOW", "7d", "how long a key is remembered"),
    SettingDoc::new(
        "IDEMPOTENCY_MAX_KEYS",
        "1000000",
        "how many keys are remembered",
    ),
    SettingDoc::new(
        "IDEMPOTENCY_MAX_BYTES",
        "268435456",
        "how much memory they may take; beyond it, the caller with the most loses its oldest first",
    ),
    SettingDoc::new(
        "RECOVERY",
        "strict",
        "`strict` refuses to start on damaged data, `quarantine` starts with what is left",
    ),
    SettingDoc::new(
        "ACCEPT_TIME",
        "",
        "the true time, as `2026-12-24T18:00:00Z`: a clock within a day of it is believed, however far ahead of the log",
    ),
    SettingDoc::DRAIN,
    SettingDoc::TLS_CERT_FILE,
    SettingDoc::TLS_KEY_FILE,
    SettingDoc::CONNECTIONS_MAX,
    SettingDoc::OTEL_EXPORTER_OTLP_ENDPOINT,
    SettingDoc::OTEL_SERVICE_NAME.or("central"),
    SettingDoc::OTEL_RESOURCE_ATTRIBUTES,
    SettingDoc::TRACE_RATIO,
    SettingDoc::LOG_FORMAT,
    SettingDoc::LOG_LEVEL,
];

/// What central is run with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What any service is run with.
    pub service: ServiceSettings,
    /// Whose pages may call.
    pub origins: Vec<Origin>,
    /// How often a snapshot is taken.
    pub snapshot_interval: Duration,
    /// How often the log is told, at most, that keys were forgotten early: a full window forgets one with every request.
    pub keys_look: Duration,
    /// How the engine is run.
    pub engine: engine::Settings,
}

impl Settings {
    /// The settings that a source with the table [`SETTINGS`] says.
    ///
    /// # Errors
    ///
    /// Names the first setting that is wrong, and says what it must be.
    pub fn from_source(source: &Source<'_>) -> Result<Self, InvalidSetting> {
        let service = source.service("API_KEYS", "API_KEYS_FILE")?;
        let retain: u64 = source.number("RETAIN_EVENTS", "a number of events")?;
        let recovery = [
            ("strict", Recovery::Strict),
            ("quarantine", Recovery::Quarantine),
        ];
        Ok(Self {
            service,
            snapshot_interval: source.duration_between("SNAPSHOT_INTERVAL", "1ms", "1d")?,
            origins: origins(source)?,
            keys_look: KEYS_LOOK,
            engine: engine::Settings::new()
                .with_window(window(source)?)
                .with_retain_events((retain > 0).then_some(retain))
                .with_recovery(source.choice("RECOVERY", &recovery)?)
                .with_accept_time(accept_time(source)?),
        })
    }
}

fn window(source: &Source<'_>) -> Result<WindowLimits, InvalidSetting> {
    // With less, a client that asks again would be served twice.
    let age = source.duration_between("IDEMPOTENCY_WINDOW", "1m", "366d")?;
    let keys_max = source.number_between("IDEMPOTENCY_MAX_KEYS", KEYS_LEAST, 1_000_000_000)?;
    let bytes_max = source.number_between("IDEMPOTENCY_MAX_BYTES", KEYS_BYTES_LEAST, 1 << 40)?;
    Ok(WindowLimits::new()
        .with_age_ms(age.as_millis() as u64)
        .with_keys_max(keys_max)
        .with_bytes_max(bytes_max))
}

fn origins(source: &Source<'_>) -> Result<Vec<Origin>, InvalidSetting> {
    let parse = |text: &str| {
        let origins = text.split(',').map(str::trim);
        let origins = origins.filter(|_| !text.is_empty()).map(str::parse);
        origins.collect::<Result<_, _>>().ok()
    };
    let must_be = "origins like https://shop.example, in small letters, with commas between them";
    source.parse("CORS_ORIGINS", parse, must_be)
}

fn accept_time(source: &Source<'_>) -> Result<Option<Timestamp>, InvalidSetting> {
    let parse = |text: &str| match text {
        "" => Some(None),
        text => text.parse().ok().map(Some),
    };
    source.parse(
        "ACCEPT_TIME",
        parse,
        "a time in UTC like 2026-12-24T18:00:00Z",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let lookup = |name: &str| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let read = |_: &str| Ok("# who\n\nsecret=reader\nsha256:00\n".to_owned());
        let source = Source {
            table: SETTINGS,
            lookup: &lookup,
            read: &read,
        };
        Settings::from_source(&source).map_err(|error| error.to_string())
    }

    #[test]
    fn without_an_environment_the_defaults_count() {
        let settings = from(&[]).unwrap();
        assert_eq!(settings.service.address.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.snapshot_interval, Duration::from_secs(10));
        assert_eq!(settings.engine, engine::Settings::default());
        assert_eq!(
            settings
                .service
                .telemetry
                .collector
                .map(|address| address.to_string())
                .as_deref(),
            Some("localhost:4317")
        );
    }

    #[test]
    fn what_was_chosen_is_told_and_no_key_with_it() {
        let settings = from(&[
            ("PORT", "8080"),
            ("DRAIN", "0s"),
            ("API_KEYS", "secret=reader"),
            ("LOG_LEVEL", "debug"),
        ]);
        let chosen = settings.unwrap().service.chosen;
        assert_eq!(chosen, ["API_KEYS=(secret)", "DRAIN=0s", "LOG_LEVEL=debug"]);
    }

    #[test]
    fn what_is_wrong_is_said_in_a_sentence() {
        for (name, value, says) in [
            ("PORT", "65536", "PORT must be a port"),
            ("PORT", " ", "PORT is set, and empty"),
            ("BIND", "localhost", "BIND must be an IP address"),
            ("BIND", "0.0.0.0", "API_KEYS has the key demo"),
            ("SNAPSHOT_INTERVAL", "10", "SNAPSHOT_INTERVAL must be"),
            ("SNAPSHOT_INTERVAL", "0s", "from 1ms to 1d"),
            ("RATE_PERIOD", "1y", "ms, s, m, h or d"),
            ("RATE_PERIOD", "1ms", "from 1s to 1d"),
            ("API_KEYS", "", "API_KEYS is set, and empty"),
            ("API_KEYS", "a,,b", "a key must be"),
            ("API_KEYS", "a,a", "a key stands twice"),
            (
                "API_KEYS",
                "a=t@reader,b=t@admin",
                "the name t have different roles",
            ),
            ("API_KEYS", "a,b=owner", "a role must be"),
            ("CORS_ORIGINS", "*", "CORS_ORIGINS must be origins"),
            ("CORS_ORIGINS", "https://a,", "CORS_ORIGINS must be origins"),
            ("API_KEYS_FILE", "f", "line 4: a digest must be"),
            ("IDEMPOTENCY_WINDOW", "0d", "from 1m to 366d"),
            ("IDEMPOTENCY_WINDOW", "1ms", "from 1m to 366d"),
            ("DATA_DIR", "", "DATA_DIR is set, and empty"),
            ("DRAIN", "soon", "from 0s to 1h"),
            ("DRAIN", "99999999999d", "from 0s to 1h"),
            ("IDEMPOTENCY_MAX_KEYS", "0", "from 1000 to"),
            ("IDEMPOTENCY_MAX_BYTES", "1", "from 1048576 to"),
            ("CONNECTIONS_MAX", "0", "from 1 to 1000000"),
            (
                "CONNECTIONS_MAX",
                "18446744073709551615",
                "from 1 to 1000000",
            ),
            ("RECOVERY", "yes", "one of strict, quarantine"),
            ("ACCEPT_TIME", "today", "must be a time in UTC"),
            ("TRACE_RATIO", "2", "from 0 to 1"),
            ("TRACE_RATIO", "NaN", "from 0 to 1"),
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "https://c:4317",
                "https, which is not spoken",
            ),
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "collector",
                "a host and a port",
            ),
            ("OTEL_RESOURCE_ATTRIBUTES", "a", "name=value"),
            ("LOG_FORMAT", "xml", "one of text, json"),
        ] {
            let said = from(&[(name, value)]).unwrap_err();
            assert!(said.contains(says), "{name}={value}: {said}");
            assert!(said.starts_with(name) || name == "BIND", "{said}");
        }
    }

    #[test]
    fn a_service_has_the_name_that_its_operator_gives_it() {
        let name = |pairs: &[(&str, &str)]| from(pairs).unwrap().service.telemetry.service;
        let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "a=b,service.name=east");
        assert_eq!(name(&[]), "central");
        assert_eq!(name(&[attributes]), "east");
        assert_eq!(name(&[attributes, ("OTEL_SERVICE_NAME", "west")]), "west");
    }
}
