//! How long a reservation is to last.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::{OutOfRange, Timestamp};

/// Longest life of a reservation, extensions included: a day, in seconds.
pub const TTL_SECONDS_MAX: u64 = 24 * 60 * 60;

/// How long a reservation is to last from now on: 1 to [`TTL_SECONDS_MAX`] seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Ttl(u64);

impl Ttl {
    /// The longest.
    pub const MAX: Self = Self(TTL_SECONDS_MAX);

    /// Parses a number of seconds.
    ///
    /// # Errors
    ///
    /// It is zero, or more than [`TTL_SECONDS_MAX`].
    pub fn new(seconds: u64) -> Result<Self, OutOfRange> {
        match seconds {
            1..=TTL_SECONDS_MAX => Ok(Self(seconds)),
            _ => Err(OutOfRange {
                min: 1,
                max: TTL_SECONDS_MAX as i64,
            }),
        }
    }

    /// The number of seconds.
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// The moment at which what begins at `start` ends.
    pub fn after(self, start: Timestamp) -> Timestamp {
        start.plus_millis(self.0 * 1_000)
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
