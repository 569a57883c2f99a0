//! Answers that a caller awaits, on any runtime.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::reply::Callback;
use super::sync::{Arc, Mutex};
use crate::engine::{Answer, Engine, EngineError};

/// What has come by now, and who waits for it.
#[derive(Debug, Default)]
struct Slot {
    answers: Option<Result<Vec<Answer>, EngineError>>,
    waiting: Option<Waker>,
}

/// The answers to requests that a writer has taken; see [`Writer::submit_async`](super::Writer::submit_async). The requests are
/// carried out whether or not anybody awaits this.
#[derive(Debug)]
#[must_use = "it says whether the requests were refused"]
pub struct Submitted(Arc<Mutex<Slot>>);

impl Submitted {
    /// A future, and the callback that fills it.
    pub(super) fn new() -> (Self, Callback<Engine>) {
        let slot = Arc::new(Mutex::new(Slot::default()));
        let filled = Arc::clone(&slot);
        let fill = move |answers| {
            let waiting = {
                let mut slot = filled.lock();
                slot.answers = Some(answers);
                slot.waiting.take()
            };
            if let Some(waker) = waiting {
                waker.wake();
            }
        };
        (Self(slot), Box::new(fill))
    }
}

impl Future for Submitted {
    type Output = Result<Vec<Answer>, EngineError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.0.lock();
        if let Some(answers) = slot.answers.take() {
            return Poll::Ready(answers);
        }
        let is_known = |waker: &Waker| waker.will_wake(context.waker());
        if !slot.waiting.as_ref().is_some_and(is_known) {
            slot.waiting = Some(context.waker().clone());
        }
        Poll::Pending
    }
}
