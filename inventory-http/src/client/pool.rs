//! Connections to central that are kept alive.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::address::CentralUrl;
use super::error::Failure;
use super::roots::InvalidRoots;
use super::settings::CentralSettings;

pub(super) type Sender = SendRequest<Full<Bytes>>;

/// A bounded number of connections to one address.
///
/// Invariant: idle connections and leases are together at most as many as the semaphore had permits. A connection is
/// opened only when none is idle, and a lease holds a permit until its connection is idle or gone.
pub(super) struct Pool {
    url: CentralUrl,
    /// How to encrypt; unused where the URL does not ask for it.
    tls: Option<TlsConnector>,
    kept: Duration,
    permits: Arc<Semaphore>,
    /// The one used last is at the end, and used next: the others grow old and go.
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    sender: Sender,
    since: Instant,
}

/// A connection that one call has to itself. Dropped, it closes the connection.
pub(super) struct Lease {
    pub(super) sender: Sender,
    /// Whether it has served a call before: central may have closed it meanwhile.
    pub(super) reused: bool,
    pool: Arc<Pool>,
    permit: OwnedSemaphorePermit,
}

/// Which connection a call takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Any,
    /// One that cannot be stale. All idle ones are let go: what closed one of them has likely closed them all.
    Fresh,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("reused", &self.reused)
            .finish_non_exhaustive()
    }
}

impl Pool {
    /// Reads whose certificates are believed, where the URL asks for one.
    pub(super) fn new(settings: &CentralSettings) -> Result<Self, InvalidRoots> {
        let permits = settings.connections_max.clamp(1, Semaphore::MAX_PERMITS);
        let tls = match settings.url.certified() {
            Some(_) => Some(settings.roots.config()?.into()),
            None => None,
        };
        Ok(Self {
            url: settings.url.clone(),
            tls,
            kept: settings.timeouts.kept,
            permits: Arc::new(Semaphore::new(permits)),
            idle: Mutex::default(),
        })
    }

    /// A connection that is ready for a request.
    pub(super) async fn lease(
        self: &Arc<Self>,
        wanted: Wanted,
        by: Instant,
    ) -> Result<Lease, Failure> {
        let permit = timeout_at(by, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| Failure::Busy)?;
        let permit = permit.expect("the semaphore is never closed");
        let kept = match wanted {
            Wanted::Any => self.take_idle(by).await,
            Wanted::Fresh => {
                self.idle.lock().clear();
                None
            }
        };
        let reused = kept.is_some();
        let sender = match kept {
            Some(sender) => sender,
            None => timeout_at(by, self.connect())
                .await
                .map_err(|_| Failure::ConnectTimeout)??,
        };
        Ok(Lease {
            sender,
            reused,
            pool: Arc::clone(self),
            permit,
        })
    }

    /// A connection that is still open as far as this process has noticed.
    async fn take_idle(&self, by: Instant) -> Option<Sender> {
        if self.idle.lock().is_empty() {
            return None;
        }
        // The task of a connection notices that central has closed it, once the runtime has looked at its sockets: it
        // does so before it comes back here.
        yield_now().await;
        loop {
            let Idle { mut sender, since } = self.idle.lock().pop()?;
            let fresh = since.elapsed() < self.kept;
            // It may still have to notice that the answer before has ended.
            let ready = fresh && matches!(timeout_at(by, sender.ready()).await, Ok(Ok(())));
            if ready && !sender.is_closed() {
                return Some(sender);
            }
        }
    }

    async fn connect(&self) -> Result<Sender, Failure> {
        let stream = TcpStream::connect((self.url.host(), self.url.port()))
            .await
            .map_err(Failure::Connect)?;
        // A request is written at once and whole: waiting for more to send only delays it.
        stream.set_nodelay(true).map_err(Failure::Connect)?;
        match (&self.tls, self.url.certified()) {
            (Some(tls), Some(name)) => {
                let stream = tls.connect(name.clone(), stream).await;
                speak(stream.map_err(Failure::Connect)?).await
            }
            _ => speak(stream).await,
        }
    }

    /// Lets all idle connections go: one that has fallen silent is likely half open, and then all of them are. Each would cost
    /// a call its time.
    fn doubt(&self) {
        self.idle.lock().clear();
    }
}

/// Begins to speak HTTP on a connection.
async fn speak<S>(stream: S) -> Result<Sender, Failure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(Failure::Broken)?;
    tokio::spawn(async move {
        // Whoever has a call on it is told why it broke; an idle one may go.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to central has ended");
        }
    });
    Ok(sender)
}

impl Lease {
    /// Nothing comes on this connection any more.
    pub(super) fn doubt(&self) {
        self.pool.doubt();
    }

    /// Keeps the connection for another call. Its answer must have been read to the end.
    pub(super) fn keep(self) {
        let Self {
            sender,
            pool,
            permit,
            ..
        } = self;
        if sender.is_closed() {
            return;
        }
        let since = Instant::now();
        pool.idle.lock().push(Idle { sender, since });
        // Only now, so that whoever waits for the permit finds the connection.
        drop(permit);
    }
}
