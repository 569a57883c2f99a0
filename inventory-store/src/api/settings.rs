//! What an operator of a store chooses, from the environment.

use std::time::Duration;

use inventory_core::vocabulary::StoreId;
use inventory_http::client::{CentralUrl, SecretKey};
use inventory_http::server::{InvalidSetting, ServiceSettings, SettingDoc, Source};

use crate::outbox::OnConflict;

/// Every setting of a store.
pub const SETTINGS: &[SettingDoc] = &[
    SettingDoc::PORT.or("8081"),
    SettingDoc::BIND,
    SettingDoc::new("STORE_ID", "", "the id of this store; there is no default"),
    SettingDoc::new("CENTRAL_URL", "http://127.0.0.1:8080", "the URL of central"),
    SettingDoc::secret(
        "CENTRAL_API_KEY",
        "demo",
        "the API key of this store at central",
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
        "the same, one per line, instead of STORE_API_KEYS; read again at SIGHUP",
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
        "requests per key and period; 0 is no limit",
    ),
    SettingDoc::STORE_RATE_TOKENS,
    SettingDoc::RATE_PERIOD,
    SettingDoc::DRAIN,
    SettingDoc::TLS_CERT_FILE,
    SettingDoc::TLS_KEY_FILE,
    SettingDoc::CONNECTIONS_MAX,
    SettingDoc::OTEL_EXPORTER_OTLP_ENDPOINT,
    SettingDoc::OTEL_SERVICE_NAME.or("store"),
    SettingDoc::OTEL_RESOURCE_ATTRIBUTES,
    SettingDoc::TRACE_RATIO,
    SettingDoc::LOG_FORMAT,
    SettingDoc::LOG_LEVEL,
];

/// More than a store sells in any week without a link; all of them are in memory.
const INTENTS_MOST: usize = 1_000_000;

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
    /// What any service is run with. Without keys, everybody on this machine may call.
    pub service: ServiceSettings,
    /// Which store it is.
    pub store: StoreId,
    /// Where central is.
    pub central_url: CentralUrl,
    /// The key that central knows it by.
    pub central_key: SecretKey,
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
}

impl Settings {
    /// The settings that a source with the table [`SETTINGS`] says.
    ///
    /// # Errors
    ///
    /// Names the first setting that is wrong, and says what it must be.
    pub fn from_source(source: &Source<'_>) -> Result<Self, InvalidSetting> {
        let service = source.service("STORE_API_KEYS", "STORE_API_KEYS_FILE")?;
        if !service.address.ip().is_loopback() && service.keys.list.is_empty() {
            let issue = "must have keys when BIND is not a loopback address";
            return Err(InvalidSetting::new("STORE_API_KEYS", issue));
        }
        let central_url: CentralUrl = source.unshown("CENTRAL_URL")?;
        if central_url.leads_to(service.address) {
            let issue =
                "is where this store listens itself, by BIND and PORT: it must be where central is";
            return Err(InvalidSetting::new("CENTRAL_URL", issue));
        }
        Ok(Self {
            service,
            store: source.number("STORE_ID", "the id of a store, 1 to 128 bytes")?,
            central_url,
            central_key: source.unshown("CENTRAL_API_KEY")?,
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
        assert_eq!(settings.service.address.to_string(), "127.0.0.1:8081");
        assert!(settings.service.keys.list.is_empty());
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
