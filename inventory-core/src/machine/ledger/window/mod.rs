//! Idempotency: the keys that were used not long ago, with what was written under them.

mod forgotten;
mod frozen;
mod limits;
mod queue;
mod ranks;
mod set_back;

use std::collections::BTreeSet;

use rapidhash::RapidHashMap;

pub use forgotten::KeysForgotten;
pub(in crate::machine) use frozen::FrozenWindow;
pub use limits::WindowLimits;

use super::IdIndex;
use super::key_hash::{key_hash, text_hash};
use super::packed::Unpacker;
use crate::defect;
use crate::vocabulary::{Caller, IdempotencyKey, Timestamp};
use queue::Queue;
use ranks::Ranks;

/// Where a packed entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    queue: u32,
    /// In two halves, so that a million places are four bytes smaller each.
    offset: [u32; 2],
}

impl Place {
    fn new(queue: u32, offset: u64) -> Self {
        let offset = [(offset >> 32) as u32, offset as u32];
        Self { queue, offset }
    }

    fn offset(self) -> u64 {
        let [high, low] = self.offset;
        u64::from(high) << 32 | u64::from(low)
    }
}

/// The idempotency window: for each caller a queue of packed entries by time, with one index by key.
///
/// **Invariant**: `index` names exactly the entries of all queues but those in `superseded`; `ranks` has each queue that is not
/// empty.
#[derive(Debug)]
pub(in crate::machine) struct Window {
    limits: WindowLimits,
    /// By the key and its caller.
    index: IdIndex<Place>,
    /// Entries whose key was used again while they were in the window: only after its limits were raised.
    superseded: BTreeSet<Place>,
    queues: Vec<Queue>,
    /// Queues of no caller.
    free: Vec<u32>,
    by_caller: RapidHashMap<Option<Caller>, u32>,
    ranks: Ranks,
    bytes: usize,
    forgotten: KeysForgotten,
}

impl Window {
    pub(in crate::machine) fn new(limits: WindowLimits) -> Self {
        Self {
            limits,
            index: IdIndex::default(),
            superseded: BTreeSet::new(),
            queues: Vec::new(),
            free: Vec::new(),
            by_caller: RapidHashMap::default(),
            ranks: Ranks::default(),
            bytes: 0,
            forgotten: KeysForgotten::default(),
        }
    }

    pub(in crate::machine) fn len(&self) -> usize {
        self.index.len()
    }

    /// Bytes of what is remembered, as [`WindowLimits::bytes_max`] counts them.
    pub(in crate::machine) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(in crate::machine) fn forgotten(&self) -> KeysForgotten {
        self.forgotten
    }

    /// The packed entry that was written under a key.
    pub(in crate::machine) fn find(
        &self,
        caller: Option<&Caller>,
        key: &IdempotencyKey,
    ) -> Option<Unpacker<'_>> {
        let is_its = |place| is_of(&self.queues, place, caller, key.as_str().as_bytes());
        let place = self.index.find(key_hash(caller, key), is_its)?;
        Some(self.queues[place.queue as usize].at(place.offset()))
    }

    /// Remembers the packed entry that follows all others under its caller's key, which has a hash, and forgets what is too old or
    /// too much by then.
    ///
    /// When the key is still remembered, the later entry counts: whoever used it last was answered with that.
    pub(in crate::machine) fn remember(
        &mut self,
        caller: Option<&Caller>,
        hash: u64,
        packed: &[u8],
    ) {
        let start = Unpacker { rest: packed };
        let (_, at) = start.moment();
        let queue = self.queue_of(caller);
        let offset = self.change(queue, |queue| queue.push(packed));
        let place = Place::new(queue, offset);
        let queues = &self.queues;
        let is_its = |place| is_of(queues, place, caller, start.key());
        if let Some(earlier) = self.index.replace(hash, place, is_its) {
            self.superseded.insert(earlier);
            self.change(earlier.queue, |queue| queue.keys -= 1);
        }
        self.forget(at);
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some(oldest) = self.ranks.oldest() {
            let head = self.queues[oldest as usize].oldest;
            let aged = head
                .is_some_and(|head| now.millis_since(head.recorded_at) > self.limits.age_ms)
                && !defect!(KeysNeverAge);
            let queue = if aged {
                Some(oldest)
            } else if self.len() > self.limits.keys_max {
                match defect!(OldestForgotten) {
                    true => Some(oldest),
                    false => self.ranks.most_keys(),
                }
            } else if self.bytes > self.limits.bytes_max {
                self.ranks.most_bytes()
            } else {
                None
            };
            let Some(queue) = queue else { return };
            self.forget_oldest(queue, aged);
        }
    }

    fn forget_oldest(&mut self, queue: u32, aged: bool) {
        let head = self.queues[queue as usize].oldest;
        let head = head.expect("a queue with a rank is not empty");
        let superseded = &mut self.superseded;
        let known = &mut self.queues[queue as usize];
        let before = known.bytes();
        let (offset, hash) = known.pop();
        let place = Place::new(queue, offset);
        let is_key = superseded.is_empty() || !superseded.remove(&place);
        known.keys -= usize::from(is_key);
        self.bytes = self.bytes - before + known.bytes();
        self.ranks.moved(queue, known);
        if is_key {
            self.index.remove(hash, place);
            self.forgotten.early += u64::from(!aged && !defect!(EvictionNotCounted));
            self.forgotten.until = self.forgotten.until.max(head.recorded_at);
        }
        let known = &mut self.queues[queue as usize];
        if known.oldest.is_none() {
            self.by_caller.remove(&known.caller);
            *known = Queue::new(None);
            self.free.push(queue);
        }
    }

    /// Changes a queue, and what is known of all of them.
    fn change<T>(&mut self, queue: u32, change: impl FnOnce(&mut Queue) -> T) -> T {
        let known = &mut self.queues[queue as usize];
        let before = known.bytes();
        let changed = change(known);
        self.bytes = self.bytes - before + known.bytes();
        self.ranks.moved(queue, known);
        changed
    }

    fn queue_of(&mut self, caller: Option<&Caller>) -> u32 {
        let caller = caller.cloned();
        if let Some(&known) = self.by_caller.get(&caller) {
            return known;
        }
        let new = Queue::new(caller.clone());
        let queue = match self.free.pop() {
            Some(free) => {
                self.queues[free as usize] = new;
                free
            }
            None => {
                self.queues.push(new);
                self.queues.len() as u32 - 1
            }
        };
        self.by_caller.insert(caller, queue);
        queue
    }

    /// Some keys that were recorded until a moment are not known here.
    pub(in crate::machine) fn forget_until(&mut self, until: Timestamp) {
        self.forgotten.until = self.forgotten.until.max(until);
    }

    pub(in crate::machine) fn freeze(&self) -> FrozenWindow {
        let queues = self.by_caller.values().map(|&number| {
            let superseded = self.superseded.iter();
            let superseded = superseded.filter(|place| place.queue == number);
            self.queues[number as usize].freeze(superseded.map(|place| place.offset()))
        });
        FrozenWindow {
            queues: queues.collect(),
            len: self.len(),
            forgotten: self.forgotten,
        }
    }

    /// Whether a window under these limits would have forgotten nothing of what this one remembers, by a moment after all of
    /// it.
    pub(in crate::machine) fn fits(&self, limits: WindowLimits, now: Timestamp) -> bool {
        let oldest = self.ranks.oldest();
        let oldest = oldest.and_then(|queue| self.queues[queue as usize].oldest);
        let age_ms = oldest.map_or(0, |oldest| now.millis_since(oldest.recorded_at));
        age_ms <= limits.age_ms && self.len() <= limits.keys_max && self.bytes <= limits.bytes_max
    }

    /// The same keys under other limits, which they fit.
    pub(in crate::machine) fn under(
        mut self,
        limits: WindowLimits,
        forgotten: KeysForgotten,
    ) -> Self {
        self.limits = limits;
        self.forgotten = forgotten;
        self
    }

    pub(in crate::machine) fn thaw(frozen: &FrozenWindow, limits: WindowLimits) -> Self {
        let mut window = Self::new(limits);
        window.forgotten = frozen.forgotten();
        window.index.reserve(frozen.len().min(limits.keys_max));
        for (caller, packed) in frozen.packed() {
            let hash = text_hash(caller, Unpacker { rest: packed }.key());
            window.remember(caller, hash, packed);
        }
        window
    }
}

fn is_of(queues: &[Queue], place: Place, caller: Option<&Caller>, key: &[u8]) -> bool {
    let queue = &queues[place.queue as usize];
    let is_theirs = queue.caller.as_ref() == caller || defect!(CallersShareKeys);
    is_theirs && queue.at(place.offset()).key() == key
}

#[cfg(test)]
mod tests;
