//! Positions in the log.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Position of an event in the log, contiguous from 1, given when the event is committed; 0 is the position before the
/// first event. On the wire it is the *offset*.
///
/// A log that grows by a million events a second reaches the end of this type after half a million years.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Sequence(u64);

impl Sequence {
    /// The position before the first event.
    pub const START: Self = Self(0);

    /// The position with this number.
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// The position as a number.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The position that many events later. Stays at the end of the type, which a damaged number may name.
    pub fn plus(self, events: u64) -> Self {
        Self(self.0.saturating_add(events))
    }

    /// The position that follows.
    pub fn next(self) -> Self {
        self.plus(1)
    }

    /// How many events lie after `earlier` up to this position; 0 when there are none.
    pub fn events_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
