//! The keys that were used not long ago, with what was written under them.

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rapidhash::RapidHashMap;

use super::packed::Unpacker;
use super::{Arena, Product};
use crate::machine::Entry;
use crate::vocabulary::{IdempotencyKey, StoreId, Timestamp};

/// A chunk is shared with frozen windows from this size on.
const CHUNK_BYTES: usize = 64 * 1_024;

/// How long and how many keys are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowLimits {
    /// Age in milliseconds after which a key may be forgotten; it is, when a later key is remembered. Must be longer
    /// than a client keeps trying.
    pub age_ms: u64,
    /// Keys that are remembered at most; beyond it the oldest goes before its age.
    pub keys_max: usize,
}

impl Default for WindowLimits {
    /// Seven days, a million keys.
    fn default() -> Self {
        Self {
            age_ms: 7 * 24 * 60 * 60 * 1_000,
            keys_max: 1_000_000,
        }
    }
}

/// Where a packed entry stands: chunks are numbered from the first one that ever was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Position {
    chunk: u32,
    offset: u32,
}

/// The idempotency window: a queue of packed entries by time, with an index by key.
///
/// ```text
///  full: VecDeque<Arc<[u8]>>                          tail: Vec<u8>, less than CHUNK_BYTES
///  [ forgotten │ remembered ... ][ ... ][ ... ]       [ ... newest ]
///    └ skip bytes of the first chunk (chunk number first_chunk)
/// ```
///
/// **Invariant**: `index` and `clashes` together name exactly the entries from `skip` on.
#[derive(Debug)]
pub(in crate::machine) struct Window {
    limits: WindowLimits,
    /// By the hash that a key carries.
    index: RapidHashMap<u64, Position>,
    /// Keys whose hash is that of an earlier one: hardly ever any.
    clashes: BTreeMap<IdempotencyKey, Position>,
    full: VecDeque<Arc<[u8]>>,
    tail: Vec<u8>,
    first_chunk: u32,
    skip: usize,
    evicted_early: u64,
}

impl Window {
    pub(in crate::machine) fn new(limits: WindowLimits) -> Self {
        Self {
            limits,
            index: RapidHashMap::default(),
            clashes: BTreeMap::new(),
            full: VecDeque::new(),
            tail: Vec::new(),
            first_chunk: 0,
            skip: 0,
            evicted_early: 0,
        }
    }

    pub(in crate::machine) fn len(&self) -> usize {
        self.index.len() + self.clashes.len()
    }

    pub(in crate::machine) fn evicted_early(&self) -> u64 {
        self.evicted_early
    }

    /// The packed entry that was written under a key.
    pub(in crate::machine) fn find(&self, key: &IdempotencyKey) -> Option<Unpacker<'_>> {
        let indexed = self.index.get(&key.hash_bits()).map(|&at| self.at(at));
        indexed
            .filter(|packed| packed.key() == key.as_str())
            .or_else(|| self.clashes.get(key).map(|&at| self.at(at)))
    }

    /// Remembers an entry under its key, and forgets what is too old or too many by then.
    ///
    /// A key that is still remembered is left as it was: what was written first is the answer.
    pub(in crate::machine) fn remember(
        &mut self,
        key: &IdempotencyKey,
        at: Timestamp,
        packed: &[u8],
    ) {
        let position = Position {
            chunk: self.first_chunk + self.full.len() as u32,
            offset: self.tail.len() as u32,
        };
        let indexed = match self.index.entry(key.hash_bits()) {
            Slot::Vacant(slot) => {
                slot.insert(position);
                true
            }
            Slot::Occupied(_) => false,
        };
        if !indexed {
            if self.find(key).is_some() {
                return;
            }
            self.clashes.insert(key.clone(), position);
        }
        self.tail.extend_from_slice(packed);
        if self.tail.len() >= CHUNK_BYTES {
            self.full.push_back(self.tail.as_slice().into());
            self.tail.clear();
        }
        while let Some(oldest) = self.oldest() {
            let aged = at.millis_since(oldest.recorded_at()) > self.limits.age_ms;
            if !aged && self.len() <= self.limits.keys_max {
                break;
            }
            self.evicted_early += u64::from(!aged);
            self.forget_oldest();
        }
    }

    pub(in crate::machine) fn freeze(&self) -> FrozenWindow {
        FrozenWindow {
            full: self.full.iter().cloned().collect(),
            tail: self.tail.as_slice().into(),
            skip: self.skip,
            len: self.len(),
            evicted_early: self.evicted_early,
        }
    }

    pub(in crate::machine) fn thaw(frozen: &FrozenWindow, limits: WindowLimits) -> Self {
        let mut window = Self::new(limits);
        for packed in frozen.packed() {
            let start = Unpacker { rest: packed };
            let key = IdempotencyKey::new(start.key()).expect("it was a key when it was packed");
            window.remember(&key, start.recorded_at(), packed);
        }
        window.evicted_early += frozen.evicted_early;
        window
    }

    fn at(&self, position: Position) -> Unpacker<'_> {
        let chunk = (position.chunk - self.first_chunk) as usize;
        let bytes: &[u8] = self.full.get(chunk).map_or(&self.tail, |chunk| chunk);
        Unpacker {
            rest: &bytes[position.offset as usize..],
        }
    }

    fn oldest(&self) -> Option<Unpacker<'_>> {
        let bytes: &[u8] = self.full.front().map_or(&self.tail, |chunk| chunk);
        let rest = &bytes[self.skip..];
        (!rest.is_empty()).then_some(Unpacker { rest })
    }

    fn forget_oldest(&mut self) {
        let Some(mut oldest) = self.oldest() else {
            return;
        };
        let hash = oldest.key_hash();
        let key = oldest.key();
        let clashed = self
            .clashes
            .keys()
            .find(|clash| clash.as_str() == key)
            .cloned();
        oldest.skip();
        let left = oldest.rest.len();
        match clashed {
            Some(key) => drop(self.clashes.remove(&key)),
            None => drop(self.index.remove(&hash)),
        }
        match self.full.front() {
            Some(_) if left == 0 => {
                self.full.pop_front();
                self.first_chunk += 1;
                self.skip = 0;
            }
            Some(chunk) => self.skip = chunk.len() - left,
            None => self.skip = self.tail.len() - left,
        }
    }
}

/// A window as it was at one moment, sharing its chunks with the live one.
#[derive(Debug, Clone)]
pub(in crate::machine) struct FrozenWindow {
    full: Vec<Arc<[u8]>>,
    tail: Box<[u8]>,
    skip: usize,
    len: usize,
    evicted_early: u64,
}

impl FrozenWindow {
    /// A window of entries that were packed one after the other.
    pub(in crate::machine) fn new(packed: Vec<u8>, len: usize, evicted_early: u64) -> Self {
        Self {
            full: Vec::new(),
            tail: packed.into(),
            skip: 0,
            len,
            evicted_early,
        }
    }

    pub(in crate::machine) fn len(&self) -> usize {
        self.len
    }

    pub(in crate::machine) fn evicted_early(&self) -> u64 {
        self.evicted_early
    }

    /// The same entries, none of them later than `latest`.
    pub(in crate::machine) fn set_back(&self, latest: Timestamp) -> Self {
        let mut packed = Vec::new();
        for entry in self.packed() {
            Unpacker { rest: entry }.copy_until(latest, &mut packed);
        }
        Self::new(packed, self.len, self.evicted_early)
    }

    /// The remembered entries, oldest first.
    pub(in crate::machine) fn entries<'a>(
        &'a self,
        products: &'a Arena<Product>,
        stores: &'a Arena<StoreId>,
    ) -> impl Iterator<Item = Entry> + use<'a> {
        self.packed()
            .map(|packed| Unpacker { rest: packed }.entry(products, stores))
    }

    fn packed(&self) -> impl Iterator<Item = &[u8]> {
        let chunks = self.full.iter().map(|chunk| &**chunk).chain([&*self.tail]);
        chunks.enumerate().flat_map(|(number, chunk)| {
            let skip = if number == 0 { self.skip } else { 0 };
            let mut left = Unpacker {
                rest: &chunk[skip..],
            };
            std::iter::from_fn(move || {
                let start = left.rest;
                if start.is_empty() {
                    return None;
                }
                left.skip();
                Some(&start[..start.len() - left.rest.len()])
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::ledger::Packer;
    use crate::machine::{DeadLettered, Event, Intent};
    use crate::vocabulary::{Chain, Fingerprint, Sequence};

    fn remember(window: &mut Window, number: u64) {
        let intent = Intent {
            key: format!("key-{number}").parse().unwrap(),
            fingerprint: Fingerprint::from_bits(number),
        };
        let letter = DeadLettered {
            product: None,
            version: None,
            raw: "x".repeat(number as usize % 300).into(),
        };
        let entry = Entry {
            first: Sequence::new(number),
            recorded_at: Timestamp::from_millis(number * 10).unwrap(),
            intent: Some(intent.clone()),
            outcomes: Box::default(),
            events: [Event::DeadLettered(letter.clone())].into(),
            annotations: None,
            chain: Chain::from_bits(!number),
        };
        let mut packer = Packer::default();
        packer.begin(&entry);
        packer.dead_letter(&letter, None);
        window.remember(&intent.key, entry.recorded_at, packer.bytes());
    }

    fn numbers(window: &Window) -> Vec<u64> {
        let (products, stores) = (Arena::default(), Arena::default());
        let frozen = window.freeze();
        assert_eq!(frozen.len(), window.len());
        let entries = frozen.entries(&products, &stores);
        let numbers: Vec<_> = entries.map(|entry| entry.first.number()).collect();
        for number in &numbers {
            let key = format!("key-{number}").parse().unwrap();
            let mut found = window.find(&key).unwrap();
            let entry = found.entry(&products, &stores);
            assert_eq!(entry.intent.unwrap().key, key);
        }
        numbers
    }

    #[test]
    fn the_window_is_bounded_by_count_and_by_age() {
        let limits = WindowLimits {
            age_ms: 10_000,
            keys_max: 700,
        };
        let mut window = Window::new(limits);
        for number in 1..=5_000 {
            remember(&mut window, number);
        }
        assert_eq!(numbers(&window), Vec::from_iter(4_301..=5_000));
        assert_eq!(window.evicted_early(), 4_300);
        assert!(window.find(&"key-4300".parse().unwrap()).is_none());
        // 5,700 is recorded 7 s after 5,000 and 1 s more than the age after 4,699.
        remember(&mut window, 5_700);
        assert_eq!(numbers(&window).first(), Some(&4_700));
    }

    #[test]
    fn a_frozen_window_keeps_what_it_saw_and_thaws_to_the_same() {
        let mut window = Window::new(WindowLimits::default());
        for number in 1..=2_000 {
            remember(&mut window, number);
        }
        let frozen = window.freeze();
        for number in 2_001..=3_000 {
            remember(&mut window, number);
        }
        let thawed = Window::thaw(&frozen, WindowLimits::default());
        assert_eq!(numbers(&thawed), Vec::from_iter(1..=2_000));
        assert_eq!(numbers(&window), Vec::from_iter(1..=3_000));
    }

    #[test]
    fn keys_whose_hashes_clash_are_told_apart() {
        let mut window = Window::new(WindowLimits::default());
        remember(&mut window, 1);
        remember(&mut window, 2);
        let (one, two) = ("key-1".parse().unwrap(), "key-2".parse().unwrap());
        let of = |window: &Window, key: &IdempotencyKey| window.index[&key.hash_bits()];
        let (first, second) = (of(&window, &one), of(&window, &two));
        // As if both had the hash of the first.
        window.index.remove(&two.hash_bits());
        window.clashes.insert(two.clone(), second);
        assert_eq!(of(&window, &one), first);
        assert_eq!(numbers(&window), [1, 2]);
        window.forget_oldest();
        assert_eq!(numbers(&window), [2]);
        window.forget_oldest();
        assert_eq!((window.len(), window.find(&two).is_some()), (0, false));
    }
}
