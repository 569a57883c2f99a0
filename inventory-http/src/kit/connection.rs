//! One connection: its socket, watched for clients that are slow on purpose.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::app::App;
use super::limits::{HEAD_BYTES_MAX, Limits};
use super::session::Session;

const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0";
const STREAMS_MAX: u32 = 256;

/// What a connection is doing, and since when. Times are milliseconds since it was accepted; 0 means "not now".
#[derive(Debug)]
pub(super) struct Pulse {
    accepted: Instant,
    /// Requests whose answers are not sent yet.
    in_flight: AtomicU32,
    /// Since when there has been none.
    idle_since: AtomicU64,
    /// Since when a head is incomplete.
    head_since: AtomicU64,
    /// Since when the client has taken nothing of an answer.
    stalled_since: AtomicU64,
    http2: AtomicBool,
    seen: AtomicBool,
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Fine,
    Idle,
    Slow,
}

impl Pulse {
    fn new() -> Self {
        Self {
            accepted: Instant::now(),
            in_flight: AtomicU32::new(0),
            idle_since: AtomicU64::new(1),
            head_since: AtomicU64::new(0),
            stalled_since: AtomicU64::new(0),
            http2: AtomicBool::new(false),
            seen: AtomicBool::new(false),
        }
    }

    fn now(&self) -> u64 {
        self.accepted.elapsed().as_millis() as u64 + 1
    }

    /// A request's head is complete.
    pub(super) fn begin(self: &Arc<Self>) -> InFlight {
        self.head_since.store(0, Ordering::Relaxed);
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(Arc::clone(self))
    }

    fn received(&self, bytes: &[u8]) {
        if !self.seen.swap(true, Ordering::Relaxed) {
            let http2 = bytes.starts_with(HTTP2_PREFACE);
            self.http2.store(http2, Ordering::Relaxed);
        }
        let waiting = self.in_flight.load(Ordering::Relaxed) == 0;
        if waiting && self.head_since.load(Ordering::Relaxed) == 0 {
            self.head_since.store(self.now(), Ordering::Relaxed);
        }
    }

    fn stalled(&self, stalled: bool) {
        let since = self.stalled_since.load(Ordering::Relaxed);
        if stalled && since == 0 {
            self.stalled_since.store(self.now(), Ordering::Relaxed);
        } else if !stalled && since != 0 {
            self.stalled_since.store(0, Ordering::Relaxed);
        }
    }

    fn verdict(&self, limits: &Limits) -> Verdict {
        self.verdict_at(self.now(), limits)
    }

    fn verdict_at(&self, now: u64, limits: &Limits) -> Verdict {
        let over = |since: &AtomicU64, limit: Duration| {
            let since = since.load(Ordering::Relaxed);
            since != 0 && now.saturating_sub(since) >= limit.as_millis() as u64
        };
        if over(&self.stalled_since, limits.stalled_timeout) {
            return Verdict::Slow;
        }
        if self.in_flight.load(Ordering::Relaxed) > 0 {
            return Verdict::Fine;
        }
        // A connection of HTTP/2 talks between its requests too.
        if !self.http2.load(Ordering::Relaxed) && over(&self.head_since, limits.head_timeout) {
            return Verdict::Slow;
        }
        match over(&self.idle_since, limits.idle_timeout) {
            true => Verdict::Idle,
            false => Verdict::Fine,
        }
    }
}

/// A request that is being answered, until this is dropped.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Pulse>);

impl Drop for InFlight {
    fn drop(&mut self) {
        let pulse = &self.0;
        pulse.idle_since.store(pulse.now(), Ordering::Relaxed);
        pulse.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Watched {
    stream: TcpStream,
    pulse: Arc<Pulse>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let received = &buffer.filled()[before..];
        if !received.is_empty() {
            self.pulse.received(received);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.pulse.stalled(written.is_pending());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.pulse.stalled(written.is_pending());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// How connections are served: HTTP/1.1 and HTTP/2 on one port.
pub(super) fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // The pulse watches heads, without a timer for each request.
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES_MAX)
        .pipeline_flush(true)
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

/// Serves a connection until either side ends it.
pub(super) async fn serve<S: Send + Sync + 'static>(
    stream: TcpStream,
    builder: Builder<TokioExecutor>,
    app: Arc<App<S>>,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let pulse = Arc::new(Pulse::new());
    let watched = Watched {
        stream,
        pulse: Arc::clone(&pulse),
    };
    let session = Arc::new(Session::new(app, Arc::clone(&pulse)));
    let service = service_fn(|request| {
        let session = Arc::clone(&session);
        async move { Ok::<_, std::convert::Infallible>(session.respond(request).await) }
    });
    let connection = builder.serve_connection(TokioIo::new(watched), service);
    let mut connection = pin!(connection);
    let mut watch = interval(limits.watch_interval);
    watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut closing = *stop.borrow_and_update();
    if closing {
        connection.as_mut().graceful_shutdown();
    }
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection broke");
                }
                return;
            }
            _ = stop.changed(), if !closing => {
                closing = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = watch.tick() => match pulse.verdict(&limits) {
                Verdict::Fine => {}
                Verdict::Idle if !closing => {
                    closing = true;
                    connection.as_mut().graceful_shutdown();
                }
                Verdict::Idle | Verdict::Slow => return,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole seconds after the connection was accepted, and a little for the test itself.
    fn after(seconds: u64) -> u64 {
        seconds * 1_000 + 500
    }

    fn verdict(pulse: &Pulse, seconds: u64) -> Verdict {
        pulse.verdict_at(after(seconds), &Limits::default())
    }

    #[test]
    fn a_connection_is_idle_when_nothing_comes_for_a_minute() {
        let pulse = Pulse::new();
        assert_eq!(verdict(&pulse, 59), Verdict::Fine);
        assert_eq!(verdict(&pulse, 60), Verdict::Idle);
    }

    #[test]
    fn a_head_must_be_complete_within_five_seconds_of_its_first_byte() {
        let pulse = Arc::new(Pulse::new());
        pulse.received(b"GET / HTTP");
        pulse.received(b"/1.1\r\n");
        assert_eq!(verdict(&pulse, 4), Verdict::Fine);
        assert_eq!(verdict(&pulse, 5), Verdict::Slow);
        let request = pulse.begin();
        assert_eq!(verdict(&pulse, 100), Verdict::Fine);
        drop(request);
        assert_eq!(verdict(&pulse, 50), Verdict::Fine);
        assert_eq!(verdict(&pulse, 100), Verdict::Idle);
    }

    #[test]
    fn a_connection_of_http2_talks_between_its_requests() {
        let pulse = Pulse::new();
        pulse.received(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        assert_eq!(verdict(&pulse, 50), Verdict::Fine);
        assert_eq!(verdict(&pulse, 60), Verdict::Idle);
    }

    #[test]
    fn a_client_that_takes_nothing_of_its_answer_is_slow() {
        let pulse = Arc::new(Pulse::new());
        let _request = pulse.begin();
        pulse.stalled(true);
        assert_eq!(verdict(&pulse, 29), Verdict::Fine);
        assert_eq!(verdict(&pulse, 30), Verdict::Slow);
        pulse.stalled(false);
        assert_eq!(verdict(&pulse, 30), Verdict::Fine);
    }
}
