//! Entries become state: all of one or nothing, for who follows somebody else's log.

use std::collections::BTreeMap;

use super::apply::apply_events;
use super::evolve::{assign, check};
use crate::machine::ledger::{Product, StoreIx};
use crate::machine::{Break, Entry, Event, Inapplicable, Ledger, Movement};
use crate::vocabulary::{ProductId, Sequence, StoreId, Timestamp};

/// Why nothing of an entry was applied. The ledger is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotApplied {
    /// It does not continue what the ledger has followed.
    #[error(transparent)]
    Break(#[from] Break),
    /// An event of it does not follow from the ledger.
    #[error("the event at {at} does not follow from the ledger")]
    Inapplicable {
        /// Position of the event.
        at: Sequence,
        /// What does not fit.
        #[source]
        reason: Inapplicable,
    },
}

/// Applies an entry that comes next by its position and its time, all of it or nothing.
///
/// For who follows somebody else's log: an event that its owner has applied and that does not apply here says that the
/// two ledgers differ, and [`apply`](crate::machine::apply) would bury it. What is a dead letter at its owner is one here.
///
/// The chain of the entry is not looked at, since a later program may have digested what this one cannot: see
/// [`Head::check`](crate::machine::Head::check).
///
/// # Errors
///
/// The first reason not to apply it; the ledger is as it was.
pub fn apply_whole(ledger: &mut Ledger, entry: &Entry) -> Result<(), NotApplied> {
    ledger.head.check_place(entry)?;
    let mut trial = Trial::on(ledger);
    for (at, event) in entry.numbered() {
        match event {
            Event::Moved(movement) => trial
                .play(at, movement, entry.recorded_at)
                .map_err(|reason| NotApplied::Inapplicable { at, reason })?,
            Event::DeadLettered(_) => trial.bury(event),
        }
    }

    // From here it must succeed.
    apply_events(ledger, entry, |_, _, _| Ok(()));
    Ok(())
}

/// Copies of the products that an entry touches.
struct Trial<'a> {
    ledger: &'a Ledger,
    products: BTreeMap<&'a ProductId, Product>,
    /// Stores that the ledger does not know yet. Their positions need not be the ones that the ledger will give.
    new_stores: BTreeMap<&'a StoreId, StoreIx>,
}

impl<'a> Trial<'a> {
    fn on(ledger: &'a Ledger) -> Self {
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
            self.product(id).suspect(event);
        }
    }

    fn product(&mut self, id: &'a ProductId) -> &mut Product {
        let ledger = self.ledger;
        self.products.entry(id).or_insert_with(|| {
            let known = ledger.find_product(id);
            known.map_or_else(|| ledger.unborn(id), |ix| ledger.products.at(ix).clone())
        })
    }

    fn store(&mut self, id: &'a StoreId) -> StoreIx {
        let next = self.ledger.stores.len() + self.new_stores.len();
        let known = self.ledger.find_store(id);
        known.unwrap_or_else(|| *self.new_stores.entry(id).or_insert(StoreIx(next as u32)))
    }
}
