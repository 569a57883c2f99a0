//! Who is told what happens, so that the core needs no telemetry of its own.

use super::AppendError;
use crate::machine::{Head, Poison};
use crate::vocabulary::Span;

/// Something that happened in the engine.
#[derive(Debug)]
#[non_exhaustive]
pub enum Observation<'a> {
    /// A group of requests was decided and, when it had events, is about to be appended.
    GroupDecided {
        /// Requests in the group.
        requests: usize,
        /// Requests that were refused.
        refused: usize,
        /// Requests without a key that had nothing to change.
        unchanged: usize,
        /// Requests whose key had been used for the same intent.
        replayed: usize,
        /// Events to append.
        events: usize,
    },
    /// A group was refused without being looked at, since the clock has leapt.
    ClockLeapt {
        /// Requests in the group.
        requests: usize,
        /// How far it is ahead of what the time that has passed explains.
        ahead: Span,
    },
    /// The append of the group has ended.
    GroupAppended {
        /// Why the group is not durable, or may not be; `None` when it is.
        failure: Option<&'a AppendError>,
    },
    /// The group is visible to readers.
    GroupPublished {
        /// The new end of the log.
        head: Head,
        /// Keys forgotten before their age, since the ledger began.
        keys_evicted_early: u64,
    },
    /// An event could not be applied.
    DeadLettered {
        /// The event.
        poison: &'a Poison,
    },
    /// A snapshot is durable.
    SnapshotSaved {
        /// The position that it stands for.
        head: Head,
        /// What it takes, as its store says.
        bytes: u64,
    },
    /// A snapshot could not be saved; the one before still counts.
    SnapshotSkipped {
        /// What was wrong.
        reason: &'a (dyn std::error::Error + 'static),
    },
    /// The log was let give up old positions.
    Purged,
    /// The log could not give up old positions; it will be tried again.
    PurgeSkipped {
        /// What was wrong.
        reason: &'a (dyn std::error::Error + 'static),
    },
}

/// Told of each observation, on the thread where it is made. Must be quick and must not call the engine.
pub trait Observer: Send + Sync {
    /// Takes note.
    fn observe(&self, observation: &Observation<'_>);
}

/// Takes note of nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn observe(&self, _observation: &Observation<'_>) {}
}
