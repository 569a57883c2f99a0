//! A window as it was at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::forgotten::KeysForgotten;
use crate::machine::ledger::packed::{Unpacker, split_framed};
use crate::vocabulary::{Caller, Sequence};

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
}

impl FrozenWindow {
    pub(in crate::machine) fn len(&self) -> usize {
        self.len
    }

    pub(in crate::machine) fn forgotten(&self) -> KeysForgotten {
        self.forgotten
    }

    /// The packed entries of all callers, oldest first.
    pub(in crate::machine) fn packed(&self) -> impl Iterator<Item = (Option<&Caller>, &[u8])> {
        let mut others: BTreeMap<Sequence, Cursor<'_>> = self
            .queues
            .iter()
            .filter_map(|queue| Cursor::start(queue).next())
            .collect();
        let mut current = others.pop_first();
        std::iter::from_fn(move || {
            let (_, cursor) = current.take()?;
            let found = (cursor.queue.caller.as_ref(), cursor.packed);
            let next = cursor.next();
            // Mostly the same caller goes on: often there is no other.
            let goes_on = |(first, _): &(Sequence, _)| {
                others
                    .first_key_value()
                    .is_none_or(|(other, _)| first < other)
            };
            current = match next {
                Some(next) if goes_on(&next) => Some(next),
                next => {
                    others.extend(next);
                    others.pop_first()
                }
            };
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
            let offset = self.chunk_start + self.at;
            let (packed, after) = split_framed(&bytes[self.at..]);
            self.packed = packed;
            self.at = bytes.len() - after.len();
            if self.queue.without.binary_search(&offset).is_err() {
                return Some((Unpacker { rest: packed }.moment().0, self));
            }
        }
    }
}
