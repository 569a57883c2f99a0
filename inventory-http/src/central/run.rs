//! Starting and stopping central.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inventory_core::engine::{Engine, OpenError, Opened, RecoveryReport};
use inventory_core::ports::Ports;
use inventory_core::writer::{Writer, WriterLimits};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time;

use super::gauges;
use super::hanging;
use super::letters::Letters;
use super::preparing::Preparing;
use super::purging::Purging;
use super::routes::{document, routes};
use super::service::{Central, Parts};
use super::settings::Settings;
use super::snapshots::Snapshots;
use super::{expiry, forgotten};
use crate::server::{
    App, Background, BindError, Bound, EndError, GivenUp, InvalidApiKey, Keyring, PartEnded,
    Prepared, Running, Trouble,
};
use crate::telemetry::Telemetry;

/// Why central did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The keys contradict each other.
    #[error("the API keys cannot be used")]
    Keys(#[source] InvalidApiKey),
    /// The engine did not open.
    #[error("the engine cannot be opened")]
    Engine(#[source] OpenError),
    /// The address cannot be bound.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The operating system refuses a thread.
    #[error("the system refuses a thread")]
    Thread(#[source] io::Error),
}

/// Opens the engine and serves it, and says what the start has found. Must be called inside a runtime.
///
/// # Errors
///
/// Nothing is served; see [`StartError`].
pub async fn start(
    mut ports: Ports,
    settings: &Settings,
) -> Result<(Running, RecoveryReport), StartError> {
    let clock = Arc::clone(&ports.clock);
    let service = &settings.service;
    let keyring =
        Keyring::new(service.keys.list.clone(), service.quota).map_err(StartError::Keys)?;
    let bound = Bound::new(service, keyring).await?;
    let instance = format!("{}:{}", host_name(), bound.address().port());
    let telemetry = Telemetry::start(&service.telemetry, &instance).await;
    let purges = Arc::new(Trouble::new("old events cannot be given up"));
    let (told, at) = (telemetry.observer(), Arc::clone(&ports.clock));
    ports.observer = Purging::observe(told, at, Arc::clone(&purges));
    let begun = Instant::now();
    let opened = {
        let span = telemetry.task("ReplayEvent");
        let opened = Engine::open(ports, settings.engine);
        match &opened {
            Ok(opened) => span.count("events", opened.report.events_replayed),
            Err(error) => span.fail(error.to_string()),
        }
        opened
    };
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) => {
            telemetry.stop().await;
            return Err(StartError::Engine(error));
        }
    };
    let Opened {
        engine,
        snapshotter,
        dead_letters,
        report,
        ..
    } = opened;
    telemetry.instruments().buried(report.lost.len() as u64);
    let snapshot_trouble = Arc::new(Trouble::new("snapshots cannot be saved"));
    let (snapshots, snapshots_gone) = Snapshots::start(
        snapshotter,
        settings.snapshot_interval,
        &telemetry,
        Arc::clone(&clock),
        Arc::clone(&snapshot_trouble),
    )
    .map_err(StartError::Thread)?;

    let mut background = Background::default();
    let writer = Writer::start(engine, WriterLimits::default()).map_err(StartError::Thread)?;
    let central = Arc::new(Central::new(Parts {
        writer,
        letters: Letters::new(dead_letters, report.dead_letters),
        clock,
        key_age_ms: settings.engine.window.age_ms,
        stopping: background.stopping().clone(),
        disk_patience: service.disk_patience,
        snapshots: snapshot_trouble,
        purges,
        limits: service.limits,
        telemetry: telemetry.clone(),
        openapi: Prepared::json(&document()),
    }));
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        epoch = %central.reader().epoch(),
        head = %central.reader().head().sequence,
        opened_ms = begun.elapsed().as_millis() as u64,
        events_replayed = report.events_replayed,
        settings = service.chosen.join(" "),
        "central has opened its log"
    );
    gauges::show(&telemetry, &central);
    let app = App::new(
        Arc::clone(&central),
        routes(),
        bound.keyring().clone(),
        service.limits,
        telemetry,
    );
    let app = app.allowing(settings.origins.clone());
    background.start("ending what is due", expiry::run(Arc::clone(&central)));
    background.start("watching the disk", hanging::run(Arc::clone(&central)));
    background.start(
        "watching the window of keys",
        forgotten::watch(Arc::clone(&central), settings.keys_look),
    );
    let engine = Arc::clone(&central);
    background.start(ENGINE, async move {
        engine.engine_failed().await;
        Err(ENGINE_FAILED.to_owned())
    });
    background.start("taking snapshots", async {
        let _ = snapshots_gone.await;
        Err("its thread has panicked".to_owned())
    });
    let preparing = Preparing::start(central.reader());
    let end = move |mut background: Background, within| async move {
        // They hold the service, and most of them would never end.
        background.abort();
        let by = time::Instant::now() + within;
        let ended = background.end(within).await;
        let engine = Arc::clone(&central);
        let closed = close(central, preparing, snapshots, (by, within)).await;
        // It may have failed in what was written last, when nothing looked at it any more.
        let failed = engine.has_failed().then(|| PartEnded {
            part: ENGINE,
            reason: ENGINE_FAILED.to_owned(),
        });
        let written = failed.map_or(Ok(()), |failed| Err(EndError::Part(failed)));
        ended.and(written).and(closed)
    };
    let running = bound.serve(app, background, end);
    Ok((running, report))
}

/// The part that writes.
const ENGINE: &str = "the engine";

/// Why it has ended.
const ENGINE_FAILED: &str = "what was being written is settled by the next start";

/// What this machine is called.
fn host_name() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// Finishes what the writer has taken, and saves a last snapshot where that is worth it, one after the other.
///
/// # Errors
///
/// A part had not ended in time, and whatever comes after it was not begun.
async fn close(
    central: Arc<Central>,
    preparing: Preparing,
    snapshots: Snapshots,
    (by, within): (time::Instant, Duration),
) -> Result<(), EndError> {
    let end =
        async |part: &'static str, ended: JoinHandle<()>| match time::timeout_at(by, ended).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => {
                tracing::error!(
                    part,
                    "the end of a part has panicked; what was acknowledged is durable all the same"
                );
                Ok(())
            }
            Err(_) => Err(EndError::GivenUp(GivenUp::log(part, within))),
        };
    end("reading the log ahead", preparing.stop()).await?;
    end(
        "what the writer has taken",
        spawn_blocking(move || central.close()),
    )
    .await?;
    end("the last snapshot", spawn_blocking(|| snapshots.stop())).await
}
