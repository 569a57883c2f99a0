//! A clock that stands still.

use crate::ports::Clock;
use crate::vocabulary::Timestamp;

/// Always the same moment, so that what is recorded depends on requests alone. No key is ever forgotten for its age.
#[derive(Debug, Clone, Copy)]
pub struct StoppedClock(pub Timestamp);

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}
