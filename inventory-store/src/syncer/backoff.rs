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

/// SplitMix64 (Sebastiano Vigna, public domain): small, and equal everywhere for equal seeds.
#[derive(Debug, Clone)]
pub(crate) struct Jitter {
    state: u64,
}

impl Jitter {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Some part of a duration, in whole milliseconds.
    fn share(&mut self, whole: Duration) -> Duration {
        let millis = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX - 1);
        Duration::from_millis(self.draw() % (millis + 1))
    }

    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}
