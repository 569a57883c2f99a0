//! A level as a command finds it.

use super::Draft;
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
}

impl Draft<'_> {
    /// Whether a count at a place proves the numbers of its product: after a loss every level has to be counted, since what is
    /// missing may have happened at any.
    pub(super) fn is_proved_by_count(&self, place: &Place<'_>) -> bool {
        let product = place.product_ix;
        let levels = self
            .known(product)
            .into_iter()
            .flat_map(|known| &known.levels);
        let others = levels.filter(|(store, _)| *store != place.store_ix);
        let mut others = others.map(|(store, standing)| {
            let staged = self.staging.levels.get(&(product, *store));
            staged.unwrap_or(standing).counted_at
        });
        others.all(|counted_at| counted_at >= self.unknown_before())
    }
}
