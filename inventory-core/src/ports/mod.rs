//! What the engine asks of the world. Small traits; each sentence of a contract that says *must* has a clause in
//! [`conformance`](crate::conformance), and each adapter runs every clause as a test of its own.

mod clock;
mod dead_letters;
mod entry_filter;
mod error;
mod event_log;
mod log_reader;
mod observer;
mod read_error;
mod snapshots;
mod wanted;

use std::fmt;
use std::sync::Arc;

pub use clock::Clock;
pub use dead_letters::{CONTENT_BYTES_MAX, DeadLetter, DeadLetters, Resolution, Resolved};
pub use entry_filter::{EntryFilter, Excerpt, Extent, Touch};
pub use error::{Cause, StorageError};
pub use event_log::{AppendError, EventLog};
pub use log_reader::{Levels, LogReader};
pub use observer::{Observation, Observer, Unobserved};
pub use read_error::ReadError;
pub use snapshots::{LoadError, Loaded, Saved, Snapshot, SnapshotStore};
pub use wanted::Wanted;

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
