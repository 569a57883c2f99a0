//! What an operator of a store chooses, from the environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use inventory_core::vocabulary::StoreId;
use inventory_http::kit::{ApiKey, InvalidSetting, Limits, LogSettings, Quota, SettingDoc, Source};
use inventory_http::telemetry::TelemetrySettings;

use crate::client::{CentralUrl, InvalidSecret, SecretKey};
use crate::outbox::OnConflict;

/// Every setting of a store.
pub const SETTINGS: &[SettingDoc] = &[
    SettingDoc::new("PORT", "8081", "port; 0 chooses a free one"),
    SettingDoc::new("BIND", "127.0.0.1", "address"),
    SettingDoc::new("STORE_ID", "", "the store; there is no default"),
    SettingDoc::new("CENTRAL_URL", "http://127.0.0.1:8080", "where central is"),
    SettingDoc::new(
        "CENTRAL_API_KEY",
        "demo",
        "the key that central knows this store by",
    ),
    SettingDoc::new(
        "DATA_DIR",
        "./data-store",
        "directory of the copy and the outbox",
    ),
    SettingDoc::new(
        "STORE_API_KEYS",
        "",
        "as central's API_KEYS; without any, calls need no key and BIND must be a loopback address",
    ),
    SettingDoc::new(
        "STORE_API_KEYS_FILE",
        "",
        "the same, one a line, in place of STORE_API_KEYS",
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
        "CONNECTIONS_MAX",
        "10000",
        "connections at once, and no more than the limit of open files allows",
    ),
    SettingDoc::new(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "localhost:4317",
        "where spans and metrics go; `off` exports nothing",
    ),
    SettingDoc::new(
        "TRACE_RATIO",
        "1",
        "share of the requests that are traced when their client does not say",
    ),
    SettingDoc::new("LOG_FORMAT", "text", "`text` or `json`"),
    SettingDoc::new(
        "LOG_LEVEL",
        "info",
        "`error`, `warn`, `info`, `debug` or `trace`",
    ),
];

/// How long central promises to remember keys, unless it runs out of room.
const KEYS_REMEMBERED: Duration = Duration::from_secs(7 * 24 * 60 * 60);

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
    /// How much a key may call.
    pub quota: Quota,
    /// What the server bounds.
    pub limits: Limits,
    /// Where spans and metrics go.
    pub telemetry: TelemetrySettings,
    /// How and what is logged.
    pub logs: LogSettings,
}

impl Settings {
    /// The settings that the environment of the process says.
    ///
    /// # Errors
    ///
    /// Names the first setting that is wrong, and says what it must be.
    pub fn from_environment() -> Result<Self, InvalidSetting> {
        Self::from_source(&Source::environment(SETTINGS)?)
    }

    /// As [`Settings::from_environment`], from any source with the table [`SETTINGS`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn from_source(source: &Source<'_>) -> Result<Self, InvalidSetting> {
        let address = source.address()?;
        let keys = source.keys("STORE_API_KEYS", "STORE_API_KEYS_FILE")?;
        if !address.ip().is_loopback() && (keys.is_empty() || keys.iter().any(ApiKey::is_demo)) {
            let issue =
                "must have keys that not everybody knows when BIND is not a loopback address";
            return Err(InvalidSetting::new("STORE_API_KEYS", issue));
        }
        let outbox_max_age = source.duration("OUTBOX_MAX_AGE")?;
        if outbox_max_age > KEYS_REMEMBERED {
            let issue = "must be at most 7d: for longer no central promises to remember what it has applied";
            return Err(InvalidSetting::new("OUTBOX_MAX_AGE", issue));
        }
        let above_zero = |text: &str| text.parse().ok().filter(|&count: &usize| count > 0);
        Ok(Self {
            address,
            store: source.number("STORE_ID", "the id of a store, 1 to 128 bytes")?,
            central_url: source.number("CENTRAL_URL", "a URL like http://host:port")?,
            central_key: source.text("CENTRAL_API_KEY").parse().map_err(
                |error: InvalidSecret| InvalidSetting::new("CENTRAL_API_KEY", error.to_string()),
            )?,
            data_dir: source.text("DATA_DIR").into(),
            keys,
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
            outbox_max: source.parse("OUTBOX_MAX", above_zero, "a number above zero")?,
            outbox_max_age,
            forward_timeout: source.duration("FORWARD_TIMEOUT")?,
            quota: source.quota()?,
            limits: source.limits()?,
            telemetry: source.telemetry("store")?,
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
            read: &|path| Err(std::io::Error::other(path.to_owned())),
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
            ("CENTRAL_URL", "https://central", "http://"),
            ("OFFLINE_WRITES", "maybe", "queue, reject"),
            ("OFFLINE_CONFLICT", "win", "park, rebase"),
            ("OUTBOX_MAX", "0", "above zero"),
            ("OUTBOX_MAX_AGE", "3", "ms, s, m, h or d"),
            ("OUTBOX_MAX_AGE", "8d", "at most 7d"),
        ] {
            let said = from(&[("STORE_ID", "s"), (name, value)]).unwrap_err();
            assert!(said.contains(says), "{name}={value}: {said}");
        }
    }
}
