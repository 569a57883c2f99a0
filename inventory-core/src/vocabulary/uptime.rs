//! Time that only goes on.

use std::fmt;

/// How long a machine has been up, in milliseconds, the time in which it was suspended included. Two readings of one boot
/// say how much time lies between them, whatever was done to the wall clock; one alone says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Uptime(u64);

impl Uptime {
    /// The reading after so many milliseconds.
    pub fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the boot.
    pub fn millis(self) -> u64 {
        self.0
    }

    /// The reading `millis` later.
    pub fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this reading; 0 when it is not earlier.
    pub fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Uptime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms up", self.0)
    }
}
