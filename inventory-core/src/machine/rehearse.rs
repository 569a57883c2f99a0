//! *rehearse*: whether an entry applies whole, before anything is changed.

use std::collections::BTreeMap;

use super::evolve::{assign, check, suspect};
use super::ledger::{Product, StoreIx};
use crate::machine::{Entry, Event, Inapplicable, Ledger, Movement};
use crate::vocabulary::{ProductId, Sequence, StoreId, Timestamp};

/// Whether every event of an entry applies to the ledger, except those that are dead letters already.
///
/// For who follows somebody else's log: an event that its owner has applied and that does not apply here says that the
/// two ledgers differ, and [`follow`](super::follow) would bury it. Whether the entry continues the log is not looked at.
///
/// # Errors
///
/// Position of the first event that does not apply, and why.
pub fn rehearse(ledger: &Ledger, entry: &Entry) -> Result<(), (Sequence, Inapplicable)> {
    let mut stage = Stage::of(ledger);
    for (sequence, event) in entry.numbered() {
        match event {
            Event::Moved(movement) => stage
                .play(sequence, movement, entry.recorded_at)
                .map_err(|reason| (sequence, reason))?,
            Event::DeadLettered(_) => stage.bury(event),
        }
    }
    Ok(())
}

/// Copies of the products that an entry touches.
struct Stage<'a> {
    ledger: &'a Ledger,
    products: BTreeMap<&'a ProductId, Product>,
    /// Stores that the ledger does not know yet. Their positions need not be the ones that evolve will give.
    new_stores: BTreeMap<&'a StoreId, StoreIx>,
}

impl<'a> Stage<'a> {
    fn of(ledger: &'a Ledger) -> Self {
        Self {
            ledger,
            products: BTreeMap::new(),
            new_stores: BTreeMap::new(),
        }
    }

    fn play(
        &mut self,
        sequence: Sequence,
        movement: &'a Movement,
        at: Timestamp,
    ) -> Result<(), Inapplicable> {
        let store = self.store(&movement.store);
        let unknown_before = self.ledger.unknown_before;
        let product = self.product(&movement.product);
        check(product, Some(store), movement)?;
        if movement.touches() {
            assign(product, store, sequence, movement, (at, unknown_before));
        }
        Ok(())
    }

    fn bury(&mut self, event: &'a Event) {
        if let Some(id) = event.product() {
            suspect(self.product(id), event);
        }
    }

    fn product(&mut self, id: &'a ProductId) -> &mut Product {
        let ledger = self.ledger;
        self.products.entry(id).or_insert_with(|| {
            let known = ledger.product_index.get(id);
            known.map_or_else(|| ledger.unborn(id), |&ix| ledger.products.at(ix).clone())
        })
    }

    fn store(&mut self, id: &'a StoreId) -> StoreIx {
        let next = self.ledger.stores.len() + self.new_stores.len();
        let known = self.ledger.store_index.get(id).copied();
        known.unwrap_or_else(|| *self.new_stores.entry(id).or_insert(StoreIx(next as u32)))
    }
}
