//! The identity of one history.

use std::fmt;
use std::str::FromStr;

use super::text::as_text;
use super::{Digest, Fields as _, Sequence, Timestamp};

/// A random id, written when a log is created or its history is restarted. Two logs with the same epoch share a history
/// up to the shorter of the two, unless their chains differ.
///
/// As text: 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(u128);

/// A text is not an epoch: 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 lower-case hexadecimal digits")]
pub struct InvalidEpoch;

impl Epoch {
    /// The epoch with these bits, which the caller took from a source of randomness.
    pub fn from_random(bits: u128) -> Self {
        Self(bits)
    }

    /// The epoch that follows when history is restarted after `at`.
    ///
    /// Derived rather than random, so that a restart that was interrupted finds the same successor; it differs for every
    /// predecessor, position and moment.
    pub fn successor(self, at: Sequence, now: Timestamp) -> Self {
        let half = |salt: u64| {
            let mut digest = Digest::new();
            digest.bytes(&self.0.to_le_bytes());
            digest.number(at.number());
            digest.number(now.millis());
            digest.number(salt);
            u128::from(digest.finish())
        };
        Self(half(0) << 64 | half(1))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Epoch {
    type Err = InvalidEpoch;

    fn from_str(text: &str) -> Result<Self, InvalidEpoch> {
        let digits = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 32 || !text.bytes().all(digits) {
            return Err(InvalidEpoch);
        }
        u128::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| InvalidEpoch)
    }
}

as_text!(Epoch);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_epoch_are_the_same_thing() {
        let epoch = Epoch::from_random(0xabc);
        assert_eq!(epoch.to_string().parse(), Ok(epoch));
        assert_eq!(epoch.to_string().len(), 32);
        for bad in ["", "abc", &"A".repeat(32), &"+".repeat(32)] {
            assert_eq!(bad.parse::<Epoch>(), Err(InvalidEpoch));
        }
    }

    #[test]
    fn a_successor_differs_from_its_predecessor_and_by_moment() {
        let (epoch, now) = (Epoch::from_random(7), Timestamp::from_millis(1).unwrap());
        let next = epoch.successor(Sequence::new(3), now);
        assert_ne!(next, epoch);
        assert_ne!(next, epoch.successor(Sequence::new(4), now));
        assert_eq!(next, epoch.successor(Sequence::new(3), now));
    }
}
