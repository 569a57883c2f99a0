//! How eagerly central is followed.

use std::time::Duration;

/// How eagerly central is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncerSettings {
    /// Longest sleep after the first answer that leads nowhere. At least a millisecond counts.
    pub backoff_min: Duration,
    /// Longest sleep after any. At least `backoff_min` counts.
    pub backoff_max: Duration,
    /// How long central may hold a poll while nothing happens.
    pub long_poll: Duration,
}

impl Default for SyncerSettings {
    /// From 50 milliseconds to 5 seconds; polls of 20 seconds.
    fn default() -> Self {
        Self {
            backoff_min: Duration::from_millis(50),
            backoff_max: Duration::from_secs(5),
            long_poll: Duration::from_secs(20),
        }
    }
}

impl SyncerSettings {
    /// An empty page that took this long was waited for; one that came sooner is an answer that leads nowhere.
    pub fn idle_min(&self) -> Duration {
        (self.long_poll / 2)
            .max(self.backoff_min)
            .max(Duration::from_millis(1))
    }
}
