//! The replica on disk: files that trail what is in memory, so that a start needs no network.
//!
//! ```text
//!  data directory (locked)
//!    store_state.json     the replica with its own position: the truth, when it is whole
//!    store_offset.json    the same position for a person; written after the state, so it only ever trails
//!    outbox.log.jsonl     see the outbox
//! ```
//!
//! Losing the state file costs a snapshot from central, nothing else; so damage to it is a reason, not an error.

mod envelope;
mod error;
mod files;
mod schedule;

pub use envelope::Cached;
pub use error::{Absence, SaveError};
pub use files::CacheFiles;
pub use schedule::SaveSchedule;
