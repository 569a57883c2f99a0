//! What time it is.

use inventory_core::vocabulary::Timestamp;

/// The time on all clocks after so many milliseconds of the run.
pub(crate) fn timestamp(millis: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH.plus_millis(1_000_000 + millis)
}
