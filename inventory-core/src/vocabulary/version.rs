//! Optimistic concurrency: the version of a product, which a command may demand.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::{OutOfRange, QUANTITY_MAX};

/// How often a product was written: 0 = never, +1 for each event that touches any of its levels. It never goes down.
///
/// At most 2^53 - 1, like every number that a JSON client may have to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Version(u64);

impl Version {
    /// The version of a product that was never written.
    pub const NEVER_WRITTEN: Self = Self(0);

    /// Parses a version.
    ///
    /// # Errors
    ///
    /// `number` is above 2^53 - 1.
    pub fn new(number: u64) -> Result<Self, OutOfRange> {
        if number > QUANTITY_MAX {
            return Err(OutOfRange {
                min: 0,
                max: QUANTITY_MAX as i64,
            });
        }
        Ok(Self(number))
    }

    /// The version as a number.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The version that follows; `None` at the last one.
    pub fn next(self) -> Option<Self> {
        Self::new(self.0 + 1).ok()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}
