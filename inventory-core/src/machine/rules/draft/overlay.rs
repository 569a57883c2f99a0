//! A table of what a draft has staged.

use std::hash::{BuildHasher as _, Hash};

use hashbrown::HashTable;
use rapidhash::fast::GlobalState;

/// Entries that a table keeps room for whatever a group needs: so many as a busy moment needs, and cleared in a fraction of a
/// microsecond.
pub(super) const KEPT: usize = 1_024;

/// Whether a group that has used so little of a table's room gives it back: large groups that follow each other keep it.
#[inline]
pub(super) fn is_wasted(room: usize, used: usize) -> bool {
    room > KEPT && used < room / 4
}

/// Entries that are looked through. Most groups stage less, and nothing is hashed for them.
pub(super) const LOOKED_THROUGH: usize = 8;

/// A table in which what was staged since the last [`Overlay::keep`] can be taken back.
///
/// **Invariant**: `index` has the position of each entry of `staged`, or, as long as these are few, of none.
#[derive(Debug)]
pub(super) struct Overlay<K, V> {
    /// In the order in which their keys were staged first.
    staged: Vec<(K, V)>,
    index: HashTable<u32>,
    /// The positions that were staged since, with what was there before; the latest last.
    earlier: Vec<(u32, Option<V>)>,
}

impl<K, V> Default for Overlay<K, V> {
    fn default() -> Self {
        Self {
            staged: Vec::new(),
            index: HashTable::new(),
            earlier: Vec::new(),
        }
    }
}

impl<K: Eq + Hash, V> Overlay<K, V> {
    #[inline]
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        let at = self.position(key)?;
        Some(&self.staged[at].1)
    }

    /// To change what was staged since the last [`Overlay::keep`]: it is taken back as a whole.
    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.position(key)?;
        Some(&mut self.staged[at].1)
    }

    pub(super) fn len(&self) -> usize {
        self.staged.len()
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        if let Some(at) = self.position(&key) {
            let earlier = std::mem::replace(&mut self.staged[at].1, value);
            self.earlier.push((at as u32, Some(earlier)));
            return;
        }
        let at = self.staged.len() as u32;
        self.staged.push((key, value));
        self.earlier.push((at, None));
        if !self.index.is_empty() {
            self.list(at);
        } else if self.staged.len() > LOOKED_THROUGH {
            (0..=at).for_each(|at| self.list(at));
        }
    }

    #[inline]
    fn position(&self, key: &K) -> Option<usize> {
        if self.index.is_empty() {
            return self.staged.iter().position(|(known, _)| known == key);
        }
        let is_its = |at: &u32| self.staged[*at as usize].0 == *key;
        let found = self.index.find(hash(key), is_its);
        found.map(|at| *at as usize)
    }

    fn list(&mut self, at: u32) {
        let of = |at: &u32| hash(&self.staged[*at as usize].0);
        self.index.insert_unique(of(&at), at, of);
    }

    pub(super) fn keep(&mut self) {
        self.earlier.clear();
    }

    pub(super) fn take_back(&mut self) {
        while let Some((at, earlier)) = self.earlier.pop() {
            match earlier {
                Some(earlier) => self.staged[at as usize].1 = earlier,
                None => self.unstage(at),
            }
        }
    }

    /// Takes back the entry that was staged last.
    fn unstage(&mut self, at: u32) {
        if let Some((key, _)) = self.staged.pop()
            && let Ok(listed) = self.index.find_entry(hash(&key), |other| *other == at)
        {
            listed.remove();
        }
    }

    /// Forgets everything, and gives back what was not needed for it.
    #[inline]
    pub(super) fn clear(&mut self) {
        clear_list(&mut self.staged);
        clear_list(&mut self.earlier);
        if is_wasted(self.index.capacity(), self.index.len()) {
            self.index = HashTable::new();
        } else if !self.index.is_empty() {
            self.index.clear();
        }
    }

    /// How many entries it has room for.
    pub(super) fn room(&self) -> usize {
        let lists = self.staged.capacity().max(self.earlier.capacity());
        lists.max(self.index.capacity())
    }
}

fn hash(key: &impl Hash) -> u64 {
    GlobalState::new().hash_one(key)
}

/// Clears a list that is used again.
#[inline]
pub(super) fn clear_list<T>(list: &mut Vec<T>) {
    if is_wasted(list.capacity(), list.len()) {
        *list = Vec::new();
    } else if !list.is_empty() {
        list.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Requests that stage values under keys, each of which is kept or taken back.
        #[test]
        fn what_is_taken_back_was_never_staged(
            requests in vec((vec((0..24_u32, any::<u32>()), 0..12), any::<bool>()), 0..12),
        ) {
            let (mut overlay, mut known) = (Overlay::default(), BTreeMap::new());
            for (staged, is_kept) in requests {
                let before = known.clone();
                for (key, value) in staged {
                    overlay.insert(key, value);
                    known.insert(key, value);
                    prop_assert_eq!(overlay.get(&key), Some(&value));
                }
                if is_kept {
                    overlay.keep();
                } else {
                    overlay.take_back();
                    known = before;
                }
                for key in 0..24 {
                    prop_assert_eq!(overlay.get(&key), known.get(&key));
                }
            }
            overlay.clear();
            prop_assert!((0..24).all(|key| overlay.get(&key).is_none()));
        }
    }
}
