//! Open errors: why a directory cannot be opened. Each variant is another person's task, and has its own exit status.

use inventory_core::ports::StorageError;
use inventory_core::vocabulary::Sequence;

use crate::disk::DirectoryError;

/// Why a directory was not opened. Nothing in it was changed, unless storage itself failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process, or another store of this one, has the directory.
    #[error("the data directory is in use: stop the other process, or choose another directory")]
    InUse,
    /// Acknowledged data is damaged.
    #[error(
        "{file} is damaged at byte {offset}; nothing was changed: restore the directory from a backup, \
         or open with Recovery::Quarantine to go on without what is lost"
    )]
    Damaged {
        /// The file.
        file: String,
        /// Where in the file the damage starts.
        offset: u64,
        /// What is wrong.
        #[source]
        damage: Damage,
    },
    /// A newer program has written the directory.
    #[error("{file} has format {found}, this program reads {known}: start the newer program")]
    NewerFormat {
        /// The file.
        file: String,
        /// Its format.
        found: u64,
        /// The format that is read.
        known: u64,
    },
    /// Storage failed. What was found is still there; opening again is safe.
    #[error(
        "the data directory cannot be opened: make sure that it can be written and that the disk works, then start again"
    )]
    Io(#[source] StorageError),
}

impl From<DirectoryError> for OpenError {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::InUse { .. } => Self::InUse,
            DirectoryError::Io { path, source } => {
                let operation = format!("opening the directory {}", path.display());
                Self::Io(StorageError::new(operation, source))
            }
        }
    }
}

/// What is wrong with a segment of the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The first line is not what was written.
    #[error("its header is not valid")]
    Header,
    /// The header names another place or history than the files around it.
    #[error("its header does not continue the segment before it, or does not fit its name")]
    Misplaced,
    /// Positions that were acknowledged are gone.
    #[error("positions {from} to {through} are missing")]
    Missing {
        /// First missing position.
        from: Sequence,
        /// Last missing position.
        through: Sequence,
    },
    /// The file does not end with padding, as every segment does: its end was cut off.
    #[error("it was cut off after position {after}")]
    CutOff {
        /// Last position that is still there.
        after: Sequence,
    },
    /// The log was closed in good order, and yet ends with bytes that are no record.
    #[error(
        "it was closed in good order, but what follows position {after} is not what was written"
    )]
    Tail {
        /// Last position that is still there.
        after: Sequence,
    },
    /// There are other files of a log, but not this one.
    #[error("it is missing")]
    NoFile,
}
