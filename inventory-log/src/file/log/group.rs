//! Group commit: the bytes of a group that is about to be written with one write and one sync.

use std::sync::Arc;

use inventory_core::defect;
use inventory_core::machine::Entry;
use inventory_core::vocabulary::Sequence;

use crate::codec::record;

/// Bytes that are kept whatever a group needs: those of a busy moment, with what is prepared behind them.
pub(super) const BYTES_KEPT: usize = 1 << 20;

/// Lines of a group of so many bytes.
const LINES_KEPT: usize = BYTES_KEPT / 256;

/// The records of a group, and what is prepared behind them. Its memory is used again, so that a small group allocates
/// nothing.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) bytes: Vec<u8>,
    /// Where each record will start.
    pub(super) offsets: Vec<u64>,
}

impl Group {
    /// Encodes entries that will be written at `end` of the file.
    pub(super) fn encode(&mut self, entries: &[Arc<Entry>], first: Sequence, end: u64) {
        self.bytes.clear();
        self.offsets.clear();
        for entry in entries {
            self.offsets.push(end + self.bytes.len() as u64);
            let group = match defect!(GroupNotRecorded) {
                true => entry.first,
                false => first,
            };
            record::encode(&mut self.bytes, entry, group);
        }
    }

    /// Gives back what a large group before has needed and this one has not: one import in the morning must not take its room all
    /// day, but those that follow each other keep it.
    pub(super) fn give_back(&mut self) {
        if self.bytes.len() < self.bytes.capacity() / 4 {
            self.bytes.shrink_to(BYTES_KEPT);
        }
        self.bytes.clear();
        if self.offsets.len() < self.offsets.capacity() / 4 {
            self.offsets.shrink_to(LINES_KEPT);
        }
        self.offsets.clear();
    }
}
