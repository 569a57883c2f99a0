//! Why a part of the log cannot be read.

use super::{Cause, StorageError};
use crate::vocabulary::Sequence;

/// Why a part of the log cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The position is no longer kept.
    #[error("positions up to {floor} have been purged")]
    Purged {
        /// The position before the oldest one that can be read.
        floor: Sequence,
    },
    /// Acknowledged data is damaged: it can be read neither now nor later.
    #[error("the log is damaged after position {after}")]
    Damaged {
        /// The last position before the damage.
        after: Sequence,
        /// Where, and what is wrong.
        #[source]
        cause: Cause,
    },
    /// Nobody waits for the answer any more, so the search was not finished.
    #[error("nobody waits for the answer any more")]
    GivenUp,
    /// Storage failed; trying again may help.
    #[error(transparent)]
    Failed(StorageError),
}
