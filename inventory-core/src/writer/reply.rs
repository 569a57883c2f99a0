//! How answers get back to who submitted.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::group_writer::GroupWriter;
use super::sync::{Condvar, Mutex};

pub(super) type Answers<W> = Result<Vec<<W as GroupWriter>::Answer>, <W as GroupWriter>::Error>;
pub(super) type Callback<W> = Box<dyn FnOnce(Answers<W>) + Send>;

/// A promise to answer: called exactly once, with the answers when there are any, else by being dropped.
pub(super) struct Reply<W: GroupWriter>(Option<Callback<W>>);

impl<W: GroupWriter> Reply<W> {
    pub(super) fn new(callback: Callback<W>) -> Self {
        Self(Some(callback))
    }

    pub(super) fn answer(mut self, answers: Answers<W>) {
        self.call(answers);
    }

    /// A callback that panics harms nobody but its caller: the panic has been reported where it happened, and the
    /// answers of the others wait behind it.
    fn call(&mut self, answers: Answers<W>) {
        if let Some(callback) = self.0.take() {
            let _reported = catch_unwind(AssertUnwindSafe(|| callback(answers)));
        }
    }
}

impl<W: GroupWriter> Drop for Reply<W> {
    /// Nothing was begun: what was begun is answered.
    fn drop(&mut self) {
        self.call(Err(W::gone()));
    }
}

/// Where one waiting caller finds its answers.
pub(super) struct Slot<W: GroupWriter> {
    answers: Mutex<Option<Answers<W>>>,
    filled: Condvar,
}

impl<W: GroupWriter> Default for Slot<W> {
    fn default() -> Self {
        Self {
            answers: Mutex::new(None),
            filled: Condvar::new(),
        }
    }
}

impl<W: GroupWriter> Slot<W> {
    pub(super) fn fill(&self, answers: Answers<W>) {
        *self.answers.lock() = Some(answers);
        self.filled.notify_one();
    }

    pub(super) fn wait(&self) -> Answers<W> {
        let mut answers = self.answers.lock();
        loop {
            match answers.take() {
                Some(answers) => return answers,
                None => self.filled.wait(&mut answers),
            }
        }
    }
}
