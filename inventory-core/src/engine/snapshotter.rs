//! Takes snapshots beside the writer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::EngineError;
use super::growth::Growth;
use super::reader::Published;
use crate::defect;
use crate::machine::{Head, Ledger};
use crate::ports::{
    Observation, Observer, ReadError, Saved, Snapshot, SnapshotStore, StorageError,
};
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

    /// Whether a snapshot is worth what it costs to write: the log has grown by a quarter of the last one, or an hour has
    /// passed with changes. `age` says how long ago the last one was saved, or the engine was opened.
    ///
    /// # Errors
    ///
    /// The log cannot say how much it has grown.
    pub fn is_due(&self, age: Duration) -> Result<bool, ReadError> {
        let (saved, head) = (self.saved(), self.published.read(Ledger::head).sequence);
        let growth = Growth {
            has_grown: head > saved,
            log_bytes: self.published.log.bytes_after(saved)?,
            snapshot_bytes: self.store.size(),
            age,
        };
        Ok(growth.is_enough())
    }

    /// Saves a snapshot, unless the newest one is of the same position. From then on the log may give up what every snapshot
    /// covers that a start could need, and [`Settings::retain_events`](super::Settings) does not keep.
    ///
    /// # Errors
    ///
    /// The snapshot before still counts, and so does the log that it needs. So it is once the engine has stopped: a panic may
    /// have left half of an entry in its ledger.
    pub fn save(&mut self) -> Result<Head, StorageError> {
        let published = &self.published;
        let image = published.read(|ledger| (!published.is_stopped()).then(|| ledger.freeze()));
        let Some(image) = image else {
            let stopped = StorageError::new("saving a snapshot", EngineError::Stopped);
            let reason = &stopped;
            self.observer
                .observe(&Observation::SnapshotSkipped { reason });
            return Err(stopped);
        };
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
        let head = match defect!(SnapshotCountedAsNewer) {
            true => self.published.read(Ledger::head),
            false => head,
        };
        match &saved {
            &Ok(Saved {
                bytes,
                purge_through,
            }) => {
                self.published.snapshot_saved(head.sequence, purge_through);
                let saved = Observation::SnapshotSaved { head, bytes };
                self.observer.observe(&saved);
            }
            Err(reason) => self
                .observer
                .observe(&Observation::SnapshotSkipped { reason }),
        }
        saved.map(|_saved| head)
    }
}
