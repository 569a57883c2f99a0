//! The log as it happens.

use std::time::Duration;

use http_body_util::BodyExt as _;
use tokio::time::timeout;

use super::error::{CallError, Failure};
use super::exchange::Reply;
use super::sse::{Frames, StreamItem};

/// A stream of events. Dropped, it closes its connection.
#[derive(Debug)]
pub struct EventStream {
    reply: Reply,
    frames: Frames,
    silence: Duration,
    ended: bool,
}

impl EventStream {
    pub(super) fn new(reply: Reply, event_bytes_max: u64, silence: Duration) -> Self {
        Self {
            reply,
            frames: Frames::new(event_bytes_max),
            silence,
            ended: false,
        }
    }

    /// The next item; `None` when central has ended the stream, and after an error. Either way a follower asks again
    /// from the last event that it has. Nothing is lost when the future is dropped before it is ready.
    ///
    /// # Errors
    ///
    /// The stream has ended: the connection broke, nothing came for too long, not even a heartbeat, or what came is
    /// none of central's. What was received before is true.
    pub async fn next(&mut self) -> Option<Result<StreamItem, CallError>> {
        if self.ended {
            return None;
        }
        let next = self.advance().await.transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }

    async fn advance(&mut self) -> Result<Option<StreamItem>, CallError> {
        loop {
            let item = self
                .frames
                .next()
                .map_err(|misfit| self.reply.misfit(misfit))?;
            if item.is_some() {
                return Ok(item);
            }
            match timeout(self.silence, self.reply.body.frame()).await {
                Err(_) => return Err(self.failed(Failure::Silence)),
                Ok(None) => return Ok(None),
                Ok(Some(Err(error))) => return Err(self.failed(Failure::Broken(error))),
                Ok(Some(Ok(frame))) => {
                    if let Some(bytes) = frame.data_ref() {
                        self.frames.push(bytes);
                    }
                }
            }
        }
    }

    fn failed(&self, failure: Failure) -> CallError {
        self.reply.once_sent.failed(failure, None)
    }
}
