//! Moments of a clock that never goes back.

use std::time::Duration;

/// Milliseconds since some moment before the process started, the same one for all of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(u64);

impl Millis {
    /// The moment that many milliseconds after the first one.
    pub fn new(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the first moment.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The moment so much later, in whole milliseconds and never too early.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let millis = duration.as_nanos().div_ceil(1_000_000);
        Self(
            self.0
                .saturating_add(u64::try_from(millis).unwrap_or(u64::MAX)),
        )
    }

    /// How long after `earlier` this moment is; nothing when it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}
