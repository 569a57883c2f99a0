//! A table of what a draft has staged.

use std::hash::Hash;

use rapidhash::RapidHashMap;

/// Entries that a table keeps room for from group to group: so many as a busy moment needs, and cleared in a fraction of a
/// microsecond.
pub(super) const KEPT: usize = 1_024;

/// A table in which what was staged since the last [`Overlay::keep`] can be taken back.
#[derive(Debug)]
pub(super) struct Overlay<K, V> {
    staged: RapidHashMap<K, V>,
    /// What was there before what was staged since, the latest last.
    earlier: Vec<(K, Option<V>)>,
}

impl<K, V> Default for Overlay<K, V> {
    fn default() -> Self {
        Self {
            staged: RapidHashMap::default(),
            earlier: Vec::new(),
        }
    }
}

impl<K: Clone + Eq + Hash, V> Overlay<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.staged.get(key)
    }

    /// To change what was staged since the last [`Overlay::keep`]: it is taken back as a whole.
    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.staged.get_mut(key)
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        let earlier = self.staged.insert(key.clone(), value);
        self.earlier.push((key, earlier));
    }

    pub(super) fn keep(&mut self) {
        self.earlier.clear();
    }

    pub(super) fn take_back(&mut self) {
        while let Some((key, earlier)) = self.earlier.pop() {
            match earlier {
                Some(earlier) => self.staged.insert(key, earlier),
                None => self.staged.remove(&key),
            };
        }
    }

    /// Forgets everything, and keeps no more room than for [`KEPT`] entries.
    pub(super) fn clear(&mut self) {
        clear(&mut self.staged);
        self.earlier.clear();
        self.earlier.shrink_to(KEPT);
    }

    /// How many entries it has room for.
    pub(super) fn room(&self) -> usize {
        self.staged.capacity().max(self.earlier.capacity())
    }
}

/// Clears a table that is used again.
pub(super) fn clear<K, V>(table: &mut RapidHashMap<K, V>) {
    match table.capacity() > KEPT {
        true => *table = RapidHashMap::default(),
        false => table.clear(),
    }
}
