//! How requests get from many callers to the one engine, and how their answers get back.
//!
//! Written against [`super::sync`] and generic over what is committed, so that a model checker can run this very file
//! with its own primitives and a commit that takes no time.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::sync::{Arc, Condvar, Mutex, MutexGuard};

/// What makes groups durable: the engine, in a test something smaller.
pub(super) trait Commit {
    /// What is committed.
    type Request;
    /// The answer to one request.
    type Answer;
    /// Why a whole group was not answered.
    type Error: Clone;

    /// Commits the requests together and answers each, in order.
    fn commit<'a>(
        &mut self,
        group: impl Iterator<Item = &'a Self::Request>,
    ) -> Result<Vec<Self::Answer>, Self::Error>
    where
        Self::Request: 'a;

    /// What callers are told when the committer is gone before it got to them.
    fn gone() -> Self::Error;
}

type Answers<C> = Result<Vec<<C as Commit>::Answer>, <C as Commit>::Error>;
type Callback<C> = Box<dyn FnOnce(Answers<C>) + Send>;

/// A promise to answer: called exactly once, by whoever has it when it can be kept, or when it no longer can.
struct Reply<C: Commit>(Option<Callback<C>>);

impl<C: Commit> Reply<C> {
    fn answer(mut self, answers: Answers<C>) {
        self.call(answers);
    }

    /// A callback that panics harms nobody but its caller: the panic has been reported where it happened, and the
    /// answers of the others wait behind it.
    fn call(&mut self, answers: Answers<C>) {
        if let Some(callback) = self.0.take() {
            let _reported = catch_unwind(AssertUnwindSafe(|| callback(answers)));
        }
    }
}

impl<C: Commit> Drop for Reply<C> {
    fn drop(&mut self) {
        self.call(Err(C::gone()));
    }
}

struct Submission<C: Commit> {
    requests: Vec<C::Request>,
    reply: Reply<C>,
}

/// What callers and the writer thread share.
///
/// **Invariant**: whoever has taken `committer` out puts it back, or sets `lost` and `closed` when a panic has taken it.
/// Only they commit; nobody commits while holding the lock.
struct Inbox<C: Commit> {
    queue: VecDeque<Submission<C>>,
    queued_requests: usize,
    committer: Option<C>,
    closed: bool,
    lost: bool,
}

/// Why a submission was not taken. Nothing of it was or will be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// As many requests are waiting as are allowed; trying again later helps.
    #[error("too many requests are waiting")]
    Full,
    /// The writer has been stopped.
    #[error("the writer has been stopped")]
    Closed,
}

/// Bounds of the hand-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) inbox_requests_max: usize,
    pub(super) group_requests_max: usize,
}

pub(super) struct HandOver<C: Commit> {
    inbox: Mutex<Inbox<C>>,
    /// Something was queued, the committer was put back, or the end has come: for the writer thread.
    work: Condvar,
    /// The queue was taken: for callers that wait for room.
    room: Condvar,
    bounds: Bounds,
}

impl<C: Commit> HandOver<C> {
    pub(super) fn new(committer: C, bounds: Bounds) -> Self {
        let inbox = Inbox {
            queue: VecDeque::new(),
            queued_requests: 0,
            committer: Some(committer),
            closed: false,
            lost: false,
        };
        Self {
            inbox: Mutex::new(inbox),
            work: Condvar::new(),
            room: Condvar::new(),
            bounds,
        }
    }

    /// Queues requests, without ever waiting. They are committed in the order of submission.
    pub(super) fn submit(
        &self,
        requests: Vec<C::Request>,
        reply: Callback<C>,
    ) -> Result<(), NotTaken> {
        let mut inbox = self.inbox.lock();
        self.check(&inbox, requests.len())?;
        self.enqueue(&mut inbox, requests, reply);
        Ok(())
    }

    /// Commits requests and waits for the answers: on the caller's own thread when nobody else is waiting, since waking
    /// another one costs more than it saves; else through the queue, after waiting for room in it.
    pub(super) fn submit_and_wait(&self, requests: Vec<C::Request>) -> Result<Answers<C>, NotTaken>
    where
        C: 'static,
        C::Answer: Send,
        C::Error: Send,
    {
        let mut inbox = self.inbox.lock();
        if inbox.closed {
            return Err(NotTaken::Closed);
        }
        if inbox.queue.is_empty()
            && let Some(committer) = inbox.committer.take()
        {
            drop(inbox);
            let mut baton = Baton::new(self, committer);
            return Ok(baton.committer().commit(requests.iter()));
        }
        while let Err(not_taken) = self.check(&inbox, requests.len()) {
            match not_taken {
                NotTaken::Full => self.room.wait(&mut inbox),
                NotTaken::Closed => return Err(NotTaken::Closed),
            }
        }
        let slot = Arc::new(Slot::<C>::default());
        let filled = Arc::clone(&slot);
        self.enqueue(
            &mut inbox,
            requests,
            Box::new(move |answers| filled.fill(answers)),
        );
        drop(inbox);
        Ok(slot.wait())
    }

    /// Commits what is queued, group by group, until the hand-over is closed and all that was queued is answered.
    /// Returns the committer, unless it was lost to a panic.
    pub(super) fn run(&self) -> Option<C> {
        let mut inbox = self.inbox.lock();
        loop {
            while inbox.queue.is_empty() && !inbox.closed
                || inbox.committer.is_none() && !inbox.lost
            {
                self.work.wait(&mut inbox);
            }
            let committer = inbox.committer.take()?;
            if inbox.queue.is_empty() {
                return Some(committer);
            }
            let group = self.next_group(&mut inbox);
            drop(inbox);
            let mut baton = Baton::new(self, committer);
            commit(baton.committer(), group);
            drop(baton);
            inbox = self.inbox.lock();
        }
    }

    /// Takes no more submissions. Those that were taken are still committed.
    pub(super) fn close(&self) {
        self.inbox.lock().closed = true;
        self.work.notify_one();
        self.room.notify_all();
    }

    /// Requests that are queued.
    pub(super) fn queued(&self) -> usize {
        self.inbox.lock().queued_requests
    }

    /// A submission larger than the whole inbox is taken when it would be alone.
    fn check(&self, inbox: &Inbox<C>, requests: usize) -> Result<(), NotTaken> {
        if inbox.closed {
            return Err(NotTaken::Closed);
        }
        let queued = inbox.queued_requests;
        if queued > 0 && queued + requests > self.bounds.inbox_requests_max {
            return Err(NotTaken::Full);
        }
        Ok(())
    }

    fn enqueue(
        &self,
        inbox: &mut MutexGuard<'_, Inbox<C>>,
        requests: Vec<C::Request>,
        reply: Callback<C>,
    ) {
        inbox.queued_requests += requests.len();
        inbox.queue.push_back(Submission {
            requests,
            reply: Reply(Some(reply)),
        });
        // Whoever has the committer looks at the queue when putting it back.
        if inbox.committer.is_some() {
            self.work.notify_one();
        }
    }

    fn next_group(&self, inbox: &mut Inbox<C>) -> Vec<Submission<C>> {
        let mut group = Vec::with_capacity(inbox.queue.len());
        let mut requests = 0;
        while let Some(next) = inbox.queue.front() {
            requests += next.requests.len();
            if !group.is_empty() && requests > self.bounds.group_requests_max {
                break;
            }
            inbox.queued_requests -= next.requests.len();
            group.extend(inbox.queue.pop_front());
        }
        self.room.notify_all();
        group
    }
}

fn commit<C: Commit>(committer: &mut C, group: Vec<Submission<C>>) {
    let requests = group.iter().flat_map(|submission| &submission.requests);
    match committer.commit(requests) {
        Ok(answers) => {
            let mut answers = answers.into_iter();
            for Submission { requests, reply } in group {
                reply.answer(Ok(answers.by_ref().take(requests.len()).collect()));
            }
        }
        Err(error) => {
            for submission in group {
                submission.reply.answer(Err(error.clone()));
            }
        }
    }
}

/// The committer, on loan from the inbox. Put back when dropped; after a panic it is not to be trusted, so the
/// hand-over ends and whoever waits is told.
struct Baton<'a, C: Commit> {
    from: &'a HandOver<C>,
    committer: Option<C>,
}

impl<'a, C: Commit> Baton<'a, C> {
    fn new(from: &'a HandOver<C>, committer: C) -> Self {
        Self {
            from,
            committer: Some(committer),
        }
    }

    fn committer(&mut self) -> &mut C {
        self.committer.as_mut().expect("only drop takes it out")
    }
}

impl<C: Commit> Drop for Baton<'_, C> {
    fn drop(&mut self) {
        let mut inbox = self.from.inbox.lock();
        if std::thread::panicking() {
            inbox.closed = true;
            inbox.lost = true;
            let abandoned = std::mem::take(&mut inbox.queue);
            inbox.queued_requests = 0;
            drop(inbox);
            self.from.work.notify_one();
            self.from.room.notify_all();
            drop(abandoned);
            return;
        }
        inbox.committer = self.committer.take();
        if !inbox.queue.is_empty() || inbox.closed {
            self.from.work.notify_one();
        }
    }
}

/// Where one waiting caller finds its answers.
struct Slot<C: Commit> {
    answers: Mutex<Option<Answers<C>>>,
    filled: Condvar,
}

impl<C: Commit> Default for Slot<C> {
    fn default() -> Self {
        Self {
            answers: Mutex::new(None),
            filled: Condvar::new(),
        }
    }
}

impl<C: Commit> Slot<C> {
    fn fill(&self, answers: Answers<C>) {
        *self.answers.lock() = Some(answers);
        self.filled.notify_one();
    }

    fn wait(&self) -> Answers<C> {
        let mut answers = self.answers.lock();
        loop {
            match answers.take() {
                Some(answers) => return answers,
                None => self.filled.wait(&mut answers),
            }
        }
    }
}
