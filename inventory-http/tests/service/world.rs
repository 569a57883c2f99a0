//! A central in memory on a free port, and whoever calls it.

use std::net::SocketAddr;
use std::time::Duration;

use inventory_core::memory::MemoryStorage;
use inventory_core::ports::Ports;
use inventory_http::central::{self, SETTINGS, Settings};
use inventory_http::server::{EndError, PartEnded, Running, Source};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::client::{Client, Reply};

/// How a service ends whose engine has failed.
pub(crate) fn engine_failed() -> Result<(), EndError> {
    Err(EndError::Part(PartEnded {
        part: "the engine",
        reason: "what was being written is settled by the next start".to_owned(),
    }))
}

/// A central that ends with the test.
pub(crate) struct World {
    runtime: Runtime,
    running: Running,
    pub(crate) address: SocketAddr,
}

/// Settings that a test starts from: no quota, no collector, and no snapshot in between.
const QUIET: [(&str, &str); 6] = [
    ("DRAIN", "0s"),
    ("PORT", "0"),
    ("RATE_TOKENS", "0"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "off"),
    ("SNAPSHOT_INTERVAL", "1h"),
    ("API_KEYS", "demo"),
];

/// What was chosen, or what a test starts from.
pub(crate) fn lookup(chosen: &[(&str, &str)], name: &str) -> Option<String> {
    let mut known = chosen.iter().chain(&QUIET);
    let value = known.find(|(known, _)| *known == name);
    value.map(|(_, value)| (*value).to_owned())
}

pub(crate) fn settings(chosen: &[(&str, &str)]) -> Settings {
    let lookup = |name: &str| lookup(chosen, name);
    let no_file = |path: &str| Err(std::io::Error::other(path.to_owned()));
    let source = Source {
        table: SETTINGS,
        lookup: &lookup,
        read: &no_file,
    };
    Settings::from_source(&source).unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    pub(crate) fn with(chosen: &[(&str, &str)]) -> Self {
        Self::on(MemoryStorage::new().ports(), &settings(chosen))
    }

    pub(crate) fn on(ports: Ports, settings: &Settings) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let started = runtime.block_on(central::start(ports, settings));
        let (running, _) = started.unwrap();
        let address = running.address();
        Self {
            runtime,
            running,
            address,
        }
    }

    pub(crate) fn client(&self) -> Client {
        Client::connect(self.address)
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.client().call("GET", path, &[], None)
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Reply {
        self.client().call("POST", path, &[], Some(body))
    }

    /// Changes a stock, whatever the version.
    pub(crate) fn adjust(&self, product: &str, store: &str, delta: i64, key: &str) -> Reply {
        let body = serde_json::json!({
            "storeId": store, "productId": product, "delta": delta, "version": null, "idempotencyKey": key,
        });
        let reply = self.post("/inventory/updates", &body.to_string());
        assert_eq!(reply.status, 200, "{reply:?}");
        reply
    }

    /// The end of the log.
    pub(crate) fn head(&self) -> u64 {
        let reply = self.get("/replication/snapshot");
        reply.json()["lastOffset"].as_u64().unwrap()
    }

    /// Tells the service to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> Result<(), EndError> {
        self.running.stop();
        self.ended()
    }

    pub(crate) fn tell_to_stop(&mut self) {
        self.running.stop();
    }

    pub(crate) fn ended(mut self) -> Result<(), EndError> {
        self.ends()
    }

    /// Waits until the service has ended, and keeps what it has left running.
    pub(crate) fn ends(&mut self) -> Result<(), EndError> {
        let ended =
            async { tokio::time::timeout(Duration::from_secs(20), self.running.ended()).await };
        self.runtime.block_on(ended).unwrap()
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }
}

/// Fields of an answer that must be these.
#[track_caller]
pub(crate) fn assert_fields(reply: &Reply, expected: &Value) {
    let found = reply.json();
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&found[field], value, "{field} of {found}");
    }
}
