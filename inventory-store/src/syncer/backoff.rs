//! Sleeps that double, with jitter.

use std::time::Duration;

/// Sleeps that double from the least to the most until they are reset.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    next: Duration,
}

impl Backoff {
    /// At least a millisecond counts for the least, and at least that for the most.
    pub(crate) fn new(min: Duration, max: Duration) -> Self {
        let min = min.max(Duration::from_millis(1));
        Self {
            min,
            max: max.max(min),
            next: min,
        }
    }

    /// The next sleep: from half of its longest to all of it, so that many stores do not come back in step.
    pub(crate) fn next(&mut self, jitter: &mut Jitter) -> Duration {
        let longest = self.next;
        self.next = longest.saturating_mul(2).min(self.max);
        longest / 2 + jitter.share(longest / 2)
    }

    pub(crate) fn reset(&mut self) {
        self.next = self.min;
    }
}

/// Chance that follows from a seed.
#[derive(Debug, Clone)]
pub(crate) struct Jitter(fastrand::Rng);

impl Jitter {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// Some part of a duration, in whole milliseconds.
    fn share(&mut self, whole: Duration) -> Duration {
        let millis = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.0.u64(..=millis))
    }
}
