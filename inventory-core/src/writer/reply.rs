//! How answers get back to who submitted.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::commit::Commit;
use super::sync::{Condvar, Mutex};

pub(super) type Answers<C> = Result<Vec<<C as Commit>::Answer>, <C as Commit>::Error>;
pub(super) type Callback<C> = Box<dyn FnOnce(Answers<C>) + Send>;

/// A promise to answer: called exactly once, with the answers when there are any, else by being dropped.
pub(super) struct Reply<C: Commit>(Option<Callback<C>>);

impl<C: Commit> Reply<C> {
    pub(super) fn new(callback: Callback<C>) -> Self {
        Self(Some(callback))
    }

    pub(super) fn answer(mut self, answers: Answers<C>) {
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
    /// Nothing was begun: what was begun is answered.
    fn drop(&mut self) {
        self.call(Err(C::gone()));
    }
}

/// Where one waiting caller finds its answers.
pub(super) struct Slot<C: Commit> {
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
    pub(super) fn fill(&self, answers: Answers<C>) {
        *self.answers.lock() = Some(answers);
        self.filled.notify_one();
    }

    pub(super) fn wait(&self) -> Answers<C> {
        let mut answers = self.answers.lock();
        loop {
            match answers.take() {
                Some(answers) => return answers,
                None => self.filled.wait(&mut answers),
            }
        }
    }
}
