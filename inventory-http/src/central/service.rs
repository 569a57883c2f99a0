//! What the handlers of central share.

use std::fmt;
use std::sync::Arc;

use inventory_core::engine::{Answer as Answered, Reader};
use inventory_core::machine::Request;
use inventory_core::ports::Clock;
use inventory_core::writer::Writer;
use tokio::sync::{oneshot, watch};

use super::dead_letters::Letters;
use super::refusal;
use crate::feed::Feed;
use crate::kit::{ApiError, Code};

/// The engine behind the calls.
pub struct Central {
    writer: Writer,
    reader: Reader,
    feed: Feed,
    letters: Letters,
    clock: Arc<dyn Clock>,
    stopping: watch::Receiver<bool>,
    failed: watch::Sender<bool>,
    openapi: bytes::Bytes,
}

impl fmt::Debug for Central {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Central")
            .field("writer", &self.writer)
            .finish_non_exhaustive()
    }
}

impl Central {
    /// Central on a writer. Must be made inside the runtime.
    pub(super) fn new(
        writer: Writer,
        letters: Letters,
        clock: Arc<dyn Clock>,
        stopping: watch::Receiver<bool>,
        openapi: bytes::Bytes,
    ) -> Self {
        let reader = writer.reader();
        Self {
            feed: Feed::new(reader.clone()),
            writer,
            reader,
            letters,
            clock,
            stopping,
            failed: watch::Sender::new(false),
            openapi,
        }
    }

    /// Reads what is durable.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    pub(crate) fn feed(&self) -> &Feed {
        &self.feed
    }

    pub(super) fn letters(&self) -> &Letters {
        &self.letters
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(super) fn openapi(&self) -> &bytes::Bytes {
        &self.openapi
    }

    /// Requests that wait for their group.
    pub fn queued(&self) -> usize {
        self.writer.queued()
    }

    /// Whether the service has been told to stop.
    pub(super) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Waits until the service is told to stop.
    pub(super) async fn stopping(&self) {
        let mut stopping = self.stopping.clone();
        // An error says that whoever would tell is gone, which is the same.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }

    /// Waits until the engine has stopped by itself.
    pub(super) async fn engine_failed(&self) {
        let mut failed = self.failed.subscribe();
        let _ = failed.wait_for(|failed| *failed).await;
    }

    /// Makes requests durable together, and answers each on its own. What was handed over is finished even when nobody
    /// waits for the answer any more.
    ///
    /// # Errors
    ///
    /// 503: nothing was taken, nothing was written, or nobody knows; the message says which.
    pub(super) async fn submit(&self, requests: Vec<Request>) -> Result<Vec<Answered>, ApiError> {
        let (reply, answer) = oneshot::channel();
        self.writer
            .submit(requests, move |answered| {
                // Whoever asked may have gone.
                let _ = reply.send(answered);
            })
            .map_err(refusal::not_taken)?;
        match answer.await {
            Ok(answered) => answered.map_err(|error| {
                if !error.engine_goes_on() {
                    self.failed.send_replace(true);
                }
                refusal::not_answered(&error)
            }),
            Err(_) => Err(ApiError::new(
                Code::Unavailable,
                "the outcome is unknown; send the same key again",
            )),
        }
    }

    /// As [`Central::submit`], for one request.
    pub(super) async fn submit_one(&self, request: Request) -> Result<Answered, ApiError> {
        let mut answers = self.submit(vec![request]).await?;
        Ok(answers.pop().expect("every request is answered"))
    }

    /// Gives the writer back, once no call holds the service.
    pub(super) fn into_writer(self) -> Writer {
        self.writer
    }
}
