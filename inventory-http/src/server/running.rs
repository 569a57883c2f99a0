//! The life of a service: it is bound to an address, runs, and ends.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::app::App;
use super::background::{Background, EndError};
use super::given_up::GivenUp;
use super::listener::{ConnectionCount, Listener};
use super::ring::Keyring;
use super::settings::{Certificate, KeyFile, ServiceSettings};

/// The address of a service cannot be bound.
#[derive(Debug, thiserror::Error)]
#[error("{address} cannot be bound")]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// Why.
    #[source]
    pub cause: io::Error,
}

/// A service that has its address, and serves nobody yet.
#[derive(Debug)]
pub struct Bound {
    listener: Listener,
    shown: Shown,
    drain: Duration,
    end_within: Duration,
}

/// What callers see of a service.
#[derive(Debug)]
struct Shown {
    address: SocketAddr,
    keyring: Keyring,
    /// Where keys are read again.
    key_file: Option<KeyFile>,
    certificate: Option<Certificate>,
}

impl Bound {
    /// Binds the address of a service that may be called with these keys. Must be called inside a runtime.
    ///
    /// # Errors
    ///
    /// The address is taken, or is not one of this machine.
    pub async fn new(settings: &ServiceSettings, keyring: Keyring) -> Result<Self, BindError> {
        let refuse = |cause| BindError {
            address: settings.address,
            cause,
        };
        let listener = Listener::bind(settings.address, settings.limits).await;
        let listener = listener.map_err(refuse)?;
        Ok(Self {
            shown: Shown {
                address: listener.address().map_err(refuse)?,
                keyring,
                key_file: settings.keys.file.clone(),
                certificate: settings.certificate.clone(),
            },
            listener: listener.certified(settings.certificate.clone()),
            drain: settings.drain,
            end_within: GivenUp::after(settings.disk_patience),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shown.address
    }

    /// Who may call.
    pub fn keyring(&self) -> &Keyring {
        &self.shown.keyring
    }

    /// Serves an app until a part in the background has ended, or somebody says stop: then calls are served for some time
    /// longer. At last `end` ends what runs in the background, within the time that it is given. Must be called inside a runtime.
    pub fn serve<S: Send + Sync + 'static, E>(
        self,
        app: App<S>,
        mut background: Background,
        end: impl FnOnce(Background, Duration) -> E + Send + 'static,
    ) -> Running
    where
        E: Future<Output = Result<(), EndError>> + Send,
    {
        let (connections, telemetry) = (ConnectionCount::default(), app.telemetry().clone());
        let open = connections.clone();
        telemetry.gauge(
            "inventory_connections_open",
            "connections that are open",
            move || Some(open.open() as u64),
        );
        let (stop, told) = oneshot::channel();
        let ended = tokio::spawn(async move {
            let (mut failed, stopping) = (None, background.stopping().clone());
            let stopped = async {
                let told = async {
                    // An error says that whoever would tell is gone, which is the same.
                    let _ = told.await;
                    // Those who send it calls are to see that it will be gone, before it is.
                    stopping.draw_near();
                    sleep_until(Instant::now() + self.drain).await;
                };
                tokio::select! {
                    () = told => {}
                    part = background.failure() => failed = Some(part),
                }
            };
            let listener = self.listener;
            listener
                .serve(Arc::new(app), connections, stopping.clone(), stopped)
                .await;
            let ended = end(background, self.end_within).await;
            telemetry.stop().await;
            failed.map_or(ended, |part| Err(EndError::Part(part)))
        });
        Running {
            shown: self.shown,
            stop: Some(stop),
            ended,
        }
    }
}

/// A service that runs.
#[derive(Debug)]
pub struct Running {
    shown: Shown,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<Result<(), EndError>>,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shown.address
    }

    /// Where it is called: a URL without a path.
    pub fn url(&self) -> String {
        let scheme = self.shown.certificate.as_ref().map_or("http", |_| "https");
        format!("{scheme}://{}", self.shown.address)
    }

    /// Reads the files of keys and of the certificate again, and says in the log what has come of it: from the next request on
    /// the keys of the file are known and no others, and the next connection is shown the certificate. Of a file that cannot be
    /// used, all stays as it was.
    pub fn reread(&self) {
        let Shown {
            keyring,
            key_file,
            certificate,
            ..
        } = &self.shown;
        // Somebody who has a certificate may have meant that alone.
        if key_file.is_some() || certificate.is_none() {
            keyring.reread(key_file.as_ref());
        }
        if let Some(certificate) = certificate {
            certificate.reread();
        }
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
    /// # Errors
    ///
    /// A part of it has failed, or did not end in time. What was acknowledged is durable.
    ///
    /// # Panics
    ///
    /// What serves has panicked.
    pub async fn ended(&mut self) -> Result<(), EndError> {
        (&mut self.ended).await.expect("what serves does not panic")
    }
}
