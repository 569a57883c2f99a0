//! Search index of a segment: where the lines of a product, or of a reference, are.
//!
//! ```text
//!  append ─ feed ─▶ Tail ─ seal ─▶ Unwritten ─ snapshot ─▶ Sidecar      in memory first, then on disk
//!                    │                │                       │
//!                    └──▶ Indexes ◀───┴───────────────────────┤          what all readers share
//!                            │                                └─ Table   out of the segment, without a good sidecar
//!                            ▼
//!                         Finder ──▶ offsets of lines          of subjects in one segment, to be looked up and compared
//! ```
//!
//! An index is never the truth. What it names is read in the log, and what is wrong with it is made anew.

mod finder;
mod indexes;
mod key;
mod marks;
mod sidecar;
mod source;
mod table;
mod tail;
#[cfg(all(test, feature = "testing"))]
mod tests;
mod unwritten;

pub(super) use finder::Finder;
pub(super) use indexes::{Indexes, bytes_of};
pub(super) use key::Subject;
