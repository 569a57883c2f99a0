//! Where a replica stands.

use inventory_core::machine::Head;
use inventory_core::vocabulary::{Chain, Epoch, Sequence};

/// A position in central's log, and what tells whether central still has the same log there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Offset of the last event that was followed.
    pub offset: Sequence,
    /// The identity of the log's history.
    pub epoch: Epoch,
    /// Digest of the log up to the offset.
    pub chain: Chain,
}

impl Position {
    pub(super) fn of(head: Head, epoch: Epoch) -> Self {
        Self {
            offset: head.sequence,
            epoch,
            chain: head.chain,
        }
    }
}
