//! Inspection of a data directory, also while another process writes to it: no lock is kept, and no byte is written.
//!
//! ```text
//!  Pinned   opens every file at one moment: an open file stays readable, whatever becomes of its name
//!  View     what the log has at that moment: epoch, floor, head, segments, snapshots, dead letters
//!    ├─ each_record   goes through the log
//!    ├─ verify        reads every byte, and compares what can be compared
//!    └─ copy          writes all of it to another directory, as it is or under a new epoch
//!  Follower  goes on from a position, for as long as somebody looks
//! ```
//!
//! What the last append is writing right now is seen or not, a request as a whole. It is durable once
//! [`View::sync`] has returned.

mod compare;
mod copy;
mod fault;
mod follower;
mod letters;
mod pinned;
mod record;
mod verify;
mod view;

pub use copy::{Copied, CopyError, copy};
pub use fault::{Fault, FaultKind};
pub use follower::{Followed, Follower};
pub use record::Record;
pub use verify::{Verified, verify};
pub use view::{Depth, SegmentSize, SnapshotFile, View};
