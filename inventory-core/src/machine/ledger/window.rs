//! The keys that were used not long ago, with what was written under them.

use std::borrow::Borrow;
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rapidhash::RapidHashSet;

use crate::machine::Entry;
use crate::vocabulary::IdempotencyKey;

/// Entries per shared chunk of a frozen window.
const CHUNK: usize = 1_024;

/// How long and how many keys are remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowLimits {
    /// Age in milliseconds after which a key is forgotten. Must be longer than a client keeps trying.
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

/// An entry that has a key, found by that key.
#[derive(Debug)]
struct Keyed(Arc<Entry>);

impl Keyed {
    fn key(&self) -> &IdempotencyKey {
        let intent = self.0.intent.as_ref();
        &intent.expect("only entries with a key are remembered").key
    }
}

impl PartialEq for Keyed {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Keyed {}

impl Hash for Keyed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl Borrow<IdempotencyKey> for Keyed {
    fn borrow(&self) -> &IdempotencyKey {
        self.key()
    }
}

/// The idempotency window: a queue by time, with an index by key.
///
/// ```text
///  full: VecDeque<Arc<[CHUNK entries]>>        tail: fewer than CHUNK entries
///  [ forgotten │ remembered ... ][ ... ][ ... ] [ ... newest ]
///    └ skip of the first chunk
/// ```
///
/// **Invariant**: `index` holds exactly the entries from `skip` on.
#[derive(Debug)]
pub(in crate::machine) struct Window {
    limits: WindowLimits,
    index: RapidHashSet<Keyed>,
    full: VecDeque<Arc<[Arc<Entry>]>>,
    tail: Vec<Arc<Entry>>,
    skip: usize,
    evicted_early: u64,
}

impl Window {
    pub(in crate::machine) fn new(limits: WindowLimits) -> Self {
        Self {
            limits,
            index: RapidHashSet::default(),
            full: VecDeque::new(),
            tail: Vec::new(),
            skip: 0,
            evicted_early: 0,
        }
    }

    pub(in crate::machine) fn len(&self) -> usize {
        self.index.len()
    }

    pub(in crate::machine) fn evicted_early(&self) -> u64 {
        self.evicted_early
    }

    pub(in crate::machine) fn find(&self, key: &IdempotencyKey) -> Option<&Arc<Entry>> {
        self.index.get(key).map(|keyed| &keyed.0)
    }

    /// Remembers an entry that has a key, and forgets what is too old or too many by then.
    ///
    /// A key that is still remembered is left as it was: what was written first is the answer.
    pub(in crate::machine) fn remember(&mut self, entry: &Arc<Entry>) {
        if !self.index.insert(Keyed(Arc::clone(entry))) {
            return;
        }
        self.tail.push(Arc::clone(entry));
        if self.tail.len() == CHUNK {
            self.full.push_back(self.tail.drain(..).collect());
        }
        while let Some(oldest) = self.oldest() {
            let aged = entry.recorded_at.millis_since(oldest.recorded_at) > self.limits.age_ms;
            if !aged && self.index.len() <= self.limits.keys_max {
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
            evicted_early: self.evicted_early,
        }
    }

    pub(in crate::machine) fn thaw(frozen: &FrozenWindow, limits: WindowLimits) -> Self {
        let mut window = Self::new(limits);
        for entry in frozen.iter() {
            window.remember(entry);
        }
        window.evicted_early += frozen.evicted_early;
        window
    }

    fn oldest(&self) -> Option<Arc<Entry>> {
        let chunk: &[_] = self.full.front().map_or(&self.tail, |chunk| chunk);
        chunk.get(self.skip).cloned()
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.oldest() else { return };
        self.index.remove(Keyed(oldest).key());
        self.skip += 1;
        if self
            .full
            .front()
            .is_some_and(|chunk| chunk.len() == self.skip)
        {
            self.full.pop_front();
            self.skip = 0;
        }
    }
}

/// A window as it was at one moment, sharing its entries with the live one.
#[derive(Debug, Clone)]
pub(in crate::machine) struct FrozenWindow {
    full: Vec<Arc<[Arc<Entry>]>>,
    tail: Box<[Arc<Entry>]>,
    skip: usize,
    pub(in crate::machine) evicted_early: u64,
}

impl FrozenWindow {
    pub(in crate::machine) fn new(entries: Vec<Arc<Entry>>, evicted_early: u64) -> Self {
        Self {
            full: Vec::new(),
            tail: entries.into(),
            skip: 0,
            evicted_early,
        }
    }

    /// The remembered entries, oldest first.
    pub(in crate::machine) fn iter(&self) -> impl Iterator<Item = &Arc<Entry>> {
        let chunks = self.full.iter().map(|chunk| &**chunk);
        chunks.chain([&*self.tail]).flatten().skip(self.skip)
    }

    pub(in crate::machine) fn len(&self) -> usize {
        self.full.len() * CHUNK + self.tail.len() - self.skip
    }
}
