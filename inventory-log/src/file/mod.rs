//! File adapter: one directory with an event log, its snapshots and its dead letters, as lines of JSON.
//!
//! ```text
//!  events-00000000000000000001.log.jsonl    sealed segments, the oldest first
//!  events-00000000000000000001.index        what is where in a sealed segment: a cache of it
//!  events.log.jsonl                         the active segment
//!  state.json, state.older.json             the two newest snapshots
//!  deadletter.jsonl                         what could not be used
//! ```
//!
//! `FORMAT.md` has the bytes, the invariants and what is assumed of the disk.

mod dead_letters;
mod error;
mod finding;
mod handle;
mod header;
mod index;
pub mod inspect;
mod lines;
mod log;
mod names;
mod options;
mod reader;
mod recovery;
mod restart;
mod scan;
mod segment;
mod snapshot;
mod snapshot_file;
mod store;
mod survey;

pub use dead_letters::FileDeadLetters;
pub use error::{Damage, OpenError};
pub use finding::{Finding, FindingKind};
pub use log::FileLog;
pub use options::FileOptions;
pub use snapshot::FileSnapshots;
pub use store::{FileStore, open, open_dead_letters, open_on};
