//! The log as followers get it: each event is encoded once, whoever reads it, and whoever waits costs no thread.
//!
//! ```text
//!  engine's feed ──▶ Recent: encoded events, shared ──▶ pages, streams
//!        │                 older ones: read from the log, for one follower
//!        └── one wake-up per group ──▶ Bell ──▶ everybody who is parked
//! ```

mod bell;
mod body;
mod claim;
mod encoded;
mod follower;
mod large;
mod page;
mod recent;

pub(crate) use body::SnapshotBody;
pub(crate) use claim::{Claim, gone};
pub(crate) use follower::Feed;
pub(crate) use page::PageBody;
