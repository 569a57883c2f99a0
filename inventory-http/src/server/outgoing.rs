//! Bodies of answers.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::activity::{Activity, InFlight};
use super::budget::Share;
use super::limits::CHUNK_BYTES;
use super::taking::Taking;

/// A body that is made while it is sent: only as fast as the client takes it. It yields [`CHUNK_BYTES`] at a time, or a
/// little more.
pub type Streamed = Pin<Box<dyn Body<Data = Bytes, Error = Infallible> + Send>>;

/// The body of a response. Tells its connection how fast it is taken, and when it is done, or given up.
pub struct Outgoing {
    content: Content,
    /// The room that it takes until it is sent.
    _share: Option<Share>,
    watched: Option<Watched>,
    _in_flight: Option<InFlight>,
}

enum Content {
    Whole(Bytes),
    Streamed {
        body: Streamed,
        /// Whether others have their turn before the next chunk.
        resting: bool,
    },
}

/// A body whose client is watched.
struct Watched {
    activity: Arc<Activity>,
    taking: Arc<Taking>,
    /// The bytes that were offered last.
    offered: usize,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.activity.forget(&self.taking);
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").finish_non_exhaustive()
    }
}

impl Outgoing {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self::new(Content::Whole(bytes))
    }

    pub(super) fn streamed(body: Streamed) -> Self {
        Self::new(Content::Streamed {
            body,
            resting: false,
        })
    }

    fn new(content: Content) -> Self {
        Self {
            content,
            _share: None,
            watched: None,
            _in_flight: None,
        }
    }

    /// Keeps the room that the body takes.
    pub(super) fn keep(&mut self, share: Share) {
        self._share = Some(share);
    }

    /// Keeps the request in flight until the body is sent. Watches how fast it is taken, unless the connection sees that by
    /// itself: one chunk of HTTP/1.1 is either written or stalls the socket.
    pub(super) fn hold(&mut self, in_flight: InFlight, http2: bool) {
        let small = matches!(&self.content, Content::Whole(bytes) if bytes.len() <= CHUNK_BYTES);
        if http2 || !small {
            let activity = Arc::clone(in_flight.activity());
            self.watched = Some(Watched {
                taking: activity.watch(),
                activity,
                offered: 0,
            });
        }
        self._in_flight = Some(in_flight);
    }

    fn poll_content(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match &mut self.content {
            Content::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Whole(bytes) => {
                let chunk = bytes.split_to(bytes.len().min(CHUNK_BYTES));
                Poll::Ready(Some(chunk))
            }
            Content::Streamed { body, resting } => {
                // To make a chunk takes a while. A connection whose client is quick would make one after the other, and
                // keep all others of its thread waiting.
                if std::mem::take(resting) {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                loop {
                    match ready!(body.as_mut().poll_frame(context)) {
                        Some(Ok(frame)) => {
                            if let Ok(chunk) = frame.into_data() {
                                *resting = true;
                                return Poll::Ready(Some(chunk));
                            }
                        }
                        Some(Err(never)) => match never {},
                        None => return Poll::Ready(None),
                    }
                }
            }
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        if let Some(watched) = &mut this.watched {
            watched.taking.took(std::mem::take(&mut watched.offered));
        }
        let rests = matches!(&this.content, Content::Streamed { resting: true, .. });
        let polled = this.poll_content(context);
        if let Some(watched) = &mut this.watched {
            match &polled {
                Poll::Ready(Some(chunk)) => {
                    watched.offered = chunk.len();
                    watched.taking.offer(watched.activity.now());
                }
                Poll::Ready(None) => watched.taking.rest(),
                Poll::Pending if !rests => watched.taking.rest(),
                Poll::Pending => {}
            }
        }
        polled.map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Streamed { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Streamed { body, .. } => body.size_hint(),
        }
    }
}
