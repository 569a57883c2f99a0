//! Why stock changed.

use std::fmt;
use std::str::FromStr;

use super::text::as_text;

/// Why stock changed, as whoever changed it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Somebody bought it.
    Sale,
    /// Somebody brought it back.
    Return,
    /// A delivery came in.
    Receipt,
    /// Somebody put a mistake right.
    Correction,
    /// Somebody counted.
    Count,
    /// It broke.
    Damage,
    /// It is gone.
    Loss,
    /// It went from one store to another.
    Transfer,
    /// Something else: the note may say what.
    Other,
}

impl Reason {
    /// All reasons, in an order that never changes.
    pub const ALL: [Self; 9] = [
        Self::Sale,
        Self::Return,
        Self::Receipt,
        Self::Correction,
        Self::Count,
        Self::Damage,
        Self::Loss,
        Self::Transfer,
        Self::Other,
    ];

    /// The name in logs and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sale => "sale",
            Self::Return => "return",
            Self::Receipt => "receipt",
            Self::Correction => "correction",
            Self::Count => "count",
            Self::Damage => "damage",
            Self::Loss => "loss",
            Self::Transfer => "transfer",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text is not the name of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be sale, return, receipt, correction, count, damage, loss, transfer or other")]
pub struct InvalidReason;

impl FromStr for Reason {
    type Err = InvalidReason;

    fn from_str(text: &str) -> Result<Self, InvalidReason> {
        let mut all = Self::ALL.into_iter();
        all.find(|reason| reason.name() == text)
            .ok_or(InvalidReason)
    }
}

as_text!(Reason);
