//! Index of the active segment, which grows with it.

use std::mem;
use std::sync::Arc;

use inventory_core::machine::Entry;
use inventory_core::vocabulary::Sequence;

use super::key::{Key, push_keys};
use super::marks::{Mark, mark};
use super::table::{Table, sorted};
use crate::file::segment::SegmentId;

/// Keys after which a chunk is closed. Sorting so many takes a tenth of a millisecond, which the writer waits for.
const CHUNK_KEYS: usize = 8_192;

/// The keys of the active segment.
///
/// ```text
///  found, read when somebody searches │ chunk │ chunk │ ... │ open
///  when the segment was opened        │ fed by the writer, group by group
/// ```
///
/// **Invariant**: each chunk is sorted, so that a search looks at a few keys of it. The open one is in the order of lines.
#[derive(Debug)]
pub(super) struct Tail {
    first: Sequence,
    generation: u64,
    found: Found,
    chunks: Vec<Arc<[Key]>>,
    open: Vec<Key>,
    marks: Arc<Vec<Mark>>,
}

/// What the segment held when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nobody has asked for it yet.
    Unread {
        /// Its last position.
        last: Sequence,
        /// Where its last record ends.
        end: u64,
    },
    /// Its keys are in the first chunk, or it held nothing.
    Read {
        /// Whether no position is missing.
        whole: bool,
    },
}

/// What a search needs of a tail. The writer waits only for the open keys to be copied.
#[derive(Debug)]
pub(super) struct View {
    chunks: Vec<Arc<[Key]>>,
    open: Vec<Key>,
    pub(super) marks: Arc<Vec<Mark>>,
}

impl Tail {
    /// The tail of a segment that begins at `first`, and in which nothing was fed yet.
    pub(super) fn of(first: Sequence, generation: u64, found: Found) -> Self {
        Self {
            first,
            generation,
            found,
            chunks: Vec::new(),
            open: Vec::new(),
            marks: Arc::default(),
        }
    }

    pub(super) fn found(&self) -> Found {
        self.found
    }

    /// Takes the keys of entries that are durable, with the offsets of their lines.
    pub(super) fn feed(&mut self, entries: &[Arc<Entry>], offsets: &[u64]) {
        // Copied only while a search looks at those that there were.
        let marks = Arc::make_mut(&mut self.marks);
        for (entry, &offset) in entries.iter().zip(offsets) {
            push_keys(&mut self.open, entry, offset);
            let first = entry.first.number();
            mark(marks, Mark { first, offset }, entry.events.len());
            if self.open.len() >= CHUNK_KEYS {
                let chunk = mem::replace(&mut self.open, Vec::with_capacity(CHUNK_KEYS));
                self.chunks.push(sorted(chunk));
            }
        }
    }

    /// Takes the keys of what was found, unless it has them.
    pub(super) fn take_found(&mut self, table: &Table) {
        if let Found::Read { .. } = self.found {
            return;
        }
        self.chunks.insert(0, Arc::clone(&table.keys));
        let fed = mem::take(&mut self.marks);
        let marks = table.marks.iter().chain(fed.iter());
        self.marks = Arc::new(marks.copied().collect());
        self.found = Found::Read { whole: table.whole };
    }

    pub(super) fn view(&self) -> View {
        View {
            chunks: self.chunks.clone(),
            open: self.open.clone(),
            marks: Arc::clone(&self.marks),
        }
    }

    /// Whether the keys of all positions are there.
    pub(super) fn is_whole(&self) -> bool {
        self.found == Found::Read { whole: true }
    }

    /// The segment that it is of.
    pub(super) fn id(&self) -> SegmentId {
        (self.generation, self.first)
    }

    /// All keys that are there.
    pub(super) fn table(&self) -> Table {
        let chunks = self.chunks.iter().map(|chunk| &**chunk);
        let chunks: Vec<&[Key]> = chunks.chain([&self.open[..]]).collect();
        Table::of(chunks.concat(), Arc::clone(&self.marks), self.is_whole())
    }
}

impl View {
    /// The keys, in runs that are sorted.
    pub(super) fn runs(self) -> Vec<Arc<[Key]>> {
        let mut runs = self.chunks;
        runs.push(sorted(self.open));
        runs
    }
}
