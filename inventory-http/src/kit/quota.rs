//! How many requests a key may make: a token bucket each.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// A bucket holds `tokens` and is filled evenly in `period`. A request takes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests in a period; 0 is no limit.
    pub tokens: u32,
    /// How long an empty bucket takes to fill.
    pub period: Duration,
}

/// What a bucket says to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Taken {
    pub(super) allowed: bool,
    /// Whole tokens that are left.
    pub(super) remaining: u64,
    /// Seconds until the bucket is full.
    pub(super) reset_s: u64,
    /// Seconds until there is a token.
    pub(super) retry_after_s: u64,
}

#[derive(Debug)]
pub(super) struct Bucket(Mutex<Level>);

#[derive(Debug)]
struct Level {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn full(quota: Quota, now: Instant) -> Self {
        Self(Mutex::new(Level {
            tokens: quota.tokens.into(),
            at: now,
        }))
    }

    pub(super) fn take(&self, quota: Quota, now: Instant) -> Taken {
        let size = f64::from(quota.tokens);
        let per_second = size / quota.period.as_secs_f64();
        let mut level = self.0.lock();
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
            remaining: level.tokens as u64,
            reset_s: seconds(size - level.tokens),
            retry_after_s: seconds(1.0 - level.tokens).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_tokens_and_is_filled_evenly() {
        let (quota, start) = (
            Quota {
                tokens: 3,
                period: Duration::from_secs(60),
            },
            Instant::now(),
        );
        let bucket = Bucket::full(quota, start);
        let at = |seconds| bucket.take(quota, start + Duration::from_secs(seconds));
        let remaining: Vec<_> = (0..3).map(|_| at(0).remaining).collect();
        assert_eq!(remaining, [2, 1, 0]);
        let refused = at(5);
        assert!(!refused.allowed);
        assert_eq!((refused.retry_after_s, refused.reset_s), (15, 55));
        assert!(at(20).allowed);
        assert!(!at(20).allowed);
        assert_eq!(at(1_000).remaining, 2);
    }
}
