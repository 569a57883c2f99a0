//! A stop ends, whatever the disk does.

use std::time::Duration;

/// What a service that stops has waited for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{part} had not ended after {waited:?} and was given up: what was answered is on disk, and what was not is \
     unknown until the next start"
)]
pub struct GivenUp {
    /// What has not ended.
    pub part: &'static str,
    /// How long it had.
    pub waited: Duration,
}

impl GivenUp {
    /// How long a service that stops waits for a disk that hangs, or for one that is slow, after an append of which nobody waits
    /// longer than for `patience`: a copy of everything is saved once more, which is larger.
    pub fn after(patience: Duration) -> Duration {
        patience * 2
    }

    /// Gives a part up, and says so in the log.
    pub fn log(part: &'static str, waited: Duration) -> Self {
        let given_up = Self { part, waited };
        tracing::error!("{given_up}");
        given_up
    }
}
