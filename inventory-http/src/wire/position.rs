//! Where a follower stands in central's log.

use std::fmt;
use std::str::FromStr;

use inventory_core::machine::Head;
use inventory_core::vocabulary::{Chain, Epoch, Sequence};
use serde::{Deserialize, Serialize};

/// Most digits of an offset: all that a log can reach, and no number that a `u64` could not hold.
const OFFSET_DIGITS_MAX: usize = 19;

/// A place in central's log, and what tells whether central still has the same log there.
///
/// As a text, `epoch.offset.chain`, it is the id of an event in a stream: where a follower stands once it has the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The last event that the follower has.
    pub offset: Sequence,
    /// The history that the offset is of.
    pub epoch: Epoch,
    /// The digest of that history up to the offset.
    pub chain: Chain,
}

impl Position {
    /// The end of a log.
    pub fn of(head: Head, epoch: Epoch) -> Self {
        Self {
            offset: head.sequence,
            epoch,
            chain: head.chain,
        }
    }
}

/// A text is not a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an epoch, an offset and a chain with dots between them")]
pub struct InvalidPosition;

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.epoch, self.offset, self.chain)
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let (epoch, rest) = text.split_once('.').ok_or(InvalidPosition)?;
        let (offset, chain) = rest.split_once('.').ok_or(InvalidPosition)?;
        let digits = offset.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || offset.len() > OFFSET_DIGITS_MAX {
            return Err(InvalidPosition);
        }
        Ok(Self {
            offset: Sequence::new(offset.parse().map_err(|_| InvalidPosition)?),
            epoch: epoch.parse().map_err(|_| InvalidPosition)?,
            chain: chain.parse().map_err(|_| InvalidPosition)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_back_and_nothing_else_is() {
        let position = Position {
            offset: Sequence::new(1 << 40),
            epoch: Epoch::from_random(7),
            chain: Chain::from_bits(9),
        };
        let text = position.to_string();
        assert_eq!(text.parse(), Ok(position));
        let (epoch, chain) = (position.epoch, position.chain);
        for bad in [
            "".to_owned(),
            format!("{epoch}.1"),
            format!("{epoch}..{chain}"),
            format!("{epoch}.+1.{chain}"),
            format!("{epoch}.{}.{chain}", "1".repeat(20)),
            format!("{text}."),
        ] {
            assert_eq!(bad.parse::<Position>(), Err(InvalidPosition), "{bad}");
        }
    }
}
