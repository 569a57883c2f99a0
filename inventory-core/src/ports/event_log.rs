//! The event log: the one place where a fact becomes durable.

use std::sync::Arc;

use super::{Cause, LogReader, StorageError};
use crate::machine::{Entry, Head};
use crate::vocabulary::{Epoch, Sequence};

/// An ordered, durable list of entries with compare-and-append.
///
/// ```text
///        floor                       head
///  ── ─ ──┤ 41 │ 42  43 │ 44 │ ... │ n │      positions are contiguous, entries are whole
///  purged └── one entry per box ───────┘
/// ```
///
/// - `append` must make all entries durable, in order, before it returns `Ok`.
/// - `append` must write nothing unless `expected` is the head: two engines on one log cannot both succeed.
/// - After `AppendError::NotWritten` the log must be as it was, and must take a later append.
/// - After `AppendError::OutcomeUnknown` every further append must fail with it: what is durable is known only to the
///   next one to open the log.
/// - An entry must be read back as it was appended, whole, and with its chain.
/// - An entry must not be readable before it is durable.
/// - `purge` must keep every position above `through`, and may keep more; the head must stay.
/// - After `restart` the log must be empty above the given head, under the given epoch, and take an append there.
/// - Opened again, the log must have the epoch, the head and the entries that it had.
pub trait EventLog: Send {
    /// The identity of the log's history.
    fn epoch(&self) -> Epoch;

    /// The end of the log: of all that is durable.
    fn head(&self) -> Head;

    /// Whether every acknowledged position above the floor is there. A log that was opened in spite of damage says no,
    /// until it is restarted.
    fn is_whole(&self) -> bool {
        true
    }

    /// Appends entries, whose positions follow `expected`.
    ///
    /// # Errors
    ///
    /// See [`AppendError`]: each variant says what is in the log now.
    fn append(&mut self, expected: Sequence, entries: &[Arc<Entry>]) -> Result<(), AppendError>;

    /// A reader of the same log, for other threads. It sees what is appended later.
    fn reader(&self) -> Arc<dyn LogReader>;

    /// Gives up the positions up to `through`, which a durable snapshot must cover: a part of them where all would take long,
    /// since callers wait for it. It is called again after each append.
    ///
    /// # Errors
    ///
    /// Some of the positions are still there; the rest of the log is as it was.
    fn purge(&mut self, through: Sequence) -> Result<(), StorageError>;

    /// Sets the history aside and goes on after `head` under another epoch. Doing it twice is doing it once.
    ///
    /// # Errors
    ///
    /// The log is either as it was or restarted; opening it again tells which.
    fn restart(&mut self, head: Head, epoch: Epoch) -> Result<(), StorageError>;
}

/// What is in the log after an append that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Somebody else has written: the log ends at `head`. Nothing of ours is there. This engine must stop.
    #[error("the log ends at {head}: another engine has written to it")]
    Conflict {
        /// The end of the log.
        head: Sequence,
    },
    /// Nothing of the group is there, and the log goes on: the same append may be tried again.
    #[error("nothing was written")]
    NotWritten {
        /// Why, for instance a full disk.
        #[source]
        cause: Cause,
    },
    /// Any prefix of the group may be durable. Nobody knows before the log is opened again.
    #[error("it is unknown what was written")]
    OutcomeUnknown {
        /// Why, for instance a failed fsync.
        #[source]
        cause: Cause,
    },
}
