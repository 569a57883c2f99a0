//! Codec probe: the codec of one line without a disk around it, for tests that feed it any bytes.

use inventory_core::machine::{Entry, Head};
use inventory_core::vocabulary::Sequence;

use super::{Line, decode, encode};
use crate::codec::interner::Interner;

/// A line that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodedRecord {
    /// First position of the append that wrote the line.
    pub group: Sequence,
    /// The head of a log that ends with the line, as recovery takes it from the frame alone.
    pub head: Option<Head>,
    /// The entry.
    pub entry: Entry,
}

/// The line of an entry that is written by the append whose first position is `group`, without its newline.
pub fn encode_record(entry: &Entry, group: Sequence) -> Vec<u8> {
    let mut line = Vec::new();
    encode(&mut line, entry, group);
    line.pop();
    line
}

/// Reads a line, which comes without its newline, as a reader of the log does; `None` when it is no record.
pub fn decode_record(line: &[u8]) -> Option<DecodedRecord> {
    let line = Line::parse(line)?;
    Some(DecodedRecord {
        group: line.group,
        head: line.head(),
        entry: decode(line.text, &mut Interner::default()).ok()?,
    })
}
