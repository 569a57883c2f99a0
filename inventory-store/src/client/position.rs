//! Where a follower of central stands.

use inventory_core::vocabulary::{Chain, Epoch, Sequence};

/// Where a follower stands, as far as it knows. The more it says, the surer another history is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The last offset that it has.
    pub offset: Sequence,
    /// The history that the offset is of.
    pub epoch: Option<Epoch>,
    /// The digest of the log at the offset.
    pub chain: Option<Chain>,
}

impl Position {
    /// Before the first event of whatever history central has.
    pub const START: Self = Self {
        offset: Sequence::START,
        epoch: None,
        chain: None,
    };
}
