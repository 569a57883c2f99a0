//! The writer: one engine, many callers. What queues up while one group is made durable is the next group.
//!
//! ```text
//!  callers ──▶ bounded inbox ──▶ writer thread: decide, ONE append, publish ──▶ replies
//!     └──── nobody else waits: the caller's own thread does the same ────▶ answers
//! ```
//!
//! **Invariant**: a submission that was taken is committed, and its reply is called exactly once, whether or not its
//! caller is still there. Submissions are committed in the order in which they were taken.

mod hand_over;
mod sync;

use std::fmt;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

pub use hand_over::NotTaken;

use crate::engine::{Answer, Engine, EngineError, Reader};
use crate::machine::Request;
use hand_over::{Bounds, Commit, HandOver};

/// How much a writer takes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriterLimits {
    /// Requests that may wait; beyond it submissions are refused, so that a slow disk shows as refusals and not as ever
    /// longer waits.
    pub inbox_requests_max: usize,
    /// Requests that are made durable together: bounds how long the first of a group waits for the last.
    pub group_requests_max: usize,
}

impl Default for WriterLimits {
    fn default() -> Self {
        Self {
            inbox_requests_max: 65_536,
            group_requests_max: 16_384,
        }
    }
}

/// Why a submission has no answers.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// It was not taken: nothing of it was or will be applied.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    /// It was taken, and its group failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Commit for Engine {
    type Request = Request;
    type Answer = Answer;
    type Error = EngineError;

    fn commit<'a>(
        &mut self,
        group: impl Iterator<Item = &'a Request>,
    ) -> Result<Vec<Answer>, EngineError> {
        self.submit(group)
    }

    fn gone() -> EngineError {
        EngineError::Stopped
    }
}

/// Gives many threads one engine. Share it by reference or in an `Arc`.
///
/// Dropping it finishes what was taken, like [`Writer::stop`].
pub struct Writer {
    hand_over: Arc<HandOver<Engine>>,
    thread: Option<JoinHandle<Option<Engine>>>,
    reader: Reader,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("queued", &self.queued())
            .finish_non_exhaustive()
    }
}

impl Writer {
    /// Starts the writer thread.
    ///
    /// # Panics
    ///
    /// The operating system refuses another thread.
    pub fn start(engine: Engine, limits: WriterLimits) -> Self {
        let bounds = Bounds {
            inbox_requests_max: limits.inbox_requests_max,
            group_requests_max: limits.group_requests_max,
        };
        let reader = engine.reader();
        let hand_over = Arc::new(HandOver::new(engine, bounds));
        let for_thread = Arc::clone(&hand_over);
        let thread = Builder::new()
            .name("inventory-writer".into())
            .spawn(move || for_thread.run())
            .expect("without a thread there is no writer, and nothing was promised yet");
        Self {
            hand_over,
            thread: Some(thread),
            reader,
        }
    }

    /// Hands requests over, without ever waiting, and has `reply` called with their answers, in order, once they are
    /// durable and readable: on the writer's thread, so it should only pass them on.
    ///
    /// # Errors
    ///
    /// The requests were not taken, and `reply` is not called.
    pub fn submit(
        &self,
        requests: Vec<Request>,
        reply: impl FnOnce(Result<Vec<Answer>, EngineError>) + Send + 'static,
    ) -> Result<(), NotTaken> {
        self.hand_over.submit(requests, Box::new(reply))
    }

    /// Hands requests over and waits for their answers; waits for room too.
    ///
    /// # Errors
    ///
    /// See [`SubmitError`].
    pub fn submit_and_wait(&self, requests: Vec<Request>) -> Result<Vec<Answer>, SubmitError> {
        Ok(self.hand_over.submit_and_wait(requests)??)
    }

    /// A reader of what is durable.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Requests that wait for their group.
    pub fn queued(&self) -> usize {
        self.hand_over.queued()
    }

    /// Takes no more submissions, finishes those that were taken, and gives the engine back; `None` when a panic has
    /// taken it.
    pub fn stop(mut self) -> Option<Engine> {
        self.finish()
    }

    fn finish(&mut self) -> Option<Engine> {
        self.hand_over.close();
        self.thread.take()?.join().ok().flatten()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.finish();
    }
}
