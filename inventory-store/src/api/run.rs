//! Starting and stopping a store.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use inventory_core::ports::Clock;
use inventory_http::client::{CentralClient, CentralSettings, InvalidRoots};
use inventory_http::server::{
    App, ConnectionCount, Credentials, GivenUp, InvalidApiKey, Keyring, Listener, Prepared,
};
use inventory_http::telemetry::Telemetry;
use inventory_http::wire::StateSnapshot;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::loops::{EndError, Loops};
use super::routes::{document, routes};
use super::service::{Parts, Store};
use super::settings::Settings;
use super::{drain, follow, gauges, introduce, save};
use crate::cache::{Absence, CacheFiles, Cached};
use crate::outbox::{DurableOutbox, Keeper, OpenError, OutboxLimits};
use crate::replica::Replica;
use crate::sending::Sending;
use crate::syncer::{Millis, Syncer, SyncerSettings};
use inventory_log::disk::{Directory, DirectoryError};

/// As many writes are forwarded at once, less one for following and one for the outbox.
const CONNECTIONS_TO_CENTRAL_MAX: usize = 66;

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
    /// Central's URL begins with https, and nobody's certificate would be believed.
    #[error("central cannot be asked over https")]
    Roots(#[source] InvalidRoots),
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
pub struct Server {
    address: SocketAddr,
    credentials: Credentials,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<Result<(), EndError>>,
}

impl Server {
    /// Starts a store, with central there or not. Must be called inside a runtime.
    ///
    /// # Errors
    ///
    /// Nothing is served; see [`StartError`].
    pub async fn start(clock: Arc<dyn Clock>, settings: &Settings) -> Result<Self, StartError> {
        let directory = Directory::open(&settings.data_dir).map_err(StartError::Directory)?;
        let outbox = open_outbox(&directory, &*clock, settings).map_err(StartError::Outbox)?;
        Self::serve(&directory, outbox, clock, settings).await
    }

    /// Serves what is in a directory, and an outbox of it.
    async fn serve(
        directory: &Directory,
        outbox: DurableOutbox,
        clock: Arc<dyn Clock>,
        settings: &Settings,
    ) -> Result<Self, StartError> {
        let keyring = match settings.keys.is_empty() {
            true => Keyring::unlocked(settings.quota),
            false => {
                Keyring::new(settings.keys.clone(), settings.quota).map_err(StartError::Keys)?
            }
        };
        let (files, cached) = CacheFiles::open(directory);
        let bound = |cause| StartError::Bind {
            address: settings.address,
            cause,
        };
        let listener = Listener::bind(settings.address, settings.limits).await;
        let listener = listener.map_err(bound)?;
        let listener = listener.certified(settings.certificate.clone());
        let address = listener.address().map_err(bound)?;
        let telemetry = Telemetry::start(&settings.telemetry, settings.store.as_str()).await;
        let central = CentralClient::new(CentralSettings {
            connections_max: CONNECTIONS_TO_CENTRAL_MAX,
            tracer: Some(Arc::new(telemetry.clone())),
            ..CentralSettings::new(settings.central_url.clone(), settings.central_key.clone())
        });
        let central = central.map_err(StartError::Roots)?;

        let seed = u64::from(std::process::id()) ^ clock.now().millis();
        let (replica, syncer) = resume(cached, &*clock, seed);
        let saved = replica.as_ref().map(Replica::position);
        let stopping = watch::Sender::new(false);
        let routes = routes();
        let outbox = Keeper::start(outbox, Arc::clone(&clock), settings.disk_patience);
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
        gauges::show(&telemetry, &store);
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
        let (drain, end_within) = (settings.drain, GivenUp::after(settings.disk_patience));
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
            draining.outbox.close();
            drop(draining);
            let ended = loops.end(end_within).await;
            telemetry.stop().await;
            match failed {
                Some(ended) => Err(EndError::Part(ended)),
                None => ended,
            }
        });
        Ok(Self {
            address,
            credentials: Credentials {
                keyring,
                key_file: settings.key_file.clone(),
                certificate: settings.certificate.clone(),
            },
            stop: Some(stop),
            ended,
        })
    }

    /// As central's `reread`.
    pub fn reread(&self) {
        self.credentials.reread();
    }

    /// As central's `url`.
    pub fn url(&self) -> String {
        self.credentials.url(self.address)
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
    /// See [`EndError`]: nothing is served any more, and what was acknowledged is on disk.
    ///
    /// # Panics
    ///
    /// What serves has panicked.
    pub async fn ended(&mut self) -> Result<(), EndError> {
        (&mut self.ended).await.expect("what serves does not panic")
    }
}

/// The outbox, to be gone on with.
fn open_outbox(
    directory: &Directory,
    clock: &dyn Clock,
    settings: &Settings,
) -> Result<DurableOutbox, OpenError> {
    let limits = OutboxLimits {
        intents_max: settings.outbox_max,
        age_max: settings.outbox_max_age,
        ..OutboxLimits::default()
    };
    let (mut outbox, torn) = DurableOutbox::open(directory, limits, settings.on_conflict)?;
    outbox.resume(clock.now());
    if let Some(torn) = torn {
        tracing::warn!(
            line = torn.line,
            "the end of the outbox, of which nobody was told, was cut off"
        );
    }
    Ok(outbox)
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

#[cfg(test)]
mod tests;
