//! A clock that stands still.

use crate::ports::Clock;
use crate::vocabulary::{Timestamp, Uptime};

/// Always the same moment, so that what is recorded depends on requests alone. No time passes: no key is ever forgotten for
/// its age, and no reservation ends at its deadline.
#[derive(Debug, Clone, Copy)]
pub struct StoppedClock(pub Timestamp);

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn uptime(&self) -> Uptime {
        Uptime::default()
    }
}
