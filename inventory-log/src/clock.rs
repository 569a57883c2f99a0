//! System clock: the wall clock and the machine's uptime, as the operating system gives them.

use std::time::{SystemTime, UNIX_EPOCH};

use inventory_core::ports::Clock;
use inventory_core::vocabulary::{Timestamp, Uptime};
use rustix::time::{ClockId, clock_gettime};

/// The clock that goes on while the machine is suspended. Elsewhere than on Linux, the monotonic clock does so by itself.
#[cfg(target_os = "linux")]
const UPTIME: ClockId = ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const UPTIME: ClockId = ClockId::Monotonic;

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

    fn uptime(&self) -> Uptime {
        let up = clock_gettime(UPTIME);
        let (seconds, nanos) = (up.tv_sec.unsigned_abs(), up.tv_nsec.unsigned_abs());
        Uptime::from_millis(seconds * 1_000 + nanos / 1_000_000)
    }
}
