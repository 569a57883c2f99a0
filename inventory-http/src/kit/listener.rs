//! Accepts connections until it is told to stop, then waits for those that are being served.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Duration, timeout};

use super::app::App;
use super::connection;
use super::limits::{Limits, SEND_BUFFER_BYTES};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;

/// What a connection beyond the limit is told.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
    content-length: 104\r\nretry-after: 1\r\nconnection: close\r\n\r\n\
    {\"code\":\"unavailable\",\"message\":\"too many connections; nothing of this request was read\",\"details\":[]}\n\n";

/// A port that is bound, and serves nobody yet.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    limits: Limits,
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
        Ok(Self { listener, limits })
    }

    /// The address that was bound.
    ///
    /// # Errors
    ///
    /// The operating system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stopped` is ready, then finishes what was accepted, within the limits' time.
    ///
    /// `stopping` is set before connections are asked to end, so that what waits can let go.
    pub async fn serve<S: Send + Sync + 'static>(
        self,
        app: Arc<App<S>>,
        count: ConnectionCount,
        stopping: watch::Sender<bool>,
        stopped: impl Future<Output = ()>,
    ) {
        let builder = connection::builder();
        // Each connection holds a sender: when all are gone, nothing is received.
        let (alive, mut all_gone) = mpsc::channel::<()>(1);
        let mut stopped = std::pin::pin!(stopped);
        loop {
            let accepted = tokio::select! {
                biased;
                () = stopped.as_mut() => break,
                accepted = self.listener.accept() => accepted,
            };
            let stream = match accepted {
                Ok((stream, _peer)) => stream,
                Err(error) => {
                    self.pause(&error).await;
                    continue;
                }
            };
            let counted = Counted(count.clone());
            if count.0.fetch_add(1, Ordering::Relaxed) >= self.limits.connections_max {
                tokio::spawn(refuse(stream, counted));
                continue;
            }
            // Answers are written at once and whole: waiting for more to send only delays them.
            let _ = stream.set_nodelay(true);
            let (builder, app, limits) = (builder.clone(), Arc::clone(&app), self.limits);
            let (stop, alive) = (stopping.subscribe(), alive.clone());
            tokio::spawn(async move {
                connection::serve(stream, builder, app, limits, stop).await;
                drop((counted, alive));
            });
        }
        drop(self.listener);
        stopping.send_replace(true);
        drop(alive);
        if timeout(self.limits.stop_timeout, all_gone.recv())
            .await
            .is_err()
        {
            tracing::warn!("some requests did not end in time and were cut off");
        }
    }

    /// Out of descriptors, most likely: accepting again at once would spin.
    async fn pause(&self, error: &io::Error) {
        tracing::warn!(%error, "a connection could not be accepted");
        tokio::time::interval(Duration::from_millis(50))
            .tick()
            .await;
        tokio::task::yield_now().await;
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
