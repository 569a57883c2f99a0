//! A future that costs its neighbours nothing.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use parking_lot::Mutex;

/// A future that is polled only when it was woken itself.
///
/// A task polls all that it waits for whenever one of it is woken. Beside something busy, something that is rarely ready
/// is then asked a thousand times for each time that it has an answer.
pub(super) struct Aside<'a, F> {
    future: Pin<&'a mut F>,
    bell: Arc<Bell>,
    waker: Waker,
}

struct Bell {
    rung: AtomicBool,
    /// The task that polls the future.
    task: Mutex<Waker>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.task.lock().wake_by_ref();
    }
}

impl<'a, F: Future> Aside<'a, F> {
    pub(super) fn new(future: Pin<&'a mut F>) -> Self {
        let bell = Arc::new(Bell {
            rung: AtomicBool::new(true),
            task: Mutex::new(Waker::noop().clone()),
        });
        Self {
            future,
            waker: Waker::from(Arc::clone(&bell)),
            bell,
        }
    }
}

impl<F: Future> Future for Aside<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        {
            // Before the bell is looked at: who rings after that wakes this task.
            let mut task = self.bell.task.lock();
            if !task.will_wake(context.waker()) {
                task.clone_from(context.waker());
            }
        }
        if !self.bell.rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let this = &mut *self;
        let mut context = Context::from_waker(&this.waker);
        this.future.as_mut().poll(&mut context)
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;

    use super::*;

    #[derive(Default)]
    struct Count(std::sync::atomic::AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn it_is_polled_when_it_was_woken_and_wakes_its_task() {
        let (mut polls, mut inner) = (0, None);
        let task = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&task));
        let mut context = Context::from_waker(&waker);
        {
            let future = poll_fn(|context: &mut Context<'_>| {
                polls += 1;
                inner = Some(context.waker().clone());
                match polls {
                    1 => Poll::Pending,
                    _ => Poll::Ready(polls),
                }
            });
            let mut future = pin!(future);
            let mut aside = Aside::new(future.as_mut());
            for _ in 0..3 {
                assert!(Pin::new(&mut aside).poll(&mut context).is_pending());
            }
            aside.waker.wake_by_ref();
            assert_eq!(task.0.load(Ordering::Relaxed), 1);
            assert_eq!(Pin::new(&mut aside).poll(&mut context), Poll::Ready(2));
        }
        assert!(inner.is_some());
    }
}
