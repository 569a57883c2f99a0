//! How answers get back to who submitted.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::group_writer::GroupWriter;
use super::sync::{Arc, Gate, Mutex};

pub(super) type Answers<W> = Result<Vec<<W as GroupWriter>::Answer>, <W as GroupWriter>::Error>;
pub(super) type Callback<W> = Box<dyn FnOnce(Answers<W>) + Send>;

/// A promise to answer: kept exactly once, with the answers when there are any, else by being dropped.
pub(super) struct Reply<W: GroupWriter>(Option<To<W>>);

enum To<W: GroupWriter> {
    Callback(Callback<W>),
    /// A caller that waits at a gate, and sees its answers once that is opened.
    Slot(Arc<Slot<W>>),
}

impl<W: GroupWriter> Reply<W> {
    pub(super) fn by(callback: Callback<W>) -> Self {
        Self(Some(To::Callback(callback)))
    }

    pub(super) fn to(slot: Arc<Slot<W>>) -> Self {
        Self(Some(To::Slot(slot)))
    }

    pub(super) fn answer(mut self, answers: Answers<W>) {
        self.keep(answers);
    }

    /// Lets a caller that waits do so at another gate.
    pub(super) fn move_to(&self, gate: &Arc<Gate>) {
        if let Some(To::Slot(slot)) = &self.0 {
            slot.0.lock().gate = Arc::clone(gate);
        }
    }

    /// A callback that panics harms nobody but its caller: the panic has been reported where it happened, and the
    /// answers of the others wait behind it.
    fn keep(&mut self, answers: Answers<W>) {
        match self.0.take() {
            Some(To::Callback(callback)) => {
                let _reported = catch_unwind(AssertUnwindSafe(|| callback(answers)));
            }
            Some(To::Slot(slot)) => slot.0.lock().answers = Some(answers),
            None => {}
        }
    }
}

impl<W: GroupWriter> Drop for Reply<W> {
    /// Nothing was begun: what was begun is answered.
    fn drop(&mut self) {
        self.keep(Err(W::gone()));
    }
}

/// Where one waiting caller finds its answers.
pub(super) struct Slot<W: GroupWriter>(Mutex<Waiting<W>>);

struct Waiting<W: GroupWriter> {
    answers: Option<Answers<W>>,
    gate: Arc<Gate>,
}

impl<W: GroupWriter> Slot<W> {
    pub(super) fn at(gate: Arc<Gate>) -> Self {
        let answers = None;
        Self(Mutex::new(Waiting { answers, gate }))
    }

    /// Waits for the answers: at one gate, and at another one if its group was bounded and left it out.
    pub(super) fn wait(&self) -> Answers<W> {
        let mut passed = None;
        loop {
            let gate = {
                let mut waiting = self.0.lock();
                match waiting.answers.take() {
                    Some(answers) => return answers,
                    None => Arc::clone(&waiting.gate),
                }
            };
            let is_other = |passed: &Arc<Gate>| !Arc::ptr_eq(passed, &gate);
            debug_assert!(
                passed.as_ref().is_none_or(is_other),
                "a gate is opened once all behind it are answered or have moved"
            );
            gate.wait();
            passed = Some(gate);
        }
    }
}
