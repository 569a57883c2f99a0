//! The index of the active segment, which grows with it.

use std::mem;
use std::sync::Arc;

use inventory_core::machine::Entry;
use inventory_core::vocabulary::{Sequence, StoreId};

use super::indexes::Place;
use super::key::{Key, Subject, push_keys};
use super::stores::Stores;
use super::table::Table;

/// Keys after which a chunk is closed. Searches share closed chunks; they look at the open one while the writer waits.
const CHUNK_KEYS: usize = 4_096;

/// The keys of the active segment, in the order of its lines.
///
/// ```text
///  found, read when somebody searches │ chunk │ chunk │ ... │ open
///  when the segment was opened        │ fed by the writer, group by group
/// ```
#[derive(Debug)]
pub(super) struct Tail {
    first: Sequence,
    generation: u64,
    found: Found,
    chunks: Vec<Arc<[Key]>>,
    open: Vec<Key>,
    stores: Stores,
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

/// What a search needs of a tail.
#[derive(Debug)]
pub(super) struct View {
    chunks: Vec<Arc<[Key]>>,
    open: Vec<Key>,
    pub(super) stores: Arc<Vec<StoreId>>,
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
            stores: Stores::default(),
        }
    }

    pub(super) fn found(&self) -> Found {
        self.found
    }

    /// Takes the keys of entries that are durable, with the offsets of their lines.
    pub(super) fn feed(&mut self, entries: &[Arc<Entry>], offsets: &[u64]) {
        for (entry, &offset) in entries.iter().zip(offsets) {
            push_keys(&mut self.open, &mut self.stores, entry, offset);
            if self.open.len() >= CHUNK_KEYS {
                let chunk = mem::replace(&mut self.open, Vec::with_capacity(CHUNK_KEYS));
                self.chunks.push(chunk.into());
            }
        }
    }

    /// Takes the keys of what was found, unless it has them.
    pub(super) fn take_found(&mut self, table: &Table) {
        if let Found::Read { .. } = self.found {
            return;
        }
        let number = |store| self.stores.number(store);
        let numbers: Vec<u32> = table.stores.iter().map(number).collect();
        let renumbered = table.keys.iter().map(|key| {
            let number = numbers.get(key.store() as usize);
            number.map_or(*key, |&number| key.with_store(number))
        });
        self.chunks.insert(0, renumbered.collect());
        self.found = Found::Read { whole: table.whole };
    }

    /// What a search for a subject needs. The writer waits no longer than that takes.
    pub(super) fn view(&self, subject: Subject) -> View {
        let open = self.open.iter().copied();
        View {
            chunks: self.chunks.clone(),
            open: open.filter(|key| key.is_of(subject)).collect(),
            stores: Arc::clone(self.stores.ids()),
        }
    }

    /// Whether the keys of all positions are there.
    pub(super) fn is_whole(&self) -> bool {
        self.found == Found::Read { whole: true }
    }

    /// The segment that it is of.
    pub(super) fn place(&self) -> Place {
        (self.generation, self.first)
    }

    /// All keys that are there, in the order of the lines.
    pub(super) fn table(&self) -> Table {
        let chunks = self.chunks.iter().map(|chunk| &**chunk);
        let chunks: Vec<&[Key]> = chunks.chain([&self.open[..]]).collect();
        Table {
            keys: chunks.concat(),
            stores: Arc::clone(self.stores.ids()),
            whole: self.is_whole(),
        }
    }
}

impl View {
    /// The keys of the subject whose lines start before `end`, in the order of the lines.
    pub(super) fn keys(self, subject: Subject, end: u64) -> Vec<Key> {
        let chunks = self.chunks.iter().flat_map(|chunk| chunk.iter().copied());
        let keys = chunks.filter(|key| key.is_of(subject)).chain(self.open);
        keys.filter(|key| key.offset() < end).collect()
    }
}
