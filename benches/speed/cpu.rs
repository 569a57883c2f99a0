//! Time that this thread has spent on a processor: for work in memory, so that what others do on the machine is not counted.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// A moment of this thread.
pub(crate) struct Start(Duration);

impl Start {
    pub(crate) fn now() -> Self {
        Self(spent())
    }

    /// What this thread has spent since.
    pub(crate) fn elapsed(&self) -> Duration {
        spent().saturating_sub(self.0)
    }
}

fn spent() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec as u64, spent.tv_nsec as u32)
}
