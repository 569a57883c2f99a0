//! Small segments: a log whose segments are soon full.

use std::sync::Arc;

use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::Timestamp;
use inventory_log::file::{FileOptions, FileStore, OpenError, open_on};
use inventory_log::testing::SimDisk;

/// Small enough that a few entries fill a segment, and that a group spans sectors.
const SMALL: FileOptions = FileOptions::new()
    .with_segment_bytes(1_500)
    .with_reserve_bytes(700)
    .with_prefill_bytes(400);

pub(crate) fn open(disk: &SimDisk) -> Result<FileStore, OpenError> {
    open_on(
        Arc::new(disk.clone()),
        &ManualClock::at(Timestamp::UNIX_EPOCH),
        SMALL,
    )
}
