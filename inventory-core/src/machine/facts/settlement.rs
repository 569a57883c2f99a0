//! What has become of the units that a transfer lost on its way.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// How a transfer that did not arrive as a whole was settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[serde(rename_all = "lowercase")]
pub enum Settlement {
    /// What is missing came back to the store that shipped it.
    Returned,
    /// What is missing is gone.
    Lost,
}

impl Settlement {
    /// The name in logs and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Returned => "returned",
            Self::Lost => "lost",
        }
    }
}

impl fmt::Display for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text is not the name of a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be returned or lost")]
pub struct InvalidSettlement;

impl FromStr for Settlement {
    type Err = InvalidSettlement;

    fn from_str(text: &str) -> Result<Self, InvalidSettlement> {
        match text {
            "returned" => Ok(Self::Returned),
            "lost" => Ok(Self::Lost),
            _ => Err(InvalidSettlement),
        }
    }
}
