//! The keys of one caller: packed entries, one after the other.

use std::collections::VecDeque;
use std::sync::Arc;

use super::frozen::FrozenQueue;
use crate::machine::ledger::key_hash::text_hash;
use crate::machine::ledger::packed::{Unpacker, push_framed, split_framed};
use crate::vocabulary::{Caller, Sequence, Timestamp};

/// A chunk is shared with frozen windows from this size on. With an entry of usual size and its count of references it fits into 64 KiB:
/// allocators would round a little more up to 80.
const CHUNK_BYTES: usize = 63 * 1_024;

/// What a key takes in the index: a part of its hash, its place, and the room that a hash table leaves.
pub(super) const INDEX_BYTES: usize = 40;

/// The oldest entry of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Oldest {
    pub(super) first: Sequence,
    pub(super) recorded_at: Timestamp,
}

impl Oldest {
    fn of(packed: Unpacker<'_>) -> Self {
        let (first, recorded_at) = packed.moment();
        Self { first, recorded_at }
    }
}

/// Packed entries in the order of the log, each behind its length. Offsets count the bytes of all that the queue ever had.
///
/// ```text
///  full: VecDeque<(offset, Arc<[u8]>)>                tail: Vec<u8>, less than CHUNK_BYTES
///  [ forgotten │ remembered ... ][ ... ][ ... ]       [ ... newest ]
///              start                                  tail_start
/// ```
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) caller: Option<Caller>,
    full: VecDeque<(u64, Arc<[u8]>)>,
    tail: Vec<u8>,
    tail_start: u64,
    start: u64,
    /// Entries that the index names.
    pub(super) keys: usize,
    /// `None` when the queue is empty.
    pub(super) oldest: Option<Oldest>,
}

impl Queue {
    pub(super) fn new(caller: Option<Caller>) -> Self {
        Self {
            caller,
            full: VecDeque::new(),
            tail: Vec::new(),
            tail_start: 0,
            start: 0,
            keys: 0,
            oldest: None,
        }
    }

    /// Bytes of what is remembered, with what the index takes for it.
    pub(super) fn bytes(&self) -> usize {
        (self.end() - self.start) as usize + self.keys * INDEX_BYTES
    }

    /// Appends an entry and returns its offset.
    pub(super) fn push(&mut self, packed: &[u8]) -> u64 {
        let offset = self.end();
        self.oldest
            .get_or_insert_with(|| Oldest::of(Unpacker { rest: packed }));
        push_framed(&mut self.tail, packed);
        self.keys += 1;
        if self.tail.len() >= CHUNK_BYTES {
            self.full
                .push_back((self.tail_start, self.tail.as_slice().into()));
            self.tail_start += self.tail.len() as u64;
            match self.tail.capacity() > 2 * CHUNK_BYTES {
                true => self.tail = Vec::new(),
                false => self.tail.clear(),
            }
        }
        offset
    }

    /// The entry at an offset that `push` gave.
    pub(super) fn at(&self, offset: u64) -> Unpacker<'_> {
        let chunk = match offset >= self.tail_start {
            true => None,
            false => {
                let after = self.full.partition_point(|(start, _)| *start <= offset);
                after.checked_sub(1).and_then(|at| self.full.get(at))
            }
        };
        let (start, bytes) = match chunk {
            Some((start, bytes)) => (*start, &**bytes),
            None => (self.tail_start, &*self.tail),
        };
        let (rest, _) = split_framed(&bytes[(offset - start) as usize..]);
        Unpacker { rest }
    }

    /// All bytes from the oldest entry to the end of its chunk.
    fn first(&self) -> &[u8] {
        let (start, bytes) = match self.full.front() {
            Some((start, bytes)) => (*start, &**bytes),
            None => (self.tail_start, &*self.tail),
        };
        &bytes[(self.start - start) as usize..]
    }

    /// Takes the oldest entry out, and returns its offset and the hash of its key.
    pub(super) fn pop(&mut self) -> (u64, u64) {
        let offset = self.start;
        let first = self.first();
        let (rest, after) = split_framed(first);
        let hash = text_hash(self.caller.as_ref(), Unpacker { rest }.key());
        self.start += (first.len() - after.len()) as u64;
        self.drop_forgotten();
        self.oldest = (self.start < self.end()).then(|| {
            let (rest, _) = split_framed(self.first());
            Oldest::of(Unpacker { rest })
        });
        (offset, hash)
    }

    fn drop_forgotten(&mut self) {
        let next_chunk = self
            .full
            .get(1)
            .map_or(self.tail_start, |(start, _)| *start);
        if !self.full.is_empty() {
            if self.start >= next_chunk {
                self.full.pop_front();
            }
            return;
        }
        // What is forgotten at the beginning of the tail is given up once it is the larger part: each byte is moved once
        // for each that was forgotten.
        let forgotten = (self.start - self.tail_start) as usize;
        if forgotten > self.tail.len() / 2 {
            self.tail.drain(..forgotten);
            self.tail.shrink_to(2 * self.tail.len());
            self.tail_start = self.start;
        }
    }

    fn end(&self) -> u64 {
        self.tail_start + self.tail.len() as u64
    }

    /// What is remembered, without the entries at some offsets.
    pub(super) fn freeze(&self, without: impl Iterator<Item = u64>) -> FrozenQueue {
        let first = self
            .full
            .front()
            .map_or(self.tail_start, |(start, _)| *start);
        FrozenQueue {
            caller: self.caller.clone(),
            full: self
                .full
                .iter()
                .map(|(_, chunk)| Arc::clone(chunk))
                .collect(),
            tail: self.tail.clone(),
            skip: (self.start - first) as usize,
            without: without.map(|offset| (offset - first) as usize).collect(),
        }
    }

    /// Bytes that the queue has asked the system for.
    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        let full: usize = self.full.iter().map(|(_, chunk)| chunk.len()).sum();
        full + self.tail.capacity()
    }
}
