//! A clock that is set by hand.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::ports::Clock;
use crate::vocabulary::{Timestamp, Uptime};

/// Stands still until somebody sets it. Clones are the same clock.
#[derive(Debug, Clone, Default)]
pub struct ManualClock {
    hands: Arc<Mutex<Hands>>,
}

#[derive(Debug, Default)]
struct Hands {
    now: Timestamp,
    uptime: Uptime,
}

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        let clock = Self::default();
        clock.leap_to(now);
        clock
    }

    /// Lets time pass until it is `now`. When it is later already, somebody sets the clock back, and no time passes.
    pub fn set(&self, now: Timestamp) {
        let mut hands = self.hands.lock();
        let passed = now.millis_since(hands.now);
        hands.now = now;
        hands.uptime = hands.uptime.plus_millis(passed);
    }

    /// Lets time pass.
    pub fn advance_millis(&self, millis: u64) {
        let mut hands = self.hands.lock();
        hands.now = hands.now.plus_millis(millis);
        hands.uptime = hands.uptime.plus_millis(millis);
    }

    /// Sets the clock, ahead or back, while no time passes.
    pub fn leap_to(&self, now: Timestamp) {
        self.hands.lock().now = now;
    }

    /// Lets time pass that the clock does not show.
    pub fn stand_millis(&self, millis: u64) {
        let mut hands = self.hands.lock();
        hands.uptime = hands.uptime.plus_millis(millis);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.hands.lock().now
    }

    fn uptime(&self) -> Uptime {
        self.hands.lock().uptime
    }
}
