//! A central, a link and a store.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{Clock, Ports};
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{Timestamp, Uptime};
use inventory_http::server::{EndError, Running, Source};
use inventory_http::{central, server};
use inventory_store::api;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::client::PATIENCE;
pub(crate) use crate::client::{Reply, call};
use crate::link::Link;

/// Looks again and again until something is there.
#[track_caller]
pub(crate) fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what} does not come");
        std::thread::yield_now();
    }
}

/// A clock that goes on, from wherever somebody sets it.
#[derive(Clone)]
pub(crate) struct GoingClock {
    set: ManualClock,
    since: Instant,
}

impl GoingClock {
    fn gone_ms(&self) -> u64 {
        self.since.elapsed().as_millis() as u64
    }
}

impl Clock for GoingClock {
    fn now(&self) -> Timestamp {
        self.set.now().plus_millis(self.gone_ms())
    }

    fn uptime(&self) -> Uptime {
        self.set.uptime().plus_millis(self.gone_ms())
    }
}

/// A world that ends with the test.
pub(crate) struct World {
    pub(crate) link: Link,
    pub(crate) storage: MemoryStorage,
    pub(crate) directory: TempDir,
    store: Option<Running>,
    central: Option<Running>,
    chosen: Vec<(&'static str, &'static str)>,
    /// What is added to the time that passes, for the store's clock.
    pub(crate) clock: ManualClock,
    begun: Instant,
    /// Last, since the others end inside it.
    runtime: Runtime,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    pub(crate) fn with(chosen: &[(&'static str, &'static str)]) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let storage = MemoryStorage::new();
        let central = start_central(&runtime, &storage, chosen);
        let mut world = Self {
            link: Link::to(central.address()),
            storage,
            directory: tempfile::tempdir().unwrap(),
            store: None,
            central: Some(central),
            chosen: chosen.to_vec(),
            clock: ManualClock::at(start()),
            begun: Instant::now(),
            runtime,
        };
        world.start_store();
        world.in_step();
        world
    }

    /// Starts the store on the files that it has.
    pub(crate) fn start_store(&mut self) {
        self.start_store_by(Arc::new(self.going_clock()));
    }

    /// The store's clock.
    pub(crate) fn going_clock(&self) -> GoingClock {
        GoingClock {
            set: self.clock.clone(),
            since: self.begun,
        }
    }

    /// What the store's clock says.
    pub(crate) fn clock_now(&self) -> Timestamp {
        self.going_clock().now()
    }

    /// As [`Self::start_store`], by another clock.
    pub(crate) fn start_store_by(&mut self, clock: Arc<dyn Clock>) {
        let store = self.run_store(&self.link, self.directory.path(), clock);
        self.store = Some(store);
    }

    /// Runs a store behind a link.
    pub(crate) fn run_store(
        &self,
        link: &Link,
        directory: &Path,
        clock: Arc<dyn Clock>,
    ) -> Running {
        let url = format!("http://{}", link.address);
        let directory = directory.to_str().unwrap().to_owned();
        let lookup = |name: &str| {
            let chosen = self.chosen.iter().find(|(known, _)| *known == name);
            let value = match name {
                _ if chosen.is_some() => chosen?.1,
                "PORT" => "0",
                "DRAIN" => "0s",
                "STORE_ID" => "north",
                "CENTRAL_URL" => &url,
                "DATA_DIR" => &directory,
                "OTEL_EXPORTER_OTLP_ENDPOINT" => "off",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let source = source(api::SETTINGS, &lookup);
        let mut settings = api::Settings::from_source(&source).unwrap();
        // Less than an operator may want.
        if let Some((_, wait)) = self
            .chosen
            .iter()
            .find(|(name, _)| *name == "DISK_PATIENCE_MS")
        {
            settings.service.disk_patience = Duration::from_millis(wait.parse().unwrap());
        }
        let starting = api::start(clock, &settings);
        self.runtime.block_on(starting).unwrap()
    }

    /// Waits until the store has ended by itself.
    pub(crate) fn store_ends(&mut self) -> Result<(), EndError> {
        let mut store = self.store.take().unwrap();
        let ended = async { tokio::time::timeout(PATIENCE, store.ended()).await };
        self.runtime.block_on(ended).expect("the store ends")
    }

    /// Tells the store to stop, which it does after it has drained.
    pub(crate) fn tell_store_to_stop(&mut self) {
        self.store.as_mut().unwrap().stop();
    }

    /// Stops the store; its files stay.
    pub(crate) fn stop_store(&mut self) {
        let mut store = self.store.take().unwrap();
        store.stop();
        self.runtime.block_on(store.ended()).unwrap();
    }

    /// Stops central, and starts another one on a storage.
    pub(crate) fn replace_central(&mut self, storage: MemoryStorage) {
        let mut before = self.central.take().unwrap();
        before.stop();
        self.runtime.block_on(before.ended()).unwrap();
        let central = start_central(&self.runtime, &storage, &self.chosen);
        self.link.turn(central.address());
        self.storage = storage;
        self.central = Some(central);
    }

    /// What the next central or store is started with.
    pub(crate) fn choose(&mut self, name: &'static str, value: &'static str) {
        self.chosen.retain(|(known, _)| *known != name);
        self.chosen.push((name, value));
    }

    #[track_caller]
    pub(crate) fn at_store(&self, method: &str, path: &str, body: &str) -> Reply {
        // A store without keys looks at none.
        call(
            self.store_address(),
            method,
            path,
            "X-API-Key: till\r\n",
            body,
        )
    }

    pub(crate) fn store_address(&self) -> SocketAddr {
        self.store.as_ref().unwrap().address()
    }

    pub(crate) fn central_address(&self) -> SocketAddr {
        self.central.as_ref().unwrap().address()
    }

    #[track_caller]
    pub(crate) fn at_central(&self, method: &str, path: &str, body: &str) -> Reply {
        let address = self.central_address();
        call(address, method, path, "X-API-Key: demo\r\n", body)
    }

    /// A write through the store.
    #[track_caller]
    pub(crate) fn sell(&self, delta: i64, version: Option<u64>, key: &str) -> Reply {
        let body = json!({
            "storeId": "north", "productId": "tea", "delta": delta, "version": version, "idempotencyKey": key,
        });
        self.at_store("POST", "/store/inventory/updates", &body.to_string())
    }

    /// Counts tea at the store, by central.
    pub(crate) fn count(&self, units: u64) {
        let body = json!({
            "storeId": "north", "mode": "overwrite", "products": [{ "id": "tea", "qty": units }],
        });
        let reply = self.at_central("POST", "/inventory/sync", &body.to_string());
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// The newest event of central's feed.
    #[track_caller]
    pub(crate) fn last_change(&self) -> Value {
        let changes = self.at_central("GET", "/replication/changes", "").json();
        changes["events"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .clone()
    }

    /// What is at the store, by central.
    pub(crate) fn units(&self) -> u64 {
        let reply = self.at_central("GET", "/inventory/global/tea", "");
        reply.json()["perStore"]["north"].as_u64().unwrap()
    }

    pub(crate) fn status(&self) -> Value {
        self.at_store("GET", "/store/status", "").json()
    }

    /// Waits until the store has what central has, and nothing is queued.
    #[track_caller]
    pub(crate) fn in_step(&self) {
        wait("the store", || {
            let metrics = self.at_central("GET", "/metrics", "").body;
            let head = metrics
                .lines()
                .find_map(|line| line.strip_prefix("inventory_head_offset "));
            let status = self.status();
            let head: u64 = head.unwrap().parse().unwrap();
            let same = status["lastOffset"] == head;
            let done = status["stale"] == false && status["outbox"]["queued"] == 0;
            (same && done).then_some(())
        });
    }

    /// Waits until readiness has a reason with this text, and returns it whole.
    #[track_caller]
    pub(crate) fn reason(&self, text: &str) -> Value {
        wait(text, || {
            let ready = self.at_store("GET", "/readyz", "").json();
            ready["reasons"].to_string().contains(text).then_some(ready)
        })
    }

    /// Waits until the metrics have a line.
    #[track_caller]
    pub(crate) fn metric(&self, line: &str) {
        wait(line, || {
            let metrics = self.at_store("GET", "/metrics", "").body;
            metrics.lines().any(|one| one == line).then_some(())
        });
    }

    /// Waits until the store knows that the link is down.
    #[track_caller]
    pub(crate) fn knows_it_is_alone(&self) {
        wait("the news", || {
            (self.status()["connected"] == false).then_some(())
        });
    }
}

fn source<'a>(
    table: &'static [server::SettingDoc],
    lookup: &'a dyn Fn(&str) -> Option<String>,
) -> Source<'a> {
    Source {
        table,
        lookup,
        read: &|path| Err(std::io::Error::other(path.to_owned())),
    }
}

/// When all clocks start.
fn start() -> Timestamp {
    Timestamp::UNIX_EPOCH.plus_millis(1_700_000_000_000)
}

fn start_central(
    runtime: &Runtime,
    storage: &MemoryStorage,
    chosen: &[(&'static str, &'static str)],
) -> Running {
    let of_central = |name: &str| {
        let chosen = chosen.iter().find(|(known, _)| *known == name);
        chosen.map(|(_, value)| *value)
    };
    let lookup = |name: &str| {
        let chosen = chosen.iter().find(|(known, _)| *known == name);
        let value = match name {
            "API_KEYS" | "RETAIN_EVENTS" | "SNAPSHOT_INTERVAL" if chosen.is_some() => chosen?.1,
            "RATE_TOKENS" => of_central("CENTRAL_RATE_TOKENS").unwrap_or("0"),
            "RATE_PERIOD" => of_central("CENTRAL_RATE_PERIOD")?,
            "PORT" => "0",
            "DRAIN" => "0s",
            "SNAPSHOT_INTERVAL" => "1h",
            "OTEL_EXPORTER_OTLP_ENDPOINT" => of_central("CENTRAL_OTEL").unwrap_or("off"),
            _ => return None,
        };
        Some(value.to_owned())
    };
    let source = source(central::SETTINGS, &lookup);
    let mut settings = central::Settings::from_source(&source).unwrap();
    // Fewer than an operator may set.
    if let Some(keys) = of_central("KEYS_MAX") {
        settings.engine.window.keys_max = keys.parse().unwrap();
    }
    // Keys that are forgotten in 1970 cannot be told from none.
    let ports = Ports {
        clock: Arc::new(ManualClock::at(start())),
        ..storage.ports()
    };
    let started = runtime.block_on(central::start(ports, &settings));
    started.unwrap().0
}
