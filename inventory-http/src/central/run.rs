//! Starting and stopping central.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inventory_core::engine::{Engine, OpenError, Opened, RecoveryReport};
use inventory_core::ports::Ports;
use inventory_core::writer::{Writer, WriterLimits};
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time;

use super::background::Background;
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
    App, ConnectionCount, Credentials, GivenUp, InvalidApiKey, Keyring, Listener, Prepared, Trouble,
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
    #[error("{address} cannot be bound")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        cause: io::Error,
    },
    /// The operating system refuses a thread.
    #[error("the system refuses a thread")]
    Thread(#[source] io::Error),
}

/// How a service ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It was told to, and everything that was accepted is done and durable.
    Stopped,
    /// The engine has stopped: what was being written is unknown until it is opened again.
    EngineFailed,
    /// Something that goes on in the background has panicked: what was acknowledged is durable, and it goes on at the next
    /// start.
    PartFailed(&'static str),
    /// It was told to stop, and a part had not ended in time, since the disk hangs or is slow: what was acknowledged is durable, and the rest is unknown until it is
    /// opened again.
    GivenUp(GivenUp),
}

/// A service that runs.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    report: RecoveryReport,
    credentials: Credentials,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<Exit>,
}

impl Server {
    /// Opens the engine and serves it. Must be called inside a runtime.
    ///
    /// # Errors
    ///
    /// Nothing is served; see [`StartError`].
    pub async fn start(mut ports: Ports, settings: &Settings) -> Result<Self, StartError> {
        let clock = Arc::clone(&ports.clock);
        let keyring =
            Keyring::new(settings.keys.clone(), settings.quota).map_err(StartError::Keys)?;
        let limits = settings.limits;
        let bound = |cause| StartError::Bind {
            address: settings.address,
            cause,
        };
        let listener = Listener::bind(settings.address, limits)
            .await
            .map_err(bound)?;
        let listener = listener.certified(settings.certificate.clone());
        let address = listener.address().map_err(bound)?;
        let instance = format!("{}:{}", host_name(), address.port());
        let telemetry = Telemetry::start(&settings.telemetry, &instance).await;
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

        let stopping = watch::Sender::new(false);
        let writer = Writer::start(engine, WriterLimits::default()).map_err(StartError::Thread)?;
        let connections = ConnectionCount::default();
        let routes = routes();
        let central = Arc::new(Central::new(Parts {
            writer,
            letters: Letters::new(dead_letters, report.dead_letters),
            clock,
            key_age_ms: settings.engine.window.age_ms,
            stopping: stopping.subscribe(),
            disk_patience: settings.disk_patience,
            snapshots: snapshot_trouble,
            purges,
            limits,
            telemetry: telemetry.clone(),
            openapi: Prepared::json(&document()),
        }));
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            epoch = %central.reader().epoch(),
            head = %central.reader().head().sequence,
            opened_ms = begun.elapsed().as_millis() as u64,
            events_replayed = report.events_replayed,
            settings = settings.chosen.join(" "),
            "central has opened its log"
        );
        gauges::show(&telemetry, &central, &connections);
        let app = App::new(
            Arc::clone(&central),
            routes,
            keyring.clone(),
            limits,
            telemetry.clone(),
        );
        let app = Arc::new(app.allowing(settings.origins.clone()));
        let (stop, told) = oneshot::channel();
        let mut background = Background::default();
        background.start("ending what is due", expiry::run(Arc::clone(&central)));
        background.start("watching the disk", hanging::run(Arc::clone(&central)));
        background.start(
            "watching the window of keys",
            forgotten::watch(Arc::clone(&central), settings.keys_look),
        );
        let preparing = Preparing::start(central.reader());
        let (drain, close_within) = (settings.drain, GivenUp::after(settings.disk_patience));
        let ended = tokio::spawn(async move {
            let failed = Arc::clone(&central);
            let stopped = async {
                let told = async {
                    let _ = told.await;
                    // Those who send it calls are to see that it will be gone, before it is.
                    failed.drain();
                    time::sleep_until(time::Instant::now() + drain).await;
                };
                tokio::select! {
                    () = told => Exit::Stopped,
                    () = failed.engine_failed() => Exit::EngineFailed,
                    part = background.failure() => Exit::PartFailed(part),
                    _ = snapshots_gone => Exit::PartFailed("taking snapshots"),
                }
            };
            let mut ended = Exit::Stopped;
            let stopped = async { ended = stopped.await };
            listener.serve(app, connections, stopping, stopped).await;
            drop(failed);
            if let (Some(part), Exit::Stopped) = (background.end().await, ended) {
                ended = Exit::PartFailed(part);
            }
            let closed = close(central, preparing, snapshots, close_within).await;
            if let (Err(given_up), Exit::Stopped) = (closed, ended) {
                ended = Exit::GivenUp(given_up);
            }
            telemetry.stop().await;
            ended
        });
        Ok(Self {
            address,
            report,
            credentials: Credentials {
                keyring,
                key_file: settings.key_file.clone(),
                certificate: settings.certificate.clone(),
            },
            stop: Some(stop),
            ended,
        })
    }

    /// Reads the files of keys and of the certificate again: see [`Credentials::reread`].
    pub fn reread(&self) {
        self.credentials.reread();
    }

    /// Where it is called: a URL without a path.
    pub fn url(&self) -> String {
        self.credentials.url(self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the start has found.
    pub fn report(&self) -> &RecoveryReport {
        &self.report
    }

    /// Tells it to stop: it finishes what it has accepted.
    pub fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself.
            let _ = stop.send(());
        }
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    ///
    /// The service has panicked.
    pub async fn ended(&mut self) -> Exit {
        (&mut self.ended).await.expect("the service does not panic")
    }
}

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
    within: Duration,
) -> Result<(), GivenUp> {
    let by = time::Instant::now() + within;
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
            Err(_) => Err(GivenUp::log(part, within)),
        };
    end("reading the log ahead", preparing.stop()).await?;
    end(
        "what the writer has taken",
        spawn_blocking(move || central.close()),
    )
    .await?;
    end("the last snapshot", spawn_blocking(|| snapshots.stop())).await
}
