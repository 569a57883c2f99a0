//! A window as it was at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use rapidhash::RapidHashMap;

use super::KeysForgotten;
use crate::machine::Entry;
use crate::machine::ledger::packed::Unpacker;
use crate::machine::ledger::{Arena, Product};
use crate::vocabulary::{Caller, Sequence, StoreId, Timestamp};

/// The keys of one caller, as they were.
#[derive(Debug, Clone, Default)]
pub(super) struct FrozenQueue {
    pub(super) caller: Option<Caller>,
    pub(super) full: Vec<Arc<[u8]>>,
    pub(super) tail: Vec<u8>,
    /// Bytes of the first chunk that are forgotten.
    pub(super) skip: usize,
    /// Offsets from the first byte of the first chunk of entries that are forgotten too; in order.
    pub(super) without: Vec<usize>,
}

/// A window as it was at one moment, sharing its chunks with the live one.
#[derive(Debug, Clone, Default)]
pub(in crate::machine) struct FrozenWindow {
    pub(super) queues: Vec<FrozenQueue>,
    pub(super) len: usize,
    pub(super) forgotten: KeysForgotten,
    /// Where the queue of a caller is, while a window is built from what was read back.
    by_caller: RapidHashMap<Option<Caller>, usize>,
}

impl FrozenWindow {
    pub(super) fn of(queues: Vec<FrozenQueue>, len: usize, forgotten: KeysForgotten) -> Self {
        Self {
            queues,
            len,
            forgotten,
            by_caller: RapidHashMap::default(),
        }
    }

    /// Adds the packed entry that follows in the order of the log.
    pub(in crate::machine) fn push(&mut self, caller: Option<&Caller>, packed: &[u8]) {
        let at = match self.by_caller.get(&caller.cloned()) {
            Some(&at) => at,
            None => {
                self.by_caller.insert(caller.cloned(), self.queues.len());
                self.queues.push(FrozenQueue {
                    caller: caller.cloned(),
                    ..FrozenQueue::default()
                });
                self.queues.len() - 1
            }
        };
        self.queues[at].tail.extend_from_slice(packed);
        self.len += 1;
    }

    /// The window, once all that was read back is in it.
    pub(in crate::machine) fn finish(self, forgotten: KeysForgotten) -> Self {
        Self::of(self.queues, self.len, forgotten)
    }

    /// The same entries, none of them later than `latest`.
    pub(in crate::machine) fn set_back(&self, latest: Timestamp) -> Self {
        let mut set_back = Self::default();
        let mut earlier = Vec::new();
        for (caller, packed) in self.packed() {
            earlier.clear();
            Unpacker { rest: packed }.copy_until(latest, &mut earlier);
            set_back.push(caller, &earlier);
        }
        set_back.finish(KeysForgotten {
            until: self.forgotten.until.min(latest),
            ..self.forgotten
        })
    }

    pub(in crate::machine) fn len(&self) -> usize {
        self.len
    }

    pub(in crate::machine) fn forgotten(&self) -> KeysForgotten {
        self.forgotten
    }

    /// The remembered entries, oldest first.
    pub(in crate::machine) fn entries<'a>(
        &'a self,
        products: &'a Arena<Product>,
        stores: &'a Arena<StoreId>,
    ) -> impl Iterator<Item = Entry> + use<'a> {
        self.packed()
            .map(|(caller, packed)| Unpacker { rest: packed }.entry(caller, products, stores))
    }

    /// The packed entries of all callers, oldest first.
    pub(super) fn packed(&self) -> impl Iterator<Item = (Option<&Caller>, &[u8])> {
        let mut next: BTreeMap<Sequence, Cursor<'_>> = self
            .queues
            .iter()
            .filter_map(|queue| Cursor::start(queue).next())
            .collect();
        std::iter::from_fn(move || {
            let (_, cursor) = next.pop_first()?;
            let found = (cursor.queue.caller.as_ref(), cursor.packed);
            next.extend(cursor.next());
            Some(found)
        })
    }
}

/// A packed entry of a queue, and where the one after it is.
struct Cursor<'a> {
    queue: &'a FrozenQueue,
    packed: &'a [u8],
    /// Number of the chunk of the next entry, and where that chunk starts.
    chunk: usize,
    chunk_start: usize,
    /// Offset of the next entry in its chunk.
    at: usize,
}

impl<'a> Cursor<'a> {
    fn start(queue: &'a FrozenQueue) -> Self {
        Self {
            queue,
            packed: &[],
            chunk: 0,
            chunk_start: 0,
            at: queue.skip,
        }
    }

    /// The next entry that counts, by its position in the log.
    fn next(mut self) -> Option<(Sequence, Self)> {
        loop {
            let full = self.queue.full.get(self.chunk);
            let bytes: &'a [u8] = full.map_or(&self.queue.tail, |chunk| chunk);
            if self.at == bytes.len() {
                full?;
                self.chunk += 1;
                self.chunk_start += bytes.len();
                self.at = 0;
                continue;
            }
            let start = Unpacker {
                rest: &bytes[self.at..],
            };
            let mut end = start;
            end.skip();
            let length = start.rest.len() - end.rest.len();
            let offset = self.chunk_start + self.at;
            self.packed = &start.rest[..length];
            self.at += length;
            if self.queue.without.binary_search(&offset).is_err() {
                return Some((start.moment().0, self));
            }
        }
    }
}
