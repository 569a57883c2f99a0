//! Group commit: many callers share one engine. What queues up while one group is made durable is the next group.
//!
//! ```text
//!  callers ──▶ bounded inbox ──▶ writer thread: decide, ONE append, publish ──▶ replies
//!     └──── nobody else waits: the caller's own thread does the same ────▶ answers
//! ```
//!
//! **Invariant**: a submission that was taken is written, and its reply is called exactly once, whether or not its
//! caller is still there. Submissions are written in the order in which they were taken.

mod group_writer;
mod hand_over;
mod inbox;
mod reply;
mod submitted;
mod sync;
mod weight;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use parking_lot::Mutex;

pub use inbox::NotTaken;
pub use submitted::Submitted;

use crate::engine::{Answer, Engine, EngineError, Reader};
use crate::machine::{REQUEST_LINES_MAX, Request};
use crate::ports::Cause;
use group_writer::GroupWriter;
use hand_over::HandOver;
use inbox::Bounds;
use weight::Weight;

/// How much a writer takes on. A submission has as many lines as its requests, an empty one has one; one that is larger
/// than a bound is taken when it would be alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriterLimits {
    /// Lines that may wait; beyond it submissions are refused, so that a slow disk shows as refusals and not as ever longer
    /// waits.
    pub inbox_lines_max: usize,
    /// Bytes of memory that may wait, as [`Request::bytes`] estimates them: what a client says beside its lines is bounded
    /// too.
    pub inbox_bytes_max: usize,
    /// Lines that are made durable together: bounds how long the first of a group waits for the last, some tens of
    /// milliseconds. By default those of the largest request, which is so in a group of its own. A request about a whole
    /// reservation or transfer has one line and changes a thousand levels, or less: so a group ends too with the submission that
    /// makes it change so much, and the others of it go first into the next one.
    pub group_lines_max: usize,
    /// Bytes of requests that are made durable together: bounds the size of one write.
    pub group_bytes_max: usize,
}

impl WriterLimits {
    /// 65,536 lines and 64 MiB may wait; a group has the lines of the largest request, and 16 MiB.
    pub const fn new() -> Self {
        Self {
            inbox_lines_max: 65_536,
            inbox_bytes_max: 64 * 1024 * 1024,
            group_lines_max: REQUEST_LINES_MAX,
            group_bytes_max: 16 * 1024 * 1024,
        }
    }

    /// With so many lines that may wait.
    #[must_use]
    pub const fn with_inbox_lines_max(mut self, inbox_lines_max: usize) -> Self {
        self.inbox_lines_max = inbox_lines_max;
        self
    }

    /// With so many bytes that may wait.
    #[must_use]
    pub const fn with_inbox_bytes_max(mut self, inbox_bytes_max: usize) -> Self {
        self.inbox_bytes_max = inbox_bytes_max;
        self
    }

    /// With so many lines in a group.
    #[must_use]
    pub const fn with_group_lines_max(mut self, group_lines_max: usize) -> Self {
        self.group_lines_max = group_lines_max;
        self
    }

    /// With so many bytes in a group.
    #[must_use]
    pub const fn with_group_bytes_max(mut self, group_bytes_max: usize) -> Self {
        self.group_bytes_max = group_bytes_max;
        self
    }
}

impl Default for WriterLimits {
    fn default() -> Self {
        Self::new()
    }
}

impl From<WriterLimits> for Bounds {
    fn from(limits: WriterLimits) -> Self {
        Self {
            inbox: Weight {
                lines: limits.inbox_lines_max,
                bytes: limits.inbox_bytes_max,
            },
            group: Weight {
                lines: limits.group_lines_max,
                bytes: limits.group_bytes_max,
            },
        }
    }
}

/// Why a submission has no answers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// It was not taken: nothing of it was or will be applied.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    /// It was not taken, since the caller is looking at the ledger: what it would wait for could not be shown before it has
    /// looked.
    #[error("the ledger is being looked at, and the answer would wait for the end of that")]
    WithinRead,
    /// It was taken, and its group failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl GroupWriter for Engine {
    type Request = Request;
    type Answer = Answer;
    type Error = EngineError;

    fn write<'a>(
        &mut self,
        group: impl Iterator<Item = &'a [Request]>,
        lines_max: usize,
    ) -> Result<Vec<Answer>, EngineError> {
        self.submit_first(group, lines_max)
    }

    fn answering(&self, answer: impl FnOnce()) {
        Self::answering(self, answer);
    }

    fn weigh(request: &Request) -> Weight {
        Weight {
            lines: request.lines(),
            bytes: request.bytes(),
        }
    }

    fn lost() -> EngineError {
        EngineError::OutcomeUnknown {
            cause: Cause::from("the engine panicked while it was being written").into(),
        }
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
    /// `None` once somebody has stopped it.
    thread: Mutex<Option<JoinHandle<Option<Engine>>>>,
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
    /// # Errors
    ///
    /// The operating system refuses another thread. The engine is closed, and nothing was promised.
    pub fn start(engine: Engine, limits: WriterLimits) -> io::Result<Self> {
        let reader = engine.reader();
        let hand_over = Arc::new(HandOver::new(engine, limits.into()));
        let for_thread = Arc::clone(&hand_over);
        let thread = Builder::new()
            .name("inventory-writer".into())
            .spawn(move || for_thread.run())?;
        Ok(Self {
            hand_over,
            thread: Mutex::new(Some(thread)),
            reader,
        })
    }

    /// Hands requests over, without ever waiting, and has `reply` called with their answers, in order, once they are
    /// durable and readable: on the writer's thread, so it should only pass them on. It must not wait for other answers: they
    /// wait for it.
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
        if self.reader.is_looking() {
            return Err(SubmitError::WithinRead);
        }
        Ok(self.hand_over.submit_and_wait(requests)??)
    }

    /// As [`Writer::submit_and_wait`], of one request.
    ///
    /// # Errors
    ///
    /// See [`SubmitError`].
    pub fn submit_one_and_wait(&self, request: Request) -> Result<Answer, SubmitError> {
        let mut answers = self.submit_and_wait(vec![request])?;
        Ok(answers.pop().expect("every request is answered"))
    }

    /// As [`Writer::submit`], with a future in place of a callback. It is woken on the writer's thread and polled wherever it is
    /// awaited: any runtime will do.
    ///
    /// # Errors
    ///
    /// The requests were not taken.
    pub fn submit_async(&self, requests: Vec<Request>) -> Result<Submitted, NotTaken> {
        let (submitted, reply) = Submitted::new();
        self.hand_over.submit(requests, reply)?;
        Ok(submitted)
    }

    /// Answers all that still waits for its group with [`EngineError::NotWritten`], for this reason. What is being written,
    /// and what is submitted later, is not touched: for a disk that does not answer, so that nobody waits for it who need
    /// not.
    pub fn refuse_queued(&self, cause: impl Into<Cause>) {
        self.hand_over.refuse_queued(&EngineError::NotWritten {
            cause: cause.into().into(),
        });
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
    /// taken it, when it was stopped before, and when this is a reply, a wake-up, an observation, or within a look at the
    /// ledger: its thread then finishes without anybody waiting for it.
    pub fn stop(&self) -> Option<Engine> {
        self.hand_over.close();
        let thread = self.thread.lock().take()?;
        if self.reader.is_waited_for() {
            return None;
        }
        thread.join().ok().flatten()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}
