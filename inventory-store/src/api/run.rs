//! Starting and stopping a store.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use inventory_core::ports::Clock;
use inventory_http::kit::{
    App, ConnectionCount, InvalidApiKey, KeyFile, Keyring, Listener, Prepared,
};
use inventory_http::telemetry::Telemetry;
use inventory_http::wire::StateSnapshot;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::loops::{Loops, PartEnded};
use super::routes::{document, routes};
use super::service::{Parts, Store};
use super::settings::Settings;
use super::{drain, follow, introduce, save};
use crate::cache::{Absence, CacheFiles, Cached, DataDirectory, DirectoryError};
use crate::client::{Central, CentralSettings};
use crate::outbox::{DurableOutbox, Keeper, OpenError, OutboxLimits, Tally};
use crate::replica::Replica;
use crate::sending::Sending;
use crate::syncer::{Millis, Syncer, SyncerSettings};

/// As many writes are forwarded at once, less one for following and one for the outbox.
const CONNECTIONS_TO_CENTRAL_MAX: usize = 66;

/// How long the disk of the outbox may take: as central's.
const DISK_PATIENCE: Duration = Duration::from_secs(5);

/// Why a store did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The keys contradict each other.
    #[error("the API keys cannot be used")]
    Keys(#[source] InvalidApiKey),
    /// The directory cannot be used.
    #[error("the data directory cannot be used")]
    Directory(#[source] DirectoryError),
    /// The outbox cannot be used.
    #[error("the outbox cannot be used")]
    Outbox(#[source] OpenError),
    /// The system refuses a thread.
    #[error("the outbox has no thread")]
    Thread(#[source] io::Error),
    /// The address cannot be bound.
    #[error("{address} cannot be bound")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        cause: io::Error,
    },
}

/// A store that runs.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    keyring: Keyring,
    key_file: Option<KeyFile>,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<Result<(), PartEnded>>,
}

impl Running {
    /// Starts a store, with central there or not. Must be called inside a runtime.
    ///
    /// # Errors
    ///
    /// Nothing is served; see [`StartError`].
    pub async fn start(clock: Arc<dyn Clock>, settings: &Settings) -> Result<Self, StartError> {
        let keyring = match settings.keys.is_empty() {
            true => Keyring::unlocked(settings.quota),
            false => {
                Keyring::new(settings.keys.clone(), settings.quota).map_err(StartError::Keys)?
            }
        };
        let central = Central::new(CentralSettings {
            connections_max: CONNECTIONS_TO_CENTRAL_MAX,
            ..CentralSettings::new(settings.central_url.clone(), settings.central_key.clone())
        });
        let directory = DataDirectory::open(&settings.data_dir).map_err(StartError::Directory)?;
        let limits = OutboxLimits {
            intents_max: settings.outbox_max,
            age_max: settings.outbox_max_age,
            ..OutboxLimits::default()
        };
        let outbox = DurableOutbox::open(&directory, limits, settings.on_conflict);
        let (mut outbox, torn) = outbox.map_err(StartError::Outbox)?;
        outbox.resume(clock.now());
        if let Some(torn) = torn {
            tracing::warn!(
                line = torn.line,
                "the end of the outbox, of which nobody was told, was cut off"
            );
        }
        let (files, cached) = CacheFiles::open(&directory);
        let bound = |cause| StartError::Bind {
            address: settings.address,
            cause,
        };
        let listener = Listener::bind(settings.address, settings.limits).await;
        let listener = listener.map_err(bound)?;
        let address = listener.address().map_err(bound)?;
        let telemetry = Telemetry::start(&settings.telemetry, settings.store.as_str()).await;

        let seed = u64::from(std::process::id()) ^ clock.now().millis();
        let (replica, syncer) = resume(cached, &*clock, seed);
        let saved = replica.as_ref().map(Replica::position);
        let stopping = watch::Sender::new(false);
        let routes = routes();
        let outbox = Keeper::start(outbox, Arc::clone(&clock), DISK_PATIENCE);
        let outbox = outbox.map_err(StartError::Thread)?;
        let parts = Parts {
            central,
            replica,
            syncer,
            outbox,
            sending: Sending::new(seed),
            stale_after: syncer_settings().stale_after(),
            clock,
            telemetry: telemetry.clone(),
            stopping: stopping.subscribe(),
            openapi: Prepared::json(&document()),
        };
        let store = Arc::new(Store::new(settings, parts));
        {
            let queue = store.outbox.outbox();
            tracing::info!(
                version = env!("CARGO_PKG_VERSION"),
                store = %store.id,
                offset = saved.map(|position| position.offset.number()),
                copy_age_ms = store.age_ms(),
                queued = queue.queued_count(),
                parked = queue.parked_count(),
                settings = settings.chosen.join(" "),
                "the store has opened its copy and its outbox"
            );
        }
        let connections = ConnectionCount::default();
        gauges(&telemetry, &store);
        let open = connections.clone();
        telemetry.gauge(
            "inventory_connections_open",
            "connections that are open",
            move || Some(open.open() as u64),
        );
        let app = Arc::new(App::new(
            Arc::clone(&store),
            routes,
            keyring.clone(),
            settings.limits,
            telemetry.clone(),
        ));
        let mut loops = Loops::new(stopping.subscribe());
        loops.start("following central", follow::follow(Arc::clone(&store)));
        loops.start("sending", drain::drain(Arc::clone(&store)));
        loops.start("the outbox", drain::watch(Arc::clone(&store)));
        loops.start(
            "asking who this is",
            introduce::introduce(Arc::clone(&store)),
        );
        let draining = Arc::clone(&store);
        loops.start("saving the copy", save::save(store, files, saved));
        let drain = settings.drain;
        let (stop, told) = oneshot::channel();
        let ended = tokio::spawn(async move {
            let mut failed = None;
            let stopped = async {
                let told = async {
                    // Whoever would tell may be gone, which is the same.
                    let _ = told.await;
                    // Those who send it calls are to see that it will be gone, before it is.
                    draining.draining.store(true, Ordering::Relaxed);
                    sleep_until(Instant::now() + drain).await;
                };
                tokio::select! {
                    () = told => {}
                    ended = loops.failure() => failed = Some(ended),
                }
            };
            listener.serve(app, connections, stopping, stopped).await;
            drop(draining);
            let later = loops.end().await;
            telemetry.stop().await;
            match failed.or(later) {
                Some(ended) => Err(ended),
                None => Ok(()),
            }
        });
        Ok(Self {
            address,
            keyring,
            key_file: settings.key_file.clone(),
            stop: Some(stop),
            ended,
        })
    }

    /// As central's `reread_keys`.
    pub fn reread_keys(&self) {
        self.keyring.reread(self.key_file.as_ref());
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells it to stop: it finishes what it has accepted, and saves its copy.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself.
            let _ = stop.send(());
        }
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    ///
    /// A part of it has failed, so that nothing is served any more. What was acknowledged is on disk.
    ///
    /// # Panics
    ///
    /// What serves has panicked.
    pub async fn ended(&mut self) -> Result<(), PartEnded> {
        (&mut self.ended).await.expect("what serves does not panic")
    }
}

fn syncer_settings() -> SyncerSettings {
    SyncerSettings {
        long_poll: follow::LONG_POLL,
        ..SyncerSettings::default()
    }
}

/// The copy that was saved, if it can be used, and a syncer that goes on from it.
fn resume(
    cached: Result<Cached, Absence>,
    clock: &dyn Clock,
    seed: u64,
) -> (Option<Replica>, Syncer) {
    let syncer = Syncer::new(syncer_settings(), seed, Millis::default());
    let cached = match cached {
        Ok(cached) => cached,
        Err(Absence::Missing) => return (None, syncer),
        Err(reason) => {
            tracing::warn!(%reason, "a snapshot of central is needed");
            return (None, syncer);
        }
    };
    let snapshot: StateSnapshot = match serde_json::from_slice(&cached.content) {
        Ok(snapshot) => snapshot,
        Err(error) => {
            tracing::warn!(%error, "the saved copy cannot be read; a snapshot of central is needed");
            return (None, syncer);
        }
    };
    match Replica::from_snapshot(&snapshot) {
        Ok(replica) => {
            let (now, then) = (clock.now(), snapshot.recorded_at);
            let age = (now >= then).then(|| Duration::from_millis(now.millis_since(then)));
            if age.is_none() {
                tracing::warn!(%now, copy = %then, "the clock is behind central's: how old the copy is, is not known");
            }
            let syncer = syncer.resumed_at(replica.position(), age);
            (Some(replica), syncer)
        }
        Err(error) => {
            tracing::warn!(%error, "the saved copy cannot be used; a snapshot of central is needed");
            (None, syncer)
        }
    }
}

/// What is read when somebody looks at the metrics. They do not keep the store alive.
pub(super) fn gauges(telemetry: &Telemetry, store: &Arc<Store>) {
    let gauge = |name, about, read: fn(&Store) -> u64| {
        let store = Arc::downgrade(store);
        telemetry.gauge(name, about, move || {
            store.upgrade().map(|store| read(&store))
        });
    };
    gauge(
        "inventory_central_connected",
        "1 while central answers",
        |store| u64::from(store.is_connected()),
    );
    gauge(
        "inventory_replica_offset",
        "the last event of central's log that this store has",
        |store| store.offsets().1.number(),
    );
    gauge(
        "inventory_replica_lag_events",
        "how far this store is known to be behind central",
        |store| {
            let (central, here) = store.offsets();
            central.events_since(here)
        },
    );
    let weak = Arc::downgrade(store);
    telemetry.gauge(
        "inventory_stale_for_ms",
        "how old the copy may be, when that is known",
        move || weak.upgrade()?.age_ms(),
    );
    gauge(
        "inventory_outbox_queued",
        "intents that wait for central",
        |store| store.outbox.outbox().queued_count() as u64,
    );
    gauge(
        "inventory_outbox_oldest_ms",
        "how long the oldest intent waits",
        |store| {
            let age = store.outbox.outbox().oldest_age(store.clock.now());
            age.map_or(0, |age| age.as_millis() as u64)
        },
    );
    let counter = |name, about, read: fn(&Tally) -> u64| {
        let store = Arc::downgrade(store);
        telemetry.counter(name, about, move || {
            store.upgrade().map(|store| read(store.outbox.tally()))
        });
    };
    counter(
        "inventory_outbox_queued_total",
        "intents that were queued, also again by a person",
        |tally| tally.queued(),
    );
    counter(
        "inventory_outbox_sent_total",
        "intents that central has applied",
        |tally| tally.sent(),
    );
    counter(
        "inventory_outbox_parked_total",
        "intents that were left to a person",
        |tally| tally.parked(),
    );
    counter(
        "inventory_outbox_refused_total",
        "updates that the outbox did not take, for want of room, for its disk, or for what they say",
        |tally| tally.refused(),
    );
    gauge(
        "inventory_outbox_parked",
        "intents that wait for a person",
        |store| store.outbox.outbox().parked_count() as u64,
    );
    gauge(
        "inventory_outbox_blocked",
        "1 while nothing that is queued is sent though central is there, or nothing can be queued",
        |store| u64::from(store.blocked().is_some()),
    );
    gauge(
        "inventory_outbox_products_aside",
        "products of which an intent fails alone at central",
        |store| store.sending.lock().products_aside().len() as u64,
    );
}
