//! How much waits, for how long, and what a stale version leads to.

use std::str::FromStr;
use std::time::Duration;

/// Bounds of the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxLimits {
    /// Intents that wait. At a few hundred bytes each, the default is a few megabytes and a busy store's day.
    pub intents_max: usize,
    /// How long an intent is sent. What was sent without an answer is parked earlier, when central has forgotten keys since.
    pub age_max: Duration,
    /// Parked intents at which nothing more is queued, so that somebody looks. What is queued already can still be
    /// parked: there are never more than this plus `intents_max`.
    pub parked_max: usize,
}

impl Default for OutboxLimits {
    fn default() -> Self {
        Self {
            intents_max: 10_000,
            age_max: Duration::from_secs(6 * 24 * 60 * 60),
            parked_max: 1_000,
        }
    }
}

/// What happens to an intent whose version central has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnConflict {
    /// It waits for a person.
    Park,
    /// It is sent again without a version: a sale that has happened must reach the books, and stock that is there is still
    /// not oversold.
    #[default]
    Rebase,
}

/// A text is neither `park` nor `rebase`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be park or rebase")]
pub struct InvalidOnConflict;

impl FromStr for OnConflict {
    type Err = InvalidOnConflict;

    fn from_str(text: &str) -> Result<Self, InvalidOnConflict> {
        match text {
            "park" => Ok(Self::Park),
            "rebase" => Ok(Self::Rebase),
            _ => Err(InvalidOnConflict),
        }
    }
}
