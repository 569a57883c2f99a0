//! A reservation or transfer as the draft has it.

use std::hash::Hash;
use std::sync::Arc;

use super::overlay::Overlay;
use crate::machine::ledger::{Record, Records};
use crate::vocabulary::Sequence;

/// A reservation or transfer as the draft has it.
#[derive(Debug)]
pub(super) struct Staged<T> {
    pub(super) record: Arc<T>,
    /// First position of the request that has staged it last, so that it is remembered once what was before.
    by: Sequence,
}

impl<T: Clone> Staged<T> {
    pub(super) fn new(record: T, by: Sequence) -> Self {
        let record = Arc::new(record);
        Self { record, by }
    }
}

impl<K: Clone + Eq + Hash, T: Record<Id = K>> Overlay<K, Staged<T>> {
    /// What the draft knows of a record.
    pub(super) fn find<'a>(&'a self, id: &K, known: &'a Records<T>) -> Option<&'a Arc<T>> {
        let staged = self.get(id).map(|staged| &staged.record);
        staged.or_else(|| known.find(id))
    }

    /// The request's own copy of a record that is known.
    pub(super) fn own(&mut self, id: &K, by: Sequence, known: &Records<T>) -> Option<&mut T> {
        if self.get(id).is_none_or(|staged| staged.by != by) {
            let record = Arc::clone(self.find(id, known)?);
            self.insert(id.clone(), Staged { record, by });
        }
        let own = self.get_mut(id)?;
        Some(Arc::make_mut(&mut own.record))
    }
}
