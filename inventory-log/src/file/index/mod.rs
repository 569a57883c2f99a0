//! Where the lines of a product, or of a reference, are: an index for each segment.
//!
//! ```text
//!  append ─ feed ─▶ Tail ─── seal ───▶ Sidecar          of the active segment, in memory; of a sealed one, on disk
//!                    │                    │
//!                    └──▶ Indexes ◀───────┤             what all readers share
//!                            │            └── Table     out of the segment itself, when there is no good sidecar
//!                            ▼
//!                         Cursor ──▶ Key, Key, ...      of one subject in one segment, to be looked up and compared
//! ```
//!
//! An index is never the truth. What it names is read in the log, and what is wrong with it is made anew.

mod cursor;
mod indexes;
mod key;
mod sidecar;
mod stores;
mod table;
mod tail;

pub(super) use cursor::{Cursor, Span};
pub(super) use indexes::Indexes;
pub(super) use key::{Key, Subject};
