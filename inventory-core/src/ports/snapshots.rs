//! Snapshots: what makes recovery short, and all there is of what the log has given up.

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

/// A snapshot that is durable now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// How many bytes it takes; 0 where that means nothing.
    pub bytes: u64,
    /// The position through which the log may be given up: that of the oldest snapshot that `load` may fall back to.
    pub purge_through: Sequence,
}

/// A snapshot that was found.
#[derive(Debug)]
pub struct Loaded {
    /// The newest one that can be used.
    pub snapshot: Snapshot,
    /// What is wrong with a newer one, when there is one that cannot be used.
    pub newer_damaged: Option<Cause>,
    /// As in [`Saved`]: the start of the log, as long as it is not known that another snapshot could be used.
    pub purge_through: Sequence,
}

/// Keeps the newest snapshot, and the one before it where snapshots can be damaged: without what the log has given up, one
/// flipped bit would be the end of the stock.
///
/// ```text
///  purged ──┤ purge_through            newest                 head
///           └ the snapshot before ───┴ the newest ────────┴ the log
/// ```
///
/// - `save` must have made the snapshot durable when it returns `Ok`.
/// - Until then, and when it fails, `load` must find the snapshot before it.
/// - When the newest snapshot is damaged, `load` must find one that is no older than the `purge_through` that was returned
///   last, and say that it did.
/// - `purge_through` must not be later than the snapshot that was saved or loaded.
/// - `save` must not replace a snapshot of a later position in the same epoch, which an engine would try that has been
///   fenced and does not know it yet.
/// - `load` must find the newest saved snapshot, as it was saved.
pub trait SnapshotStore: Send {
    /// Replaces the snapshot.
    ///
    /// # Errors
    ///
    /// Storage failed, or a later snapshot is there. The snapshot before is still the one that is loaded.
    fn save(&mut self, snapshot: &Snapshot) -> Result<Saved, StorageError>;

    /// Bytes that the snapshot takes that was saved or loaded last; 0 where that means nothing, and before the first one.
    fn size(&self) -> u64 {
        0
    }

    /// The newest snapshot that can be used, if one was ever saved.
    ///
    /// # Errors
    ///
    /// See [`LoadError`]; nothing was changed.
    fn load(&mut self) -> Result<Option<Loaded>, LoadError>;
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

/// Why no snapshot can be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
