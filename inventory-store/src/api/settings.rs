//! What an operator of a store chooses, from the environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use inventory_core::vocabulary::StoreId;
use inventory_http::client::{CentralUrl, SecretKey};
use inventory_http::server::{
    ApiKey, Certificate, InvalidSetting, KeyFile, Limits, LogSettings, Quota, SettingDoc, Source,
};
use inventory_http::telemetry::TelemetrySettings;

use crate::outbox::OnConflict;

/// Every setting of a store.
pub const SETTINGS: &[SettingDoc] = &[
    SettingDoc::new("PORT", "8081", "port; 0 chooses a free one"),
    SettingDoc::new("BIND", "127.0.0.1", "address"),
    SettingDoc::new("STORE_ID", "", "the store; there is no default"),
    SettingDoc::new("CENTRAL_URL", "http://127.0.0.1:8080", "where central is"),
    SettingDoc::secret(
        "CENTRAL_API_KEY",
        "demo",
        "the key that central knows this store by",
    ),
    SettingDoc::new(
        "DATA_DIR",
        "./data-store",
        "directory of the copy and the outbox",
    ),
    SettingDoc::secret(
        "STORE_API_KEYS",
        "",
        "as central's API_KEYS; without any, calls need no key and BIND must be a loopback address",
    ),
    SettingDoc::new(
        "STORE_API_KEYS_FILE",
        "",
        "the same, one a line, in place of STORE_API_KEYS; read again at SIGHUP",
    ),
    SettingDoc::new(
        "OFFLINE_WRITES",
        "queue",
        "while central is away, `queue` keeps intents and `reject` answers 503",
    ),
    SettingDoc::new(
        "OFFLINE_CONFLICT",
        "rebase",
        "a queued intent with a stale version: `rebase` sends it without a version, `park` keeps it for a person",
    ),
    SettingDoc::new("OUTBOX_MAX", "10000", "intents that may be queued"),
    SettingDoc::new(
        "OUTBOX_MAX_AGE",
        "3d",
        "an intent that waits longer is parked",
    ),
    SettingDoc::new(
        "FORWARD_TIMEOUT",
        "3s",
        "how long a write may wait for central's answer",
    ),
    SettingDoc::new(
        "RATE_TOKENS",
        "0",
        "requests of a key in a period; 0 is no limit",
    ),
    SettingDoc::new(
        "STORE_RATE_TOKENS",
        "0",
        "the same of a key that is bound to stores",
    ),
    SettingDoc::new("RATE_PERIOD", "60s", "the period"),
    SettingDoc::new(
        "DRAIN",
        "5s",
        "after SIGTERM, how long `/readyz` says 503 while calls are served, before connections end",
    ),
    SettingDoc::new(
        "TLS_CERT_FILE",
        "",
        "certificates in the format PEM, the service's own first; with TLS_KEY_FILE it speaks HTTPS and nothing else; read again at SIGHUP",
    ),
    SettingDoc::new(
        "TLS_KEY_FILE",
        "",
        "the private key that belongs to TLS_CERT_FILE, in the format PEM; read again at SIGHUP",
    ),
    SettingDoc::new(
        "CONNECTIONS_MAX",
        "10000",
        "connections at once, and no more than the limit of open files allows",
    ),
    SettingDoc::new(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "localhost:4317",
        "where spans and metrics go, over gRPC without TLS; `off` exports nothing",
    ),
    SettingDoc::new(
        "OTEL_SERVICE_NAME",
        "store",
        "the name of this service there",
    ),
    SettingDoc::new(
        "OTEL_RESOURCE_ATTRIBUTES",
        "",
        "what else is said of this service there, as `name=value` with commas",
    ),
    SettingDoc::new(
        "TRACE_RATIO",
        "1",
        "share of the requests that are traced when no client with a key says whether",
    ),
    SettingDoc::new("LOG_FORMAT", "text", "`text` or `json`"),
    SettingDoc::new(
        "LOG_LEVEL",
        "info",
        "`error`, `warn`, `info`, `debug` or `trace`",
    ),
];

/// More than a store sells in any week without a link; all of them are in memory.
const INTENTS_MOST: usize = 1_000_000;

/// As central's.
const DISK_PATIENCE: Duration = Duration::from_secs(5);

/// What happens to a write while central cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfflineWrites {
    /// It is queued, durably, before anybody is told.
    Queue,
    /// It is refused.
    Reject,
}

/// What a store is run with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens.
    pub address: SocketAddr,
    /// Which store it is.
    pub store: StoreId,
    /// Where central is.
    pub central_url: CentralUrl,
    /// The key that central knows it by.
    pub central_key: SecretKey,
    /// Where its files are.
    pub data_dir: PathBuf,
    /// Who may call; empty: everybody on this machine.
    pub keys: Vec<ApiKey>,
    /// Where who may call is read again.
    pub key_file: Option<KeyFile>,
    /// What it does with writes while central is away.
    pub offline_writes: OfflineWrites,
    /// What happens to an intent with a stale version.
    pub on_conflict: OnConflict,
    /// Intents that may be queued.
    pub outbox_max: usize,
    /// How long an intent may wait.
    pub outbox_max_age: Duration,
    /// How long a write may wait for central.
    pub forward_timeout: Duration,
    /// How long the disk of the outbox may take to make a group durable; then who waits is told that the outcome is unknown.
    pub disk_patience: Duration,
    /// How long calls are served once the store is told to stop, while it says that it will.
    pub drain: Duration,
    /// The settings that are not their defaults, for the log.
    pub chosen: Vec<String>,
    /// How much a key may call.
    pub quota: Quota,
    /// What it shows to say who it is, when it encrypts.
    pub certificate: Option<Certificate>,
    /// What the server bounds.
    pub limits: Limits,
    /// Where spans and metrics go.
    pub telemetry: TelemetrySettings,
    /// How and what is logged.
    pub logs: LogSettings,
}

impl Settings {
    /// The settings that a source with the table [`SETTINGS`] says.
    ///
    /// # Errors
    ///
    /// Names the first setting that is wrong, and says what it must be.
    pub fn from_source(source: &Source<'_>) -> Result<Self, InvalidSetting> {
        source.refuse_empty()?;
        let address = source.address()?;
        let keys = source.keys("STORE_API_KEYS", "STORE_API_KEYS_FILE", address)?;
        if !address.ip().is_loopback() && keys.list.is_empty() {
            let issue = "must have keys when BIND is not a loopback address";
            return Err(InvalidSetting::new("STORE_API_KEYS", issue));
        }
        let central_url: CentralUrl = source.unshown("CENTRAL_URL")?;
        if central_url.leads_to(address) {
            let issue =
                "is where this store listens itself, by BIND and PORT: it must be where central is";
            return Err(InvalidSetting::new("CENTRAL_URL", issue));
        }
        Ok(Self {
            address,
            store: source.number("STORE_ID", "the id of a store, 1 to 128 bytes")?,
            central_url,
            central_key: source.unshown("CENTRAL_API_KEY")?,
            data_dir: source.directory("DATA_DIR"),
            keys: keys.list,
            key_file: keys.file,
            offline_writes: source.choice(
                "OFFLINE_WRITES",
                &[
                    ("queue", OfflineWrites::Queue),
                    ("reject", OfflineWrites::Reject),
                ],
            )?,
            on_conflict: source.choice(
                "OFFLINE_CONFLICT",
                &[("park", OnConflict::Park), ("rebase", OnConflict::Rebase)],
            )?,
            outbox_max: source.number_between("OUTBOX_MAX", 1, INTENTS_MOST)?,
            // Less, and what waits for a link that is down for a moment would be parked; for longer no central promises to
            // remember what it has applied.
            outbox_max_age: source.duration_between("OUTBOX_MAX_AGE", "1m", "7d")?,
            forward_timeout: source.duration_between("FORWARD_TIMEOUT", "100ms", "1m")?,
            disk_patience: DISK_PATIENCE,
            drain: source.duration_between("DRAIN", "0s", "1h")?,
            chosen: source.chosen(),
            quota: source.quota()?,
            certificate: source.certificate()?,
            limits: source.limits()?,
            telemetry: source.telemetry()?,
            logs: source.logs()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let lookup = |name: &str| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let source = Source {
            table: SETTINGS,
            lookup: &lookup,
            read: &|_| Ok("# nobody yet\n".to_owned()),
        };
        Settings::from_source(&source).map_err(|error| error.to_string())
    }

    #[test]
    fn a_store_needs_to_know_which_one_it_is() {
        assert!(from(&[]).unwrap_err().starts_with("STORE_ID must be"));
        let settings = from(&[("STORE_ID", "store-7")]).unwrap();
        assert_eq!(settings.address.to_string(), "127.0.0.1:8081");
        assert!(settings.keys.is_empty());
        assert_eq!(settings.offline_writes, OfflineWrites::Queue);
    }

    #[test]
    fn what_is_wrong_is_said_in_a_sentence() {
        for (name, value, says) in [
            ("BIND", "0.0.0.0", "STORE_API_KEYS must have keys"),
            ("STORE_API_KEYS", "", "STORE_API_KEYS is set, and empty"),
            (
                "STORE_API_KEYS_FILE",
                "f",
                "STORE_API_KEYS_FILE is refused: there must be at least one key",
            ),
            ("CENTRAL_URL", "ftp://central", "http://"),
            ("CENTRAL_URL", "http://me:secret@central", "no user"),
            (
                "CENTRAL_URL",
                "http://localhost:8081",
                "where this store listens itself",
            ),
            (
                "CENTRAL_URL",
                "http://127.0.0.1:8081",
                "where this store listens itself",
            ),
            ("CENTRAL_API_KEY", "secret key", "a key must be"),
            ("OFFLINE_WRITES", "maybe", "queue, reject"),
            ("OFFLINE_CONFLICT", "win", "park, rebase"),
            ("OUTBOX_MAX", "0", "from 1 to"),
            ("OUTBOX_MAX_AGE", "3", "ms, s, m, h or d"),
            ("OUTBOX_MAX_AGE", "1ms", "from 1m to 7d"),
            ("OUTBOX_MAX_AGE", "8d", "from 1m to 7d"),
            ("FORWARD_TIMEOUT", "1ms", "from 100ms to 1m"),
            ("DRAIN", "soon", "from 0s to 1h"),
        ] {
            let said = from(&[("STORE_ID", "s"), (name, value)]).unwrap_err();
            assert!(said.contains(says), "{name}={value}: {said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }
}
