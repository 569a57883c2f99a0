//! Where a follower of central stands.

use std::fmt;
use std::str::FromStr;

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

/// What the last event of a request is called in a stream: where a follower stands once it has it. As text:
/// `epoch.offset.chain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId {
    /// The history.
    pub epoch: Epoch,
    /// The offset.
    pub offset: Sequence,
    /// The digest of the log at the offset.
    pub chain: Chain,
}

/// A text is not the id of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an epoch, an offset and a chain with dots between them")]
pub struct InvalidEventId;

impl FromStr for EventId {
    type Err = InvalidEventId;

    fn from_str(text: &str) -> Result<Self, InvalidEventId> {
        let (epoch, rest) = text.split_once('.').ok_or(InvalidEventId)?;
        let (offset, chain) = rest.split_once('.').ok_or(InvalidEventId)?;
        if !offset.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidEventId);
        }
        Ok(Self {
            epoch: epoch.parse().map_err(|_| InvalidEventId)?,
            offset: Sequence::new(offset.parse().map_err(|_| InvalidEventId)?),
            chain: chain.parse().map_err(|_| InvalidEventId)?,
        })
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.epoch, self.offset, self.chain)
    }
}
