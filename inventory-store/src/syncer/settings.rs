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
    /// Between snapshots of a central that is newer.
    pub newer_every: Duration,
}

impl Default for SyncerSettings {
    /// From 50 milliseconds to 5 seconds; polls of 5 seconds; 5 minutes between snapshots of a newer central.
    fn default() -> Self {
        Self {
            backoff_min: Duration::from_millis(50),
            backoff_max: Duration::from_secs(5),
            long_poll: Duration::from_secs(5),
            newer_every: Duration::from_secs(300),
        }
    }
}

impl SyncerSettings {
    /// How long after its last proof a copy is stale: a poll at which nothing happens proves it anew, and may be late by two
    /// fifths.
    pub fn stale_after(&self) -> Duration {
        self.long_poll * 7 / 5
    }

    /// An empty page that took this long was waited for; one that came sooner is an answer that leads nowhere.
    pub fn idle_min(&self) -> Duration {
        (self.long_poll / 2)
            .max(self.backoff_min)
            .max(Duration::from_millis(1))
    }
}
