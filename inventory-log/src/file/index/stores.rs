//! The stores that a segment tells of, numbered in the order in which it first does.

use std::sync::Arc;

use inventory_core::vocabulary::StoreId;
use rapidhash::RapidHashMap;

use super::key::NO_STORE;

/// Gives stores their numbers.
#[derive(Debug, Default)]
pub(super) struct Stores {
    ids: Arc<Vec<StoreId>>,
    numbers: RapidHashMap<StoreId, u32>,
}

impl Stores {
    /// The number of a store. One that comes after too many has none: whether it is the one that somebody looks for is
    /// seen in the line.
    pub(super) fn number(&mut self, store: &StoreId) -> u32 {
        if let Some(&number) = self.numbers.get(store) {
            return number;
        }
        let number = u32::try_from(self.ids.len()).unwrap_or(NO_STORE);
        if number >= NO_STORE {
            return NO_STORE;
        }
        // Copied only while a search looks at the ids that there were.
        Arc::make_mut(&mut self.ids).push(store.clone());
        self.numbers.insert(store.clone(), number);
        number
    }

    /// The stores in the order of their numbers.
    pub(super) fn ids(&self) -> &Arc<Vec<StoreId>> {
        &self.ids
    }
}
