//! What the engine asks of the world. Small traits; each sentence of a contract that says *must* has a clause in
//! [`conformance`](crate::conformance), and each adapter runs every clause as a test of its own.

mod clock;
mod dead_letters;
mod event_log;
mod log_reader;
mod observer;
mod snapshots;
mod trail;
mod wanted;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

pub use clock::Clock;
pub use dead_letters::{CONTENT_BYTES_MAX, DeadLetter, DeadLetters, Resolution, Resolved};
pub use event_log::{AppendError, EventLog};
pub use log_reader::{Levels, LogReader, ReadError};
pub use observer::{Observation, Observer, Unobserved};
pub use snapshots::{LoadError, Loaded, Saved, Snapshot, SnapshotStore};
pub use trail::{Excerpt, Extent, Touch, Trail};
pub use wanted::Wanted;

/// The cause of a storage error, in the adapter's own terms.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Storage failed. What was being done, and why it failed.
#[derive(Debug, thiserror::Error)]
#[error("{operation} failed")]
pub struct StorageError {
    /// What was being done, as in "renaming state.json".
    pub operation: String,
    /// Why it failed.
    #[source]
    pub cause: Cause,
}

impl StorageError {
    /// An error of `operation`.
    pub fn new(operation: impl Into<String>, cause: impl Into<Cause>) -> Self {
        Self {
            operation: operation.into(),
            cause: cause.into(),
        }
    }
}

/// The adapters that one engine works with. Replace a field to replace a port.
pub struct Ports {
    /// Where events become durable.
    pub log: Box<dyn EventLog>,
    /// Where snapshots are kept.
    pub snapshots: Box<dyn SnapshotStore>,
    /// Where what cannot be applied is kept for a person.
    pub dead_letters: Box<dyn DeadLetters>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Who is told what happens.
    pub observer: Arc<dyn Observer>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}
