//! Snapshot interval: when a snapshot is worth what it costs to write.
//!
//! A snapshot is written whole, whatever has changed since the one before. Taken by the clock alone, one sale every ten
//! seconds would have a large shop write all of its state every ten seconds. So the log has to grow first:
//!
//! ```text
//!  log since the last snapshot   ├────────────┤ a quarter of the snapshot: the next one is due
//!                                └─ what a start has to replay at most
//! ```
//!
//! Then all snapshots together take at most [`SHARE`] times the bytes of the log, and a start replays no more than a quarter
//! of what it loads. A shop in which little happens is saved once an hour all the same, so that old positions can be given up.

use std::time::Duration;

/// The log must have grown by one part in so many of the snapshot.
const SHARE: u64 = 4;

/// After so long a snapshot is due if anything has changed.
const AGE_MAX: Duration = Duration::from_secs(60 * 60);

/// What has happened since the last snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Growth {
    /// Whether the log has grown at all.
    pub(super) has_grown: bool,
    /// Bytes by which the log has grown; 0 also where its storage does not count them.
    pub(super) log_bytes: u64,
    /// Bytes of the last snapshot; 0 when there is none, or where its storage does not count them.
    pub(super) snapshot_bytes: u64,
    /// How long ago the last snapshot was saved, or the engine was opened.
    pub(super) age: Duration,
}

impl Growth {
    /// Whether the next snapshot is due. Where storage counts no bytes, nobody can tell what one costs, and it is.
    pub(super) fn is_enough(self) -> bool {
        let is_counted = self.log_bytes > 0;
        let by_size = !is_counted || self.log_bytes >= self.snapshot_bytes / SHARE;
        self.has_grown && (by_size || self.age >= AGE_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Growth = Growth {
        has_grown: true,
        log_bytes: 300,
        snapshot_bytes: 100 << 20,
        age: Duration::from_secs(59 * 60),
    };

    #[test]
    fn a_snapshot_waits_until_the_log_has_grown_by_a_quarter_of_it() {
        assert!(!QUIET.is_enough());
        let log_bytes = 25 << 20;
        assert!(Growth { log_bytes, ..QUIET }.is_enough());
        let log_bytes = log_bytes - 1;
        assert!(!Growth { log_bytes, ..QUIET }.is_enough());
    }

    #[test]
    fn after_an_hour_any_change_is_enough_and_no_change_never_is() {
        let age = AGE_MAX;
        assert!(Growth { age, ..QUIET }.is_enough());
        let unchanged = Growth {
            has_grown: false,
            log_bytes: 0,
            age: 9 * AGE_MAX,
            ..QUIET
        };
        assert!(!unchanged.is_enough());
    }

    #[test]
    fn the_first_snapshot_and_one_that_nobody_can_measure_are_due_with_the_first_change() {
        let snapshot_bytes = 0;
        assert!(
            Growth {
                snapshot_bytes,
                ..QUIET
            }
            .is_enough()
        );
        let log_bytes = 0;
        assert!(Growth { log_bytes, ..QUIET }.is_enough());
    }
}
