//! How requests get from many callers to the one engine, and how their answers get back.
//!
//! Written against [`super::sync`] and generic over what is written, so that a model checker can run this very file
//! with its own primitives and a write that takes no time.
//!
//! Why nobody sleeps for ever: the writer's thread is woken when something is queued while the engine is there, and when a caller puts
//! the engine back while something is queued. A caller that waits is behind the gate of the queue, or of the group that was taken out
//! of it; each of a group is answered, or back in the queue and behind its gate, before the gate of the group is opened.

use std::collections::VecDeque;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::group_writer::GroupWriter;
use super::inbox::{Bounds, Group, Inbox, NotTaken, Submission, weigh};
use super::reply::{Answers, Callback, Reply, Slot};
use super::sync::{Arc, Condvar, Mutex};
use super::weight::Weight;

pub(super) struct HandOver<W: GroupWriter> {
    inbox: Mutex<Inbox<W>>,
    /// Something was queued, the engine was put back, or the end has come: for the writer thread.
    work: Condvar,
    /// The queue was taken, or the end has come: for callers that wait for room.
    room: Condvar,
    bounds: Bounds,
}

impl<W: GroupWriter> HandOver<W> {
    pub(super) fn new(engine: W, bounds: Bounds) -> Self {
        Self {
            inbox: Mutex::new(Inbox::new(engine)),
            work: Condvar::new(),
            room: Condvar::new(),
            bounds,
        }
    }

    /// Queues requests, without ever waiting. They are written in the order of submission.
    pub(super) fn submit(
        &self,
        requests: Vec<W::Request>,
        reply: Callback<W>,
    ) -> Result<(), NotTaken> {
        let weight = weigh::<W>(&requests);
        let mut inbox = self.inbox.lock();
        inbox.check(weight, self.bounds.inbox)?;
        self.enqueue(&mut inbox, requests, weight, Reply::by(reply));
        Ok(())
    }

    /// Writes requests and waits for the answers: on the caller's own thread when nobody else is waiting, since waking
    /// another one costs more than it saves; else through the queue, after waiting for room in it.
    pub(super) fn submit_and_wait(
        &self,
        requests: Vec<W::Request>,
    ) -> Result<Answers<W>, NotTaken> {
        let weight = weigh::<W>(&requests);
        let mut inbox = self.inbox.lock();
        if inbox.closed {
            return Err(NotTaken::Closed);
        }
        if inbox.is_held_by_caller() {
            return Err(NotTaken::WithinReply);
        }
        if inbox.is_empty()
            && let Some(engine) = inbox.take_engine()
        {
            drop(inbox);
            let group = std::iter::once(&requests[..]);
            let (engine, answers) = self.write(engine, group);
            if let Some(engine) = engine {
                self.put_back(engine);
            }
            return Ok(answers);
        }
        while let Err(not_taken) = inbox.check(weight, self.bounds.inbox) {
            match not_taken {
                NotTaken::Full => self.room.wait(&mut inbox),
                not_taken @ (NotTaken::Closed | NotTaken::WithinReply) => return Err(not_taken),
            }
        }
        let slot = Arc::new(Slot::at(inbox.gate()));
        let reply = Reply::to(Arc::clone(&slot));
        self.enqueue(&mut inbox, requests, weight, reply);
        drop(inbox);
        Ok(slot.wait())
    }

    /// Writes what is queued, group by group, until the hand-over is closed and all that was queued is answered.
    /// Returns the engine, unless it was lost to a panic.
    pub(super) fn run(&self) -> Option<W> {
        let mut inbox = self.inbox.lock();
        loop {
            while inbox.is_empty() && !inbox.closed || !inbox.has_engine() && !inbox.lost {
                self.work.wait(&mut inbox);
            }
            let engine = inbox.take_engine()?;
            if inbox.is_empty() {
                return Some(engine);
            }
            let group = inbox.next_group(self.bounds.group);
            self.room.notify_all();
            drop(inbox);
            let Group { submissions, gate } = group;
            let requests = submissions
                .iter()
                .map(|submission| &submission.requests[..]);
            let (engine, answers) = self.write(engine, requests);
            let mut rest = VecDeque::new();
            let answer = || rest = answer(submissions, answers);
            match &engine {
                Some(engine) => engine.answering(answer),
                None => answer(),
            }
            // What waits for the next group is queued before the engine can be taken: the order stays. And before the gate
            // is opened, at which its callers wait no more.
            if !rest.is_empty() {
                self.inbox.lock().push_front(rest);
            }
            // Before the engine is put back: who comes back while others are still being woken is written with them.
            gate.open();
            let engine = engine?;
            inbox = self.inbox.lock();
            inbox.put_back(engine);
        }
    }

    /// Takes no more submissions. Those that were taken are still written.
    pub(super) fn close(&self) {
        self.inbox.lock().closed = true;
        self.work.notify_one();
        self.room.notify_all();
    }

    /// Requests that are queued.
    pub(super) fn queued(&self) -> usize {
        self.inbox.lock().requests()
    }

    /// Answers all that is queued, so that nothing of it is written.
    pub(super) fn refuse_queued(&self, error: &W::Error) {
        let refused = self.inbox.lock().take_all();
        self.room.notify_all();
        for submission in refused.submissions {
            submission.reply.answer(Err(error.clone()));
        }
        refused.gate.open();
    }

    fn enqueue(
        &self,
        inbox: &mut Inbox<W>,
        requests: Vec<W::Request>,
        weight: Weight,
        reply: Reply<W>,
    ) {
        inbox.push(Submission {
            requests,
            weight,
            reply,
        });
        // Whoever has the engine looks at the queue when putting it back.
        if inbox.has_engine() {
            self.work.notify_one();
        }
    }

    /// Writes with the engine that this thread has taken out. One that has panicked is not to be trusted: it ends, and
    /// so does the hand-over, before anybody hears of it.
    ///
    /// What counts is whether the write panics, not whether the thread does: a destructor may write while its thread
    /// unwinds for a reason of its own.
    fn write<'a>(
        &self,
        mut engine: W,
        group: impl Iterator<Item = &'a [W::Request]>,
    ) -> (Option<W>, Answers<W>)
    where
        W::Request: 'a,
    {
        let lines_max = self.bounds.group.lines;
        let writing = AssertUnwindSafe(|| engine.write(group, lines_max));
        match catch_unwind(writing) {
            Ok(answers) => (Some(engine), answers),
            // The panic has been reported where it happened.
            Err(_reported) => {
                let _reported = catch_unwind(AssertUnwindSafe(|| drop(engine)));
                self.lose();
                (None, Err(W::lost()))
            }
        }
    }

    fn put_back(&self, engine: W) {
        let mut inbox = self.inbox.lock();
        inbox.put_back(engine);
        if !inbox.is_empty() || inbox.closed {
            self.work.notify_one();
        }
    }

    /// Ends without an engine.
    fn lose(&self) {
        let never_begun = {
            let mut inbox = self.inbox.lock();
            inbox.closed = true;
            inbox.lost = true;
            inbox.take_all()
        };
        self.work.notify_one();
        self.room.notify_all();
        drop(never_begun.submissions);
        never_begun.gate.open();
    }
}

/// Answers a group, and returns what of it was left for the next one.
fn answer<W: GroupWriter>(
    mut group: VecDeque<Submission<W>>,
    answers: Answers<W>,
) -> VecDeque<Submission<W>> {
    match answers {
        Ok(answers) => {
            let mut answers = answers.into_iter();
            // A submission without requests is answered with the one before it.
            while let Some(submission) = group.front() {
                let requests = submission.requests.len();
                if requests > answers.len() {
                    break;
                }
                // The last submission, often the only one, gets what is left without a copy.
                let answers = match requests == answers.len() {
                    true => mem::take(&mut answers).collect(),
                    false => answers.by_ref().take(requests).collect(),
                };
                if let Some(submission) = group.pop_front() {
                    submission.reply.answer(Ok(answers));
                }
            }
        }
        Err(error) => {
            for submission in group.drain(..) {
                submission.reply.answer(Err(error.clone()));
            }
        }
    }
    group
}
