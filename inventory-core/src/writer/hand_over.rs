//! How requests get from many callers to the one engine, and how their answers get back.
//!
//! Written against [`super::sync`] and generic over what is committed, so that a model checker can run this very file
//! with its own primitives and a commit that takes no time.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::commit::Commit;
use super::inbox::{Bounds, Inbox, NotTaken, Submission, weigh};
use super::reply::{Answers, Callback, Reply, Slot};
use super::sync::{Arc, Condvar, Mutex};
use super::weight::Weight;

pub(super) struct HandOver<C: Commit> {
    inbox: Mutex<Inbox<C>>,
    /// Something was queued, the committer was put back, or the end has come: for the writer thread.
    work: Condvar,
    /// The queue was taken, or the end has come: for callers that wait for room.
    room: Condvar,
    bounds: Bounds,
}

impl<C: Commit> HandOver<C> {
    pub(super) fn new(committer: C, bounds: Bounds) -> Self {
        Self {
            inbox: Mutex::new(Inbox::new(committer)),
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
        let weight = weigh::<C>(&requests);
        let mut inbox = self.inbox.lock();
        inbox.check(weight, self.bounds.inbox)?;
        self.enqueue(&mut inbox, requests, weight, reply);
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
        let weight = weigh::<C>(&requests);
        let mut inbox = self.inbox.lock();
        if inbox.closed {
            return Err(NotTaken::Closed);
        }
        if inbox.is_held_by_caller() {
            return Err(NotTaken::WithinReply);
        }
        if inbox.is_empty()
            && let Some(committer) = inbox.take_committer()
        {
            drop(inbox);
            let group = std::iter::once(&requests[..]);
            let (committer, answers) = self.commit(committer, group);
            if let Some(committer) = committer {
                self.put_back(committer);
            }
            return Ok(answers);
        }
        while let Err(not_taken) = inbox.check(weight, self.bounds.inbox) {
            match not_taken {
                NotTaken::Full => self.room.wait(&mut inbox),
                not_taken @ (NotTaken::Closed | NotTaken::WithinReply) => return Err(not_taken),
            }
        }
        let slot = Arc::new(Slot::<C>::default());
        let filled = Arc::clone(&slot);
        let reply = Box::new(move |answers| filled.fill(answers));
        self.enqueue(&mut inbox, requests, weight, reply);
        drop(inbox);
        Ok(slot.wait())
    }

    /// Commits what is queued, group by group, until the hand-over is closed and all that was queued is answered.
    /// Returns the committer, unless it was lost to a panic.
    pub(super) fn run(&self) -> Option<C> {
        let mut inbox = self.inbox.lock();
        loop {
            while inbox.is_empty() && !inbox.closed || !inbox.has_committer() && !inbox.lost {
                self.work.wait(&mut inbox);
            }
            let committer = inbox.take_committer()?;
            if inbox.is_empty() {
                return Some(committer);
            }
            let group = inbox.next_group(self.bounds.group);
            self.room.notify_all();
            drop(inbox);
            let submissions = group.iter().map(|submission| &submission.requests[..]);
            let (committer, answers) = self.commit(committer, submissions);
            let mut rest = Vec::new();
            let answer = || rest = answer(group, answers);
            match &committer {
                Some(committer) => committer.answering(answer),
                None => answer(),
            }
            // What waits for the next group waits before the committer can be taken: the order stays.
            self.inbox.lock().push_front(rest);
            self.put_back(committer?);
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
        self.inbox.lock().requests()
    }

    /// Answers all that is queued, so that nothing of it is committed.
    pub(super) fn refuse_queued(&self, error: &C::Error) {
        let refused = self.inbox.lock().take_all();
        self.room.notify_all();
        for submission in refused {
            submission.reply.answer(Err(error.clone()));
        }
    }

    fn enqueue(
        &self,
        inbox: &mut Inbox<C>,
        requests: Vec<C::Request>,
        weight: Weight,
        reply: Callback<C>,
    ) {
        inbox.push(Submission {
            requests,
            weight,
            reply: Reply::new(reply),
        });
        // Whoever has the committer looks at the queue when putting it back.
        if inbox.has_committer() {
            self.work.notify_one();
        }
    }

    /// Commits with the committer that this thread has taken out. One that has panicked is not to be trusted: it ends, and
    /// so does the hand-over, before anybody hears of it.
    ///
    /// What counts is whether the commit panics, not whether the thread does: a destructor may commit while its thread
    /// unwinds for a reason of its own.
    fn commit<'a>(
        &self,
        mut committer: C,
        group: impl Iterator<Item = &'a [C::Request]>,
    ) -> (Option<C>, Answers<C>)
    where
        C::Request: 'a,
    {
        let lines_max = self.bounds.group.lines;
        let committing = AssertUnwindSafe(|| committer.commit(group, lines_max));
        match catch_unwind(committing) {
            Ok(answers) => (Some(committer), answers),
            // The panic has been reported where it happened.
            Err(_reported) => {
                let _reported = catch_unwind(AssertUnwindSafe(|| drop(committer)));
                self.lose();
                (None, Err(C::lost()))
            }
        }
    }

    fn put_back(&self, committer: C) {
        let mut inbox = self.inbox.lock();
        inbox.put_back(committer);
        if !inbox.is_empty() || inbox.closed {
            self.work.notify_one();
        }
    }

    /// Ends without a committer.
    fn lose(&self) {
        let never_begun = {
            let mut inbox = self.inbox.lock();
            inbox.closed = true;
            inbox.lost = true;
            inbox.take_all()
        };
        self.work.notify_one();
        self.room.notify_all();
        drop(never_begun);
    }
}

/// Answers a group, and returns what of it was left for the next one.
fn answer<C: Commit>(group: Vec<Submission<C>>, answers: Answers<C>) -> Vec<Submission<C>> {
    let mut group = group.into_iter();
    match answers {
        Ok(answers) => {
            let mut answers = answers.into_iter();
            // A submission without requests is answered with the one before it.
            while let Some(submission) = group.as_slice().first() {
                let requests = submission.requests.len();
                if requests > answers.len() {
                    break;
                }
                let answers = answers.by_ref().take(requests).collect();
                if let Some(submission) = group.next() {
                    submission.reply.answer(Ok(answers));
                }
            }
        }
        Err(error) => {
            for submission in group.by_ref() {
                submission.reply.answer(Err(error.clone()));
            }
        }
    }
    group.collect()
}
