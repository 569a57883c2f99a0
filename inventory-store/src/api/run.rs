//! Starting and stopping a store.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use inventory_core::ports::Clock;
use inventory_http::client::{CentralClient, CentralSettings, InvalidRoots};
use inventory_http::server::{
    App, Background, BindError, Bound, InvalidApiKey, Keyring, Prepared, Running,
};
use inventory_http::telemetry::Telemetry;
use inventory_http::wire::StateSnapshot;

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
    #[error(transparent)]
    Bind(#[from] BindError),
}

/// Starts a store, with central there or not. Must be called inside a runtime.
///
/// # Errors
///
/// Nothing is served; see [`StartError`].
pub async fn start(clock: Arc<dyn Clock>, settings: &Settings) -> Result<Running, StartError> {
    let directory = Directory::open(&settings.service.data_dir).map_err(StartError::Directory)?;
    let outbox = open_outbox(&directory, &*clock, settings).map_err(StartError::Outbox)?;
    serve(&directory, outbox, clock, settings).await
}

/// Serves what is in a directory, and an outbox of it.
async fn serve(
    directory: &Directory,
    outbox: DurableOutbox,
    clock: Arc<dyn Clock>,
    settings: &Settings,
) -> Result<Running, StartError> {
    let service = &settings.service;
    let keys = service.keys.list.clone();
    let keyring = match keys.is_empty() {
        true => Keyring::unlocked(service.quota),
        false => Keyring::new(keys, service.quota).map_err(StartError::Keys)?,
    };
    let (files, cached) = CacheFiles::open(directory);
    let bound = Bound::new(service, keyring).await?;
    let telemetry = Telemetry::start(&service.telemetry, settings.store.as_str()).await;
    let central = CentralClient::new(CentralSettings {
        connections_max: CONNECTIONS_TO_CENTRAL_MAX,
        tracer: Some(Arc::new(telemetry.clone())),
        ..CentralSettings::new(settings.central_url.clone(), settings.central_key.clone())
    });
    let central = central.map_err(StartError::Roots)?;

    let seed = u64::from(std::process::id()) ^ clock.now().millis();
    let (replica, syncer) = resume(cached, &*clock, seed);
    let saved = replica.as_ref().map(Replica::position);
    let mut background = Background::default();
    let outbox = Keeper::start(outbox, Arc::clone(&clock), service.disk_patience);
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
        stopping: background.stopping().clone(),
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
            settings = service.chosen.join(" "),
            "the store has opened its copy and its outbox"
        );
    }
    gauges::show(&telemetry, &store);
    let app = App::new(
        Arc::clone(&store),
        routes(),
        bound.keyring().clone(),
        service.limits,
        telemetry,
    );
    background.start("following central", follow::follow(Arc::clone(&store)));
    background.start("sending", drain::drain(Arc::clone(&store)));
    background.start("the outbox", drain::watch(Arc::clone(&store)));
    background.start(
        "asking who this is",
        introduce::introduce(Arc::clone(&store)),
    );
    let ending = Arc::clone(&store);
    background.start("saving the copy", save::save(store, files, saved));
    let end = move |background: Background, within| async move {
        ending.outbox.close();
        drop(ending);
        background.end(within).await
    };
    Ok(bound.serve(app, background, end))
}

/// The outbox as the last run has left it.
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
