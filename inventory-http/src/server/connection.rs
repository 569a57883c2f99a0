//! One connection: its socket, watched for clients that are slow on purpose.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::Activity;
use super::app::App;
use super::kept_for::KeptFor;
use super::limits::{CHUNK_BYTES, HEAD_BYTES_MAX, Limits};
use super::reaper::{Order, Reaper};
use super::session::Sessions;
use super::transport::Transport;

/// Requests of one connection of HTTP/2 at once.
const STREAMS_MAX: u32 = 128;

/// What a client of HTTP/2 may send ahead of who reads it, over all its requests.
const WINDOW_BYTES: u32 = 256 * 1024;

struct Watched {
    stream: Transport,
    activity: Arc<Activity>,
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
            self.activity.received(received);
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
        self.activity.stalled(written.is_pending());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.activity.stalled(written.is_pending());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if self.stream.buffers() {
            self.activity.stalled(flushed.is_pending());
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        let unread = self.activity.closes();
        let mut thrown_away = [MaybeUninit::uninit(); 8 * 1024];
        let mut any = false;
        loop {
            let mut buffer = ReadBuf::uninit(&mut thrown_away);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    any = true;
                    self.activity.leave_unread();
                }
                // The client has closed its side as well, or has gone.
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                // The watch ends this.
                Poll::Pending if unread || any => return Poll::Pending,
                Poll::Pending => return Poll::Ready(Ok(())),
            }
        }
    }
}

/// How connections are served: HTTP/1.1 and HTTP/2 on one port.
pub(super) fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // Its activity tells how long a head takes, without a timer for each request.
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES_MAX)
        // Answers are small: copied together, they are one write.
        .writev(false)
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_send_buf_size(CHUNK_BYTES)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .max_header_list_size(HEAD_BYTES_MAX as u32)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

/// Serves a connection until either side ends it, or its reaper does.
pub(super) async fn serve<S: Send + Sync + 'static>(
    stream: Transport,
    builder: Builder<TokioExecutor>,
    app: Arc<App<S>>,
    limits: Limits,
    kept_for: KeptFor,
    peer: IpAddr,
    reaper: Arc<Reaper>,
) {
    let activity = Arc::new(Activity::new());
    // A task has one waker as long as it lives.
    let task = poll_fn(|context| Poll::Ready(context.waker().clone())).await;
    let reaped = reaper.watch(Arc::clone(&activity), limits, task);
    drop(reaper);
    let watched = Watched {
        stream,
        activity: Arc::clone(&activity),
    };
    let sessions = Mutex::new(Sessions::new(app, activity, kept_for, peer));
    let service = service_fn(|request| {
        let session = sessions.lock().next();
        async move { Ok::<_, std::convert::Infallible>(session.respond(request).await) }
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(watched), service));
    let mut finishing = false;
    let served = poll_fn(|context| {
        match reaped.order() {
            Order::Finish if !finishing => {
                finishing = true;
                connection.as_mut().graceful_shutdown();
            }
            Order::Serve | Order::Finish => {}
            Order::Drop => return Poll::Ready(Ok(())),
        }
        connection.as_mut().poll(context)
    });
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection broke");
    }
}
