//! What waits to be written, and how much of it may.

use std::collections::VecDeque;

use super::group_writer::GroupWriter;
use super::reply::Reply;
use super::sync::{Arc, Gate, ThreadId, this_thread};
use super::weight::Weight;

/// Bounds of the hand-over. What is larger by itself is let through alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    /// What may wait.
    pub(super) inbox: Weight,
    /// What is written together.
    pub(super) group: Weight,
}

/// What requests weigh together. None at all are a line: they take their place in the queue too.
pub(super) fn weigh<W: GroupWriter>(requests: &[W::Request]) -> Weight {
    let all = requests.iter().map(W::weigh);
    let sum = all.fold(Weight::default(), Weight::plus);
    Weight {
        lines: sum.lines.max(1),
        ..sum
    }
}

/// Why a submission was not taken. Nothing of it was or will be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotTaken {
    /// As much is waiting as is allowed; trying again later helps.
    #[error("too many requests are waiting")]
    Full,
    /// The writer has been stopped.
    #[error("the writer has been stopped")]
    Closed,
    /// The caller is a reply, or was woken by a subscription, on the very thread that would have to write: it would wait
    /// for itself. It may hand requests over with a reply of their own.
    #[error("a reply would wait for the thread that it runs on")]
    WithinReply,
}

pub(super) struct Submission<W: GroupWriter> {
    pub(super) requests: Vec<W::Request>,
    pub(super) weight: Weight,
    pub(super) reply: Reply<W>,
}

/// What was taken out of the queue, and the gate at which its callers wait, and nobody else.
///
/// **Invariant**: the gate is opened once each of them is answered or back in the queue, where it waits at another gate. A caller
/// that passed and found no answer would look again and again.
pub(super) struct Group<W: GroupWriter> {
    pub(super) submissions: VecDeque<Submission<W>>,
    pub(super) gate: Arc<Gate>,
}

/// What callers and the writer thread share.
///
/// **Invariants**: `waiting` and `requests` are those of `queue`, and `gate` is the one at which its callers wait. Whoever has
/// taken the engine out puts it back, or sets `lost` and `closed` when it has panicked; `holder` is there in between. Only the
/// holder writes, and nobody writes while holding the lock.
pub(super) struct Inbox<W: GroupWriter> {
    queue: VecDeque<Submission<W>>,
    waiting: Weight,
    requests: usize,
    gate: Arc<Gate>,
    engine: Option<W>,
    holder: Option<ThreadId>,
    pub(super) closed: bool,
    pub(super) lost: bool,
}

impl<W: GroupWriter> Inbox<W> {
    pub(super) fn new(engine: W) -> Self {
        Self {
            queue: VecDeque::new(),
            waiting: Weight::default(),
            requests: 0,
            gate: Arc::default(),
            engine: Some(engine),
            holder: None,
            closed: false,
            lost: false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Requests that wait.
    pub(super) fn requests(&self) -> usize {
        self.requests
    }

    pub(super) fn has_engine(&self) -> bool {
        self.engine.is_some()
    }

    /// Whether the caller is called by what it would wait for.
    pub(super) fn is_held_by_caller(&self) -> bool {
        self.holder == Some(this_thread())
    }

    /// Takes the engine out, for this thread.
    pub(super) fn take_engine(&mut self) -> Option<W> {
        let engine = self.engine.take()?;
        self.holder = Some(this_thread());
        Some(engine)
    }

    pub(super) fn put_back(&mut self, engine: W) {
        self.engine = Some(engine);
        self.holder = None;
    }

    /// Whether a submission may be queued now.
    pub(super) fn check(&self, weight: Weight, most: Weight) -> Result<(), NotTaken> {
        if self.closed {
            return Err(NotTaken::Closed);
        }
        match self.queue.is_empty() || self.waiting.plus(weight).is_within(most) {
            true => Ok(()),
            false => Err(NotTaken::Full),
        }
    }

    /// Where a caller waits that is queued now.
    pub(super) fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    pub(super) fn push(&mut self, submission: Submission<W>) {
        self.waiting = self.waiting.plus(submission.weight);
        self.requests += submission.requests.len();
        self.queue.push_back(submission);
    }

    /// Puts back what was taken out for a group, and not written with it.
    pub(super) fn push_front(&mut self, rest: VecDeque<Submission<W>>) {
        for submission in rest.into_iter().rev() {
            self.waiting = self.waiting.plus(submission.weight);
            self.requests += submission.requests.len();
            submission.reply.move_to(&self.gate);
            self.queue.push_front(submission);
        }
    }

    /// The oldest submissions, as many as are written together; at least one, if there is any.
    pub(super) fn next_group(&mut self, most: Weight) -> Group<W> {
        if self.waiting.is_within(most) {
            return self.take_all();
        }
        let mut submissions = VecDeque::new();
        let mut weight = Weight::default();
        while let Some(next) = self.queue.front() {
            weight = weight.plus(next.weight);
            if !submissions.is_empty() && !weight.is_within(most) {
                break;
            }
            self.waiting = self.waiting.minus(next.weight);
            self.requests -= next.requests.len();
            submissions.extend(self.queue.pop_front());
        }
        let gate = std::mem::take(&mut self.gate);
        for left in &self.queue {
            left.reply.move_to(&self.gate);
        }
        Group { submissions, gate }
    }

    /// All that waits.
    pub(super) fn take_all(&mut self) -> Group<W> {
        self.waiting = Weight::default();
        self.requests = 0;
        // As many are likely to come again.
        let queue = VecDeque::with_capacity(self.queue.len());
        Group {
            submissions: std::mem::replace(&mut self.queue, queue),
            gate: std::mem::take(&mut self.gate),
        }
    }
}
