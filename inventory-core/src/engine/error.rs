//! What can go wrong around the machine, and whose move it is.

use std::error::Error;
use std::sync::Arc;

use super::Leap;
use crate::machine::Break;
use crate::ports::{LoadError, ReadError, StorageError};
use crate::vocabulary::{Epoch, Sequence};

/// Why a group of requests was not answered. It may be shared by many callers.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// Nothing of the group was written, and the engine goes on: the same requests may be sent again.
    #[error("nothing was written; the same request may be sent again")]
    NotWritten {
        /// Why, for instance a full disk.
        #[source]
        cause: Arc<dyn Error + Send + Sync>,
    },
    /// The clock has leapt ahead, and nobody knows yet whether it is right. Nothing of the group was decided, and the engine
    /// goes on: the same requests may be sent again.
    #[error("nothing was done, since the clock may be wrong: {0}")]
    ClockLeapt(Leap),
    /// Some of the group may be durable. The engine has stopped; once it is opened again, the same keys settle it.
    #[error("it is unknown what was written; the engine has stopped and must be opened again")]
    OutcomeUnknown {
        /// Why, for instance a failed fsync.
        #[source]
        cause: Arc<dyn Error + Send + Sync>,
    },
    /// Another engine writes to the log. Nothing of the group was written; this engine has stopped for good.
    #[error("another engine has written to the log, which ends at {head}; this engine has stopped")]
    Fenced {
        /// The end of the log.
        head: Sequence,
    },
    /// The engine had stopped before it got to the group. Nothing of the group was written.
    #[error("the engine has stopped and must be opened again")]
    Stopped,
}

impl EngineError {
    /// Whether requests of the group may have been applied, so that only their keys can tell.
    pub fn outcome_is_unknown(&self) -> bool {
        match self {
            Self::OutcomeUnknown { .. } => true,
            Self::NotWritten { .. } | Self::ClockLeapt(_) | Self::Fenced { .. } | Self::Stopped => {
                false
            }
        }
    }

    /// Whether the engine answers requests that come later.
    pub fn engine_goes_on(&self) -> bool {
        match self {
            Self::NotWritten { .. } | Self::ClockLeapt(_) => true,
            Self::OutcomeUnknown { .. } | Self::Fenced { .. } | Self::Stopped => false,
        }
    }
}

const OR_QUARANTINE: &str =
    ": restore a backup, or open with Recovery::Quarantine to go on with what is left";

/// Why an engine did not start. Nothing that counts was changed: at most, the log's adapter has put aside what an
/// interrupted write had left.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Acknowledged positions are missing from the log.
    #[error(
        "the log has no positions {} to {}{OR_QUARANTINE}",
        after.next(),
        before.number().saturating_sub(1)
    )]
    Missing {
        /// Last position before the loss.
        after: Sequence,
        /// First position after it.
        before: Sequence,
    },
    /// The log ends before its snapshot: acknowledged events are gone.
    #[error("the log ends at {log}, before its snapshot at {snapshot}{OR_QUARANTINE}")]
    LogEndsBeforeSnapshot {
        /// The end of the log.
        log: Sequence,
        /// The position of the snapshot.
        snapshot: Sequence,
    },
    /// The log goes on from something else than what it, or the snapshot, says before.
    #[error("log and snapshot are of different histories: restore both from one backup")]
    OtherHistory {
        /// Where they part.
        #[source]
        at: Break,
    },
    /// The snapshot belongs to another log.
    #[error(
        "the snapshot is of epoch {snapshot}, the log of epoch {log}: restore both from one backup"
    )]
    ForeignSnapshot {
        /// Epoch of the snapshot.
        snapshot: Epoch,
        /// Epoch of the log.
        log: Epoch,
    },
    /// The snapshot cannot be read, and the log does not go back to its first event.
    #[error(
        "the snapshot cannot be used, and the log has no positions up to {floor}{OR_QUARANTINE}"
    )]
    Snapshot {
        /// The position before the oldest one that the log keeps.
        floor: Sequence,
        /// What is wrong with the snapshot.
        #[source]
        cause: LoadError,
    },
    /// The clock is more than a year ahead of the log's last entry. Put it right, or accept that time with
    /// [`Settings::accept_time`](super::Settings::accept_time).
    #[error("{0}")]
    ClockAhead(Leap),
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[source] ReadError),
    /// Storage failed while the findings of the start were written down; starting again repeats it.
    #[error("the findings of the start could not be written down")]
    Storage(#[source] StorageError),
}

impl OpenError {
    /// Whether acknowledged data is damaged, so that a backup is needed, or [`Recovery::Quarantine`](super::Recovery)
    /// where the message says so.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Missing { .. }
            | Self::LogEndsBeforeSnapshot { .. }
            | Self::OtherHistory { .. }
            | Self::ForeignSnapshot { .. }
            | Self::Log(ReadError::Damaged { .. } | ReadError::Purged { .. })
            | Self::Snapshot {
                cause: LoadError::Damaged { .. },
                ..
            } => true,
            Self::Snapshot {
                cause: LoadError::NewerFormat { .. } | LoadError::Failed(_),
                ..
            }
            | Self::ClockAhead(_)
            | Self::Log(ReadError::Failed(_) | ReadError::GivenUp)
            | Self::Storage(_) => false,
        }
    }
}
