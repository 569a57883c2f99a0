//! The clock of the operating system.

use std::time::{SystemTime, UNIX_EPOCH};

use inventory_core::ports::Clock;
use inventory_core::vocabulary::Timestamp;

/// Tells the system's time. A clock that stands before 1970 or after 9999 is read as 1970.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        Timestamp::from_millis(millis).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}
