//! Takes snapshots beside the writer.

use std::fmt;
use std::sync::Arc;

use super::reader::Published;
use crate::machine::{Head, Ledger};
use crate::ports::{Observation, Observer, Snapshot, SnapshotStore, StorageError};
use crate::vocabulary::Sequence;

/// Saves the published ledger. Freezing it costs the writer microseconds, whatever its size; writing it costs the writer
/// nothing.
pub struct Snapshotter {
    pub(super) published: Arc<Published>,
    pub(super) store: Box<dyn SnapshotStore>,
    pub(super) observer: Arc<dyn Observer>,
}

impl fmt::Debug for Snapshotter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshotter")
            .field("saved", &self.saved())
            .finish_non_exhaustive()
    }
}

impl Snapshotter {
    /// The position of the newest snapshot that is durable.
    pub fn saved(&self) -> Sequence {
        self.published.snapshot()
    }

    /// Saves a snapshot, unless the newest one is of the same position. From then on the log may give up what the
    /// snapshot covers and [`Settings::retain_events`](super::Settings) does not keep.
    ///
    /// # Errors
    ///
    /// The snapshot before still counts, and so does the log that it needs.
    pub fn save(&mut self) -> Result<Head, StorageError> {
        let image = self.published.read(Ledger::freeze);
        let head = image.head();
        if head.sequence == self.saved() {
            return Ok(head);
        }
        let snapshot = Snapshot {
            epoch: self.published.epoch,
            replaces: None,
            image,
        };
        let saved = self.store.save(&snapshot);
        match &saved {
            &Ok(bytes) => {
                self.published.snapshot_saved(head.sequence);
                let saved = Observation::SnapshotSaved { head, bytes };
                self.observer.observe(&saved);
            }
            Err(reason) => self
                .observer
                .observe(&Observation::SnapshotSkipped { reason }),
        }
        saved.map(|_bytes| head)
    }
}
