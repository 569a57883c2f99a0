//! A level as a command finds it.

use crate::machine::ledger::{ProductIx, StoreIx};
use crate::machine::{Alert, Level};
use crate::vocabulary::{ProductId, Quantity, Sequence, StoreId, Version};

/// What the draft knows of the level that a command touches.
#[derive(Debug)]
pub(in crate::machine) struct Place<'a> {
    pub(in crate::machine) product_ix: ProductIx,
    pub(in crate::machine) store_ix: StoreIx,
    /// The ledger's own id when it knows the product, so that all entries share one allocation.
    pub(in crate::machine) product: &'a ProductId,
    /// The ledger's own id when it knows the store.
    pub(in crate::machine) store: &'a StoreId,
    pub(in crate::machine) version: Version,
    /// Available over all stores, as the levels add up.
    pub(in crate::machine) total: Quantity,
    /// Reserved over all stores.
    pub(in crate::machine) reserved: u64,
    pub(in crate::machine) quarantined: bool,
    /// Of a quarantined product, the levels that nobody has counted since the last loss.
    pub(in crate::machine) uncounted: usize,
    /// Whether the level was ever written.
    pub(in crate::machine) is_known: bool,
    pub(in crate::machine) level: Level,
    /// Where somebody last said how much is there.
    pub(in crate::machine) counted_at: Sequence,
    /// What somebody wants to be told about it.
    pub(in crate::machine) alert: Option<Alert>,
}

impl Place<'_> {
    /// What is reserved over all stores once the place has another level.
    pub(in crate::machine) fn reserved_after(&self, level: Level) -> u64 {
        let elsewhere = self.reserved.wrapping_sub(self.level.reserved().units());
        elsewhere.wrapping_add(level.reserved().units())
    }

    /// The levels of its product that nobody has counted since the last loss, once the place is counted.
    pub(super) fn uncounted_after_a_count(&self, unknown_before: Sequence) -> usize {
        let is_one = self.is_known && self.counted_at < unknown_before;
        self.uncounted.saturating_sub(usize::from(is_one))
    }
}
