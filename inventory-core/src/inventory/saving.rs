//! Saves snapshots, as often as the log has grown enough for one.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::part::Part;
use crate::engine::Snapshotter;
use crate::ports::Clock;

/// Starts to look every `interval` whether a snapshot is due.
pub(super) fn start(
    mut snapshotter: Snapshotter,
    clock: Arc<dyn Clock>,
    interval: Duration,
) -> io::Result<Part> {
    let mut saved_at = clock.uptime();
    Part::start("inventory-snapshots", interval, move |_| {
        let now = clock.uptime();
        let age = Duration::from_millis(now.millis_since(saved_at));
        // A snapshot is what helps a log that cannot be read.
        let is_due = snapshotter.is_due(age).unwrap_or(true);
        // What fails is told to the observer, and the log has everything.
        if is_due && snapshotter.save().is_ok() {
            saved_at = now;
        }
        interval
    })
}
