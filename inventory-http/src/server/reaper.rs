//! Ends connections that are idle or slow: one task looks after all of a listener's.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{MissedTickBehavior, interval};

use super::activity::{Activity, Verdict};
use super::limits::Limits;

/// What a connection has to do from now on. A later order is never a milder one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Order {
    Serve,
    /// Answer what has come, and take no more.
    Finish,
    /// End now.
    Drop,
}

/// The connections of a listener.
#[derive(Debug, Default)]
pub(super) struct Reaper(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    connections: Vec<Weak<Reaped>>,
    /// Whether no connection may go on once it has answered.
    finishing: bool,
}

/// One connection, as its reaper sees it.
#[derive(Debug)]
pub(super) struct Reaped {
    activity: Arc<Activity>,
    limits: Limits,
    order: AtomicU8,
    /// Wakes the task that serves the connection.
    task: Waker,
}

impl Reaper {
    /// Looks after a connection that `task` serves, as long as what this returns lives.
    pub(super) fn watch(
        &self,
        activity: Arc<Activity>,
        limits: Limits,
        task: Waker,
    ) -> Arc<Reaped> {
        let mut state = self.0.lock();
        let order = if state.finishing {
            Order::Finish
        } else {
            Order::Serve
        };
        let reaped = Arc::new(Reaped {
            activity,
            limits,
            order: AtomicU8::new(order as u8),
            task,
        });
        state.connections.push(Arc::downgrade(&reaped));
        reaped
    }

    /// Lets every connection finish, also those that come later.
    pub(super) fn finish(&self) {
        let mut state = self.0.lock();
        state.finishing = true;
        for reaped in state.connections.iter().filter_map(Weak::upgrade) {
            reaped.tell(Order::Finish);
        }
    }

    /// Looks at every connection again and again.
    pub(super) async fn run(self: Arc<Self>, every: Duration) {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.reset();
        loop {
            ticks.tick().await;
            self.0.lock().connections.retain(|reaped| {
                let reaped = reaped.upgrade();
                reaped.inspect(|reaped| reaped.look()).is_some()
            });
        }
    }
}

impl Reaped {
    pub(super) fn order(&self) -> Order {
        match self.order.load(Ordering::Acquire) {
            0 => Order::Serve,
            1 => Order::Finish,
            _ => Order::Drop,
        }
    }

    fn tell(&self, order: Order) {
        if self.order.fetch_max(order as u8, Ordering::AcqRel) < order as u8 {
            self.task.wake_by_ref();
        }
    }

    fn look(&self) {
        match self.activity.tick(&self.limits) {
            Verdict::Fine => {}
            Verdict::Idle if self.order() == Order::Serve => self.tell(Order::Finish),
            Verdict::Idle | Verdict::Slow => self.tell(Order::Drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn who_is_idle_may_finish_once_and_each_order_wakes_its_task_once() {
        let (reaper, wakes) = (Reaper::default(), Arc::new(Wakes::default()));
        let activity = Arc::new(Activity::new());
        let limits = Limits::default();
        let reaped = reaper.watch(activity, limits, Waker::from(Arc::clone(&wakes)));
        let mut orders = vec![(reaped.order(), 0)];
        for _ in 0..100 {
            reaped.look();
            let now = (reaped.order(), wakes.0.load(Ordering::Relaxed));
            if orders.last() != Some(&now) {
                orders.push(now);
            }
        }
        let expected = [(Order::Serve, 0), (Order::Finish, 1), (Order::Drop, 2)];
        assert_eq!(orders, expected);
    }

    #[test]
    fn who_comes_while_all_finish_has_to_finish_too() {
        let reaper = Reaper::default();
        let watch = || {
            let activity = Arc::new(Activity::new());
            reaper.watch(activity, Limits::default(), Waker::noop().clone())
        };
        let before = watch();
        assert_eq!(before.order(), Order::Serve);
        reaper.finish();
        assert_eq!([before.order(), watch().order()], [Order::Finish; 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_gone_is_forgotten() {
        let reaper = Arc::new(Reaper::default());
        let activity = Arc::new(Activity::new());
        let reaped = reaper.watch(activity, Limits::default(), Waker::noop().clone());
        let every = Limits::default().watch_interval;
        let running = tokio::spawn(Arc::clone(&reaper).run(every));
        tokio::task::yield_now().await;
        drop(reaped);
        tokio::time::advance(every * 2).await;
        tokio::task::yield_now().await;
        assert!(reaper.0.lock().connections.is_empty());
        running.abort();
    }
}
