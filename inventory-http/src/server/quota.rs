//! How many requests a key may make: a token bucket each.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How much keys may call. A request takes a token, unless its answer is one that was given before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests of a key in a period; 0 is no limit.
    pub tokens: u32,
    /// As [`Self::tokens`], of a key that is bound to stores: whoever stands at a till must not wait.
    pub store_tokens: u32,
    /// How long an empty bucket takes to fill.
    pub period: Duration,
}

/// What a bucket says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) allowed: bool,
    /// Tokens of a full bucket.
    pub(super) limit: u32,
    /// Whole tokens that are left.
    pub(super) remaining: u64,
    /// Seconds until the bucket is full.
    pub(super) reset_s: u64,
    /// Seconds until there is a token.
    pub(super) retry_after_s: u64,
}

/// A bucket holds so many tokens and is filled evenly in a period.
#[derive(Debug)]
pub(super) struct Bucket {
    tokens: u32,
    period: Duration,
    level: Mutex<Level>,
}

#[derive(Debug)]
struct Level {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket; `None` when there is no limit.
    pub(super) fn full(tokens: u32, period: Duration, now: Instant) -> Option<Self> {
        let level = Level {
            tokens: tokens.into(),
            at: now,
        };
        (tokens > 0).then(|| Self {
            tokens,
            period,
            level: Mutex::new(level),
        })
    }

    pub(super) fn take(&self, now: Instant) -> Taken {
        let size = f64::from(self.tokens);
        let per_second = size / self.period.as_secs_f64();
        let mut level = self.level.lock();
        let elapsed = now.saturating_duration_since(level.at).as_secs_f64();
        level.at = level.at.max(now);
        level.tokens = (level.tokens + elapsed * per_second).min(size);
        let allowed = level.tokens >= 1.0;
        if allowed {
            level.tokens -= 1.0;
        }
        let seconds = |missing: f64| (missing / per_second).ceil().max(0.0) as u64;
        Taken {
            allowed,
            limit: self.tokens,
            remaining: level.tokens as u64,
            reset_s: seconds(size - level.tokens),
            retry_after_s: seconds(1.0 - level.tokens).max(1),
        }
    }

    /// Gives a token back.
    pub(super) fn give_back(&self, taken: &mut Taken) {
        let mut level = self.level.lock();
        level.tokens = (level.tokens + 1.0).min(self.tokens.into());
        taken.remaining = level.tokens as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_tokens_and_is_filled_evenly() {
        let start = Instant::now();
        let bucket = Bucket::full(3, Duration::from_secs(60), start).unwrap();
        let at = |seconds| bucket.take(start + Duration::from_secs(seconds));
        let remaining: Vec<_> = (0..3).map(|_| at(0).remaining).collect();
        assert_eq!(remaining, [2, 1, 0]);
        let refused = at(5);
        assert!(!refused.allowed);
        assert_eq!((refused.retry_after_s, refused.reset_s), (15, 55));
        assert!(at(20).allowed);
        assert!(!at(20).allowed);
        assert_eq!(at(1_000).remaining, 2);
        let mut taken = at(1_000);
        bucket.give_back(&mut taken);
        assert_eq!((taken.remaining, at(1_000).remaining), (2, 1));
    }
}
