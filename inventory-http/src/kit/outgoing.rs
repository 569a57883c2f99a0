//! Bodies of answers.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::pulse::InFlight;

/// A body that is made while it is sent: only as fast as the client takes it.
pub type Streamed = Pin<Box<dyn Body<Data = Bytes, Error = Infallible> + Send>>;

/// The body of a response. Tells its connection when it is done, or given up.
pub struct Outgoing {
    content: Content,
    _in_flight: Option<InFlight>,
}

enum Content {
    Whole(Bytes),
    Streamed(Streamed),
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").finish_non_exhaustive()
    }
}

impl Outgoing {
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self {
            content: Content::Whole(bytes),
            _in_flight: None,
        }
    }

    pub(super) fn streamed(streamed: Streamed) -> Self {
        Self {
            content: Content::Streamed(streamed),
            _in_flight: None,
        }
    }

    pub(super) fn hold(&mut self, in_flight: InFlight) {
        self._in_flight = Some(in_flight);
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.content {
            Content::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Whole(bytes) => {
                let frame = Frame::data(std::mem::take(bytes));
                Poll::Ready(Some(Ok(frame)))
            }
            Content::Streamed(streamed) => streamed.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Streamed(streamed) => streamed.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Streamed(streamed) => streamed.size_hint(),
        }
    }
}
