//! Clock of a replay: the time of the sales.

use std::sync::atomic::{AtomicU64, Ordering};

use inventory_core::ports::Clock;
use inventory_core::vocabulary::{Timestamp, Uptime};

/// A clock that stands still until it is set: so the same deadlines pass before the same requests in every run.
#[derive(Debug)]
pub(crate) struct Hands {
    millis: AtomicU64,
}

impl Hands {
    /// A clock that stands at `start`.
    pub(crate) fn at(start: Timestamp) -> Self {
        Self {
            millis: AtomicU64::new(start.millis()),
        }
    }

    /// Sets the clock ahead; it never goes back, as when an earlier run is repeated that has gone on longer. Nothing may be on
    /// its way to the writer, which would be decided now or then.
    pub(crate) fn set(&self, now: Timestamp) {
        self.millis.fetch_max(now.millis(), Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        let millis = self.millis.load(Ordering::SeqCst);
        Timestamp::from_millis(millis).expect("only the numbers of timestamps are stored")
    }

    /// The sales are as far apart as they say.
    fn uptime(&self) -> Uptime {
        Uptime::from_millis(self.millis.load(Ordering::SeqCst))
    }
}
