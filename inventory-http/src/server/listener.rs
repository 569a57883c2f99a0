//! Accepts connections until it is told to stop, then waits for those that are being served.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{self, Duration, sleep_until, timeout};

use super::app::App;
use super::connection;
use super::descriptors;
use super::kept_for::KeptFor;
use super::limits::{Limits, SEND_BUFFER_BYTES};
use super::reaper::Reaper;
use super::seldom::Seldom;
use super::settings::Certificate;
use super::stopping::Stopping;
use super::transport::Transport;

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;

/// How long nothing is accepted after that has failed.
const PAUSE: Duration = Duration::from_millis(50);

/// A connection that is kept for health ends after this time without a request: there are few of them.
const HEALTH_IDLE: Duration = Duration::from_secs(1);

/// What a connection beyond the limit is told.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
    content-length: 104\r\nretry-after: 1\r\nconnection: close\r\n\r\n\
    {\"code\":\"unavailable\",\"message\":\"too many connections; nothing of this request was read\",\"details\":[]}\n\n";

/// A port that is bound, and serves nobody yet.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    limits: Limits,
    certificate: Option<Certificate>,
}

/// Counts the connections of a listener.
#[derive(Debug, Clone, Default)]
pub struct ConnectionCount(Arc<AtomicUsize>);

impl ConnectionCount {
    /// Connections that are open now.
    pub fn open(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection that counts as long as it lives.
struct Counted(ConnectionCount);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Listener {
    /// Binds an address; port 0 chooses a free one.
    ///
    /// # Errors
    ///
    /// The address is taken, or is not one of this machine.
    #[expect(
        clippy::unused_async,
        reason = "a socket is registered with the runtime that it is bound in"
    )]
    pub async fn bind(address: SocketAddr, limits: Limits) -> io::Result<Self> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_reuseaddr(true)?;
        // Connections have it from here: what the system buffers of an answer has a bound as well.
        socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?;
        Ok(Self {
            listener,
            limits: within_descriptors(limits),
            certificate: None,
        })
    }

    /// The address that was bound.
    ///
    /// # Errors
    ///
    /// The operating system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Encrypts what it serves, and serves nobody who does not.
    pub fn certified(mut self, certificate: Option<Certificate>) -> Self {
        self.certificate = certificate;
        self
    }

    /// Serves until `stopped` is ready, then finishes what was accepted, within the limits' time.
    ///
    /// `stopping` begins before connections are asked to end, so that what waits can let go.
    pub async fn serve<S: Send + Sync + 'static>(
        self,
        app: Arc<App<S>>,
        count: ConnectionCount,
        stopping: Stopping,
        stopped: impl Future<Output = ()>,
    ) {
        let builder = connection::builder();
        let reaper = Arc::new(Reaper::default());
        let reaping = tokio::spawn(Arc::clone(&reaper).run(self.limits.watch_interval));
        let (mut failures, mut refusals) = (Seldom::default(), Seldom::default());
        // Each connection holds a sender: when all are gone, nothing is received.
        let (alive, mut all_gone) = mpsc::channel::<()>(1);
        let mut stopped = std::pin::pin!(stopped);
        loop {
            let accepted = tokio::select! {
                biased;
                () = stopped.as_mut() => break,
                accepted = self.listener.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    if let Some(times) = failures.count(Instant::now()) {
                        tracing::warn!(%error, times, "connections could not be accepted");
                    }
                    // Out of descriptors, most likely: accepting again at once would spin.
                    sleep_until(time::Instant::now() + PAUSE).await;
                    continue;
                }
            };
            let counted = Counted(count.clone());
            let open = count.0.fetch_add(1, Ordering::Relaxed);
            let mut limits = self.limits;
            let kept_for = if open < limits.connections_max {
                KeptFor::Everybody
            } else {
                if let Some(times) = refusals.count(Instant::now()) {
                    tracing::warn!(
                        open,
                        times,
                        "more connections than may be: all but health is refused"
                    );
                }
                limits.idle_timeout = limits.idle_timeout.min(HEALTH_IDLE);
                KeptFor::Health
            };
            if open >= limits.connections_max + limits.health_connections_max {
                match &self.certificate {
                    // To say more would take an agreement first, which is dear.
                    Some(_) => drop((stream, counted)),
                    None => drop(tokio::spawn(refuse(stream, counted))),
                }
                continue;
            }
            // Answers are written at once and whole: waiting for more to send only delays them.
            let _ = stream.set_nodelay(true);
            let (builder, app) = (builder.clone(), Arc::clone(&app));
            let (reaper, alive) = (Arc::clone(&reaper), alive.clone());
            let tls = self.certificate.as_ref().map(Certificate::acceptor);
            let stopping = stopping.clone();
            tokio::spawn(async move {
                let stopped = stopping.begun();
                let begun = Transport::begin(stream, tls, limits.head_timeout, stopped).await;
                if let Some(stream) = begun {
                    let peer = peer.ip();
                    connection::serve(stream, builder, app, limits, kept_for, peer, reaper).await;
                }
                drop((counted, alive));
            });
        }
        drop(self.listener);
        stopping.begin();
        reaper.finish();
        drop(alive);
        if timeout(self.limits.stop_timeout, all_gone.recv())
            .await
            .is_err()
        {
            tracing::warn!("some requests did not end in time and were cut off");
        }
        reaping.abort();
    }
}

/// Limits with no more connections than leave the process descriptors for its files.
fn within_descriptors(limits: Limits) -> Limits {
    let (wanted, beside) = (limits.connections_max, limits.health_connections_max);
    let allowed = descriptors::allowed();
    let connections_max = descriptors::connections_within(wanted, beside, allowed);
    if connections_max < wanted {
        tracing::warn!(
            wanted,
            connections_max,
            "the limit of open files allows fewer connections"
        );
    }
    Limits {
        connections_max,
        ..limits
    }
}

async fn refuse(mut stream: TcpStream, counted: Counted) {
    let _ = timeout(Duration::from_secs(1), async {
        stream.write_all(FULL).await?;
        stream.shutdown().await
    })
    .await;
    drop(counted);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_of_a_connection_says_its_own_length() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let length = format!("content-length: {}", body.len());
        assert!(head.contains(&length), "{}", body.len());
        serde_json::from_str::<serde_json::Value>(body).unwrap();
    }
}
