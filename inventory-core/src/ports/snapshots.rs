//! Snapshots: a cache of the log that makes recovery short.

use super::{Cause, StorageError};
use crate::machine::Image;
use crate::vocabulary::{Epoch, Sequence};

/// An image of a ledger, and the history that it belongs to.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The epoch of the log that the image's position is in.
    pub epoch: Epoch,
    /// The epoch that was given up when this snapshot was taken to restart a damaged history.
    pub replaces: Option<Epoch>,
    /// The ledger.
    pub image: Image,
}

/// Keeps the newest snapshot.
///
/// - `save` must have made the snapshot durable when it returns `Ok`.
/// - Until then, and when it fails, `load` must find the snapshot before it.
/// - `save` must not replace a snapshot of a later position in the same epoch, which an engine would try that has been
///   fenced and does not know it yet.
/// - `load` must find the newest saved snapshot, as it was saved.
pub trait SnapshotStore: Send {
    /// Replaces the snapshot. Returns how many bytes it takes; 0 where that means nothing.
    ///
    /// # Errors
    ///
    /// Storage failed, or a later snapshot is there. The snapshot before is still the one that is loaded.
    fn save(&mut self, snapshot: &Snapshot) -> Result<u64, StorageError>;

    /// Bytes that the snapshot takes that was saved or loaded last; 0 where that means nothing, and before the first one.
    fn size(&self) -> u64 {
        0
    }

    /// The newest snapshot, if one was ever saved.
    ///
    /// # Errors
    ///
    /// See [`LoadError`]; nothing was changed.
    fn load(&mut self) -> Result<Option<Snapshot>, LoadError>;
}

impl Snapshot {
    /// Checks that this snapshot may replace `before`, the one that is kept.
    ///
    /// # Errors
    ///
    /// The one that is kept is of the same epoch, and later.
    pub fn check_replaces(&self, before: (Epoch, Sequence)) -> Result<(), StorageError> {
        let (epoch, kept) = before;
        if epoch == self.epoch && kept > self.image.head().sequence {
            let cause = format!("a later one is kept, of position {kept}");
            return Err(StorageError::new("saving a snapshot", cause));
        }
        Ok(())
    }
}

/// Why a snapshot cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is a snapshot, but its bytes are not what was saved. The log may still have everything.
    #[error("the snapshot is damaged")]
    Damaged {
        /// Where, and what is wrong.
        #[source]
        cause: Cause,
    },
    /// The snapshot was written by a newer program.
    #[error("the snapshot has format {found}, this program reads {known}")]
    NewerFormat {
        /// Format of the snapshot.
        found: u64,
        /// The format that is read.
        known: u64,
    },
    /// Storage failed; trying again may help.
    #[error(transparent)]
    Failed(StorageError),
}
