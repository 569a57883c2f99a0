//! What an embedder chooses, and what the engine bounds by itself.

use crate::machine::{Portion, WindowLimits};
use crate::vocabulary::Timestamp;

/// What to do when acknowledged data is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recovery {
    /// Refuse to start and change nothing: a person decides.
    #[default]
    Strict,
    /// Start with what is left, under a new epoch, with the loss recorded. Every product is quarantined, known or not, until
    /// its numbers are proved: by what is left of the log after the loss, or by a count.
    Quarantine,
}

/// How an engine is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// How long and how many idempotency keys are remembered.
    pub window: WindowLimits,
    /// Events that the log keeps at least, once a snapshot covers them; `None` keeps all.
    pub retain_events: Option<u64>,
    /// What to do when acknowledged data is damaged.
    pub recovery: Recovery,
    /// A time that an operator has looked at and accepts: a clock within a day of it is believed although it is a year ahead
    /// of the log at a start, or has leapt by more than a day.
    pub accept_time: Option<Timestamp>,
}

impl Settings {
    /// The default window, all events kept, and no start on damage or with a clock that is far ahead.
    pub const fn new() -> Self {
        Self {
            window: WindowLimits::new(),
            retain_events: None,
            recovery: Recovery::Strict,
            accept_time: None,
        }
    }

    /// With other limits of how much is remembered.
    #[must_use]
    pub const fn with_window(mut self, window: WindowLimits) -> Self {
        self.window = window;
        self
    }

    /// With so many events kept in the log; `None` keeps all.
    #[must_use]
    pub const fn with_retain_events(mut self, retain_events: Option<u64>) -> Self {
        self.retain_events = retain_events;
        self
    }

    /// With another way to meet damage.
    #[must_use]
    pub const fn with_recovery(mut self, recovery: Recovery) -> Self {
        self.recovery = recovery;
        self
    }

    /// With a time that an operator accepts.
    #[must_use]
    pub const fn with_accept_time(mut self, accept_time: Option<Timestamp>) -> Self {
        self.accept_time = accept_time;
        self
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

/// Bounds that nobody needs to choose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Events read from the log at once while recovering: a few hundred kilobytes.
    pub(super) recovery_page_events: usize,
    /// Pages that are read ahead of the one that is followed.
    pub(super) recovery_pages_ahead: usize,
    /// Events assigned under one hold of the ledger's lock: a reader waits for well under a millisecond.
    pub(super) publish_events: usize,
    /// What is due and written with a group that does not see it: less than a millisecond of its time, so that a request that
    /// comes alone is not held up by what it does not see.
    pub(super) expire: Portion,
    /// Newest events kept in memory for subscribers, which then need not read the log: no more than stays in the
    /// processor's cache, since the writer passes over all of it again and again.
    pub(super) tail_events: usize,
}

pub(super) const LIMITS: Limits = Limits {
    recovery_page_events: 4_096,
    recovery_pages_ahead: 2,
    publish_events: 256,
    expire: Portion {
        levels: 64,
        deadlines: 1_024,
        lines: 64,
    },
    tail_events: 4_096,
};
