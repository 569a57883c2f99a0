//! What became of each line of a request whose lines may be skipped.

use std::fmt;
use std::str::FromStr;

use crate::vocabulary::named::named;

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowOutcome {
    /// It wrote the first event of its level.
    Created,
    /// It wrote an event.
    Updated,
    /// It wrote nothing.
    Skipped(Skip),
}

named! {
    /// Why a line wrote nothing.
    pub enum Skip {
        /// The product is at another version.
        Stale = "stale",
        /// The level is what was said.
        Unchanged = "unchanged",
        /// More is reserved than was said.
        BelowReserved = "below_reserved",
    }

    /// A text does not say why a line wrote nothing.
    pub struct InvalidSkip;
}

impl RowOutcome {
    /// All outcomes, in an order that never changes.
    pub(crate) const ALL: [Self; 5] = [
        Self::Created,
        Self::Updated,
        Self::Skipped(Skip::Stale),
        Self::Skipped(Skip::Unchanged),
        Self::Skipped(Skip::BelowReserved),
    ];

    /// The name in logs and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Skipped(skip) => skip.name(),
        }
    }

    /// Whether the line wrote nothing.
    pub fn is_skipped(self) -> bool {
        match self {
            Self::Created | Self::Updated => false,
            Self::Skipped(_) => true,
        }
    }
}

impl fmt::Display for RowOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text is not the name of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the name of an outcome")]
pub struct InvalidRowOutcome;

impl FromStr for RowOutcome {
    type Err = InvalidRowOutcome;

    fn from_str(text: &str) -> Result<Self, InvalidRowOutcome> {
        let mut all = Self::ALL.into_iter();
        all.find(|outcome| outcome.name() == text)
            .ok_or(InvalidRowOutcome)
    }
}

#[cfg(feature = "serde")]
crate::vocabulary::as_text!(RowOutcome);
