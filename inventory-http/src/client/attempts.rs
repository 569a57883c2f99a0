//! When the same key is sent again: no I/O, no deadlines.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::error::{CallError, Effect, Retry};

/// How long to wait between attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// After the first attempt; each later wait is twice the one before.
    pub first: Duration,
    /// The longest wait, unless central asks for a longer one.
    pub most: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(50),
            most: Duration::from_secs(2),
        }
    }
}

/// Where the jitter comes from: each call gives 64 random bits.
#[derive(Clone)]
pub struct Randomness(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Randomness {
    /// Bits of the operating system. When it has none to give, the waits have no jitter.
    pub fn of_system() -> Self {
        Self::from_fn(|| {
            let mut bits = [0; 8];
            let _ = getrandom::fill(&mut bits);
            u64::from_le_bytes(bits)
        })
    }

    /// Bits of a function.
    pub fn from_fn(bits: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(bits))
    }

    pub(super) fn bits(&self) -> u64 {
        (self.0)()
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Randomness(..)")
    }
}

/// No setting makes attempts a tight loop.
const WAIT_MIN: Duration = Duration::from_millis(2);

/// What is known after the attempts so far.
#[derive(Debug)]
pub(super) struct Attempts {
    backoff: Backoff,
    step: Duration,
    /// Whether one of them may have been done. Only an answer that knows the key takes it back, and ends the attempts.
    unknown: bool,
}

/// What comes after an attempt that failed.
#[derive(Debug)]
pub(super) enum Next {
    /// Another one, after a wait.
    Again(Duration),
    /// None: this is the answer.
    Enough(CallError),
}

impl Attempts {
    pub(super) fn new(backoff: Backoff) -> Self {
        Self {
            backoff,
            step: backoff.first,
            unknown: false,
        }
    }

    /// What comes after an attempt that failed, when so much time is left.
    pub(super) fn after(&mut self, error: CallError, left: Duration, random: u64) -> Next {
        let error = match self.unknown {
            true => error.after_unknown(),
            false => error,
        };
        self.unknown = error.effect() == Effect::Unknown;
        let wait = self.wait(error.retry_after(), random);
        match error.retry() {
            Retry::Helps if wait < left => Next::Again(wait),
            Retry::Helps | Retry::Useless => Next::Enough(error),
        }
    }

    /// Half the step and a random part of the other half: callers that failed together do not come back together. What
    /// central asks for comes on top, and is never cut short.
    fn wait(&mut self, asked: Option<Duration>, random: u64) -> Duration {
        let step = self.step.max(WAIT_MIN);
        self.step = step.saturating_mul(2).min(self.backoff.most);
        let part = (random >> 32) as f64 / f64::from(u32::MAX);
        let jittered = step / 2 + (step / 2).mul_f64(part);
        asked.unwrap_or_default().saturating_add(jittered)
    }
}

#[cfg(test)]
mod tests {
    use super::super::error::Failure;
    use super::*;
    use crate::wire::{Code, ErrorBody};

    const LEFT: Duration = Duration::from_secs(60);

    fn refused(code: Code) -> CallError {
        CallError::Refused {
            status: code.status().as_u16(),
            error: Box::new(ErrorBody {
                code,
                message: "no".into(),
                details: Vec::new(),
                current: None,
                position: None,
            }),
            body: bytes::Bytes::new(),
            retry_after: None,
        }
    }

    fn lost() -> CallError {
        Effect::Unknown.failed(Failure::AnswerTimeout, None)
    }

    fn away() -> CallError {
        Effect::NothingDone.failed(Failure::ConnectTimeout, None)
    }

    /// What is said in the end, when there is no time for another attempt after the last of these.
    fn end(errors: Vec<CallError>) -> (usize, Effect) {
        let (mut attempts, count) = (Attempts::new(Backoff::default()), errors.len());
        for (at, error) in errors.into_iter().enumerate() {
            let left = if at + 1 == count {
                Duration::ZERO
            } else {
                LEFT
            };
            if let Next::Enough(error) = attempts.after(error, left, 0) {
                return (at + 1, error.effect());
            }
        }
        panic!("no time was left");
    }

    #[test]
    fn an_attempt_that_may_have_been_done_is_remembered_until_its_key_was_looked_up() {
        use Effect::{NothingDone, Unknown};
        for (errors, expected) in [
            (vec![away(), away()], (2, NothingDone)),
            (vec![lost(), away()], (2, Unknown)),
            (vec![away(), lost(), away(), away()], (4, Unknown)),
            (vec![lost(), refused(Code::Conflict)], (2, NothingDone)),
            (vec![lost(), refused(Code::RateLimited)], (2, Unknown)),
            (
                vec![lost(), refused(Code::Unauthorized), away()],
                (2, Unknown),
            ),
            (vec![refused(Code::Unauthorized), away()], (1, NothingDone)),
            (vec![refused(Code::RateLimited), away()], (2, NothingDone)),
        ] {
            let shown = format!("{errors:?}");
            assert_eq!(end(errors), expected, "{shown}");
        }
    }

    #[test]
    fn waits_double_up_to_a_bound_and_have_a_random_half() {
        let waits = |random| {
            let mut attempts = Attempts::new(Backoff {
                first: Duration::from_millis(100),
                most: Duration::from_millis(400),
            });
            std::array::from_fn(|_| match attempts.after(away(), LEFT, random) {
                Next::Again(wait) => wait.as_millis(),
                Next::Enough(error) => panic!("{error}"),
            })
        };
        assert_eq!(waits(0), [50, 100, 200, 200]);
        assert_eq!(waits(u64::MAX), [100, 200, 400, 400]);
    }

    #[test]
    fn what_central_asks_for_is_waited_for_or_nothing_is() {
        let asked = |seconds| {
            let source = Failure::AnswerTimeout;
            Effect::Unknown.failed(source, Some(Duration::from_secs(seconds)))
        };
        let mut attempts = Attempts::new(Backoff::default());
        let next = attempts.after(asked(7), LEFT, 0);
        assert!(matches!(next, Next::Again(wait) if wait >= Duration::from_secs(7)));
        let next = attempts.after(asked(61), LEFT, 0);
        assert!(matches!(next, Next::Enough(CallError::Unknown { .. })));
    }
}
