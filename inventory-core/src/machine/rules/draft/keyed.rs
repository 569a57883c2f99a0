//! The entries of a draft that were written under keys.

use std::sync::Arc;

use super::overlay::{LOOKED_THROUGH, clear_list, is_wasted};
use crate::machine::ledger::{IdIndex, key_hash};
use crate::machine::{Entry, Intent};

/// The entries that were decided in a draft under keys, by these.
///
/// **Invariant**: `index` has the position of each entry of `entries`, or, as long as these are few, of none.
#[derive(Debug, Default)]
pub(super) struct Keyed {
    entries: Vec<Arc<Entry>>,
    index: IdIndex<u32>,
}

impl Keyed {
    #[inline]
    pub(super) fn find(&self, intent: &Intent) -> Option<&Arc<Entry>> {
        if self.index.is_empty() {
            return self.entries.iter().find(|entry| is_under(entry, intent));
        }
        let is_its = |at: u32| is_under(&self.entries[at as usize], intent);
        let at = self.index.find(hash(intent), is_its)?;
        Some(&self.entries[at as usize])
    }

    /// Adds an entry, if it has a key: one under which there is none.
    pub(super) fn insert(&mut self, entry: &Arc<Entry>) {
        if entry.intent.is_none() {
            return;
        }
        let at = self.entries.len();
        self.entries.push(Arc::clone(entry));
        if !self.index.is_empty() {
            self.list(at);
        } else if self.entries.len() > LOOKED_THROUGH {
            (0..=at).for_each(|at| self.list(at));
        }
    }

    fn list(&mut self, at: usize) {
        if let Some(intent) = &self.entries[at].intent {
            self.index.insert(hash(intent), at as u32);
        }
    }

    /// Forgets everything, and gives back what was not needed for it.
    #[inline]
    pub(super) fn clear(&mut self) {
        clear_list(&mut self.entries);
        if is_wasted(self.index.capacity(), self.index.len()) {
            self.index = IdIndex::default();
        } else if !self.index.is_empty() {
            self.index.clear();
        }
    }

    /// How many entries it has room for.
    pub(super) fn room(&self) -> usize {
        self.entries.capacity().max(self.index.capacity())
    }
}

fn hash(intent: &Intent) -> u64 {
    key_hash(intent.caller.as_ref(), &intent.key)
}

fn is_under(entry: &Entry, intent: &Intent) -> bool {
    let known = entry.intent.as_ref();
    known.is_some_and(|known| known.key == intent.key && known.caller == intent.caller)
}
