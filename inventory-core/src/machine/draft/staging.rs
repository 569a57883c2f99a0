//! The memory of a draft.

use std::sync::Arc;

use rapidhash::{RapidHashMap, RapidHashSet};

use crate::machine::ledger::{ProductIx, Standing, StoreIx};
use crate::machine::{Alert, Entry, Reservation, Transfer};
use crate::vocabulary::{
    Caller, IdempotencyKey, ProductId, Quantity, ReservationId, Sequence, StoreId, TransferId,
    Version,
};

/// A product as the draft has it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct StagedProduct {
    pub(super) version: Version,
    pub(super) total: Quantity,
    pub(super) reserved: u64,
    pub(super) quarantined: bool,
    /// Levels that nobody has counted since the last loss.
    pub(super) uncounted: usize,
}

/// A reservation or transfer as the draft has it.
#[derive(Debug)]
pub(super) struct Staged<T> {
    pub(super) record: T,
    /// First position of the request that has staged it last, so that it is remembered once what was before.
    pub(super) by: Sequence,
}

/// What a request changed, so that a refusal of a later line can take it back.
#[derive(Debug)]
pub(super) enum Undo {
    Product(ProductIx, Option<StagedProduct>),
    Level(ProductIx, StoreIx, Option<Standing>),
    Reservation(ReservationId, Option<Staged<Arc<Reservation>>>),
    Transfer(TransferId, Option<Staged<Arc<Transfer>>>),
    Alert(ProductIx, StoreIx, Option<Option<Alert>>),
    Held(ProductIx, StoreIx, Option<u64>),
}

/// Entries that a table keeps room for from group to group: so many as a busy moment needs, and cleared in a fraction of a
/// microsecond.
const KEPT: usize = 1_024;

/// The memory of a [`Draft`](super::Draft), kept from group to group so that a small group allocates nothing.
#[derive(Debug, Default)]
pub struct Staging {
    pub(super) products: RapidHashMap<ProductIx, StagedProduct>,
    pub(super) levels: RapidHashMap<(ProductIx, StoreIx), Standing>,
    pub(super) new_products: RapidHashMap<ProductId, ProductIx>,
    pub(super) new_stores: RapidHashMap<StoreId, StoreIx>,
    pub(super) reservations: RapidHashMap<ReservationId, Staged<Arc<Reservation>>>,
    pub(super) transfers: RapidHashMap<TransferId, Staged<Arc<Transfer>>>,
    pub(super) alerts: RapidHashMap<(ProductIx, StoreIx), Option<Alert>>,
    /// What reservations hold of levels of which that is not what the ledger says: of those that lapse, and of quarantined
    /// ones.
    pub(super) held: RapidHashMap<(ProductIx, StoreIx), u64>,
    /// The reservations that the ledger does not know, in the order in which they were made.
    pub(super) opened: Vec<ReservationId>,
    /// Products of which nothing is due any more that has not lapsed.
    pub(super) lapsed: RapidHashSet<ProductIx>,
    /// Those of them that the request has seen that is being decided, before anything said so.
    pub(super) overdue: Vec<ProductIx>,
    pub(super) keys: RapidHashMap<(Option<Caller>, IdempotencyKey), Arc<Entry>>,
    pub(super) undo: Vec<Undo>,
}

impl Staging {
    pub(super) fn clear(&mut self) {
        clear(&mut self.products);
        clear(&mut self.levels);
        clear(&mut self.new_products);
        clear(&mut self.new_stores);
        clear(&mut self.reservations);
        clear(&mut self.transfers);
        clear(&mut self.alerts);
        clear(&mut self.held);
        clear(&mut self.keys);
        self.opened.clear();
        self.opened.shrink_to(KEPT);
        self.lapsed.clear();
        self.lapsed.shrink_to(KEPT);
        self.overdue.clear();
        self.overdue.shrink_to(KEPT);
        self.undo.clear();
        self.undo.shrink_to(KEPT);
    }

    /// Gives back what a large group has needed, now that nobody waits for it: a table is cleared in the time of its room,
    /// which every later group would spend, however small.
    pub(crate) fn give_back(&mut self) {
        if self.room() > KEPT {
            self.clear();
        }
    }

    /// The most entries that one of its tables has room for.
    fn room(&self) -> usize {
        let tables = [
            self.products.capacity(),
            self.levels.capacity(),
            self.new_products.capacity(),
            self.new_stores.capacity(),
            self.reservations.capacity(),
            self.transfers.capacity(),
            self.alerts.capacity(),
            self.held.capacity(),
            self.opened.capacity(),
            self.lapsed.capacity(),
            self.overdue.capacity(),
            self.keys.capacity(),
            self.undo.capacity(),
        ];
        tables.into_iter().max().unwrap_or_default()
    }
}

fn clear<K, V>(table: &mut RapidHashMap<K, V>) {
    match table.capacity() > KEPT {
        true => *table = RapidHashMap::default(),
        false => table.clear(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::adjust;
    use crate::machine::{Draft, Ledger, Request, WindowLimits, decide};
    use crate::vocabulary::Timestamp;

    #[test]
    fn what_a_large_group_needed_is_given_back() {
        let (ledger, mut staging) = (Ledger::new(WindowLimits::default()), Staging::default());
        let at = Timestamp::UNIX_EPOCH;
        let request = |lines: usize| {
            let line = |at| adjust(&format!("p{at}"), "north", 1);
            Request::unkeyed((0..lines).map(line).collect()).unwrap()
        };
        for (lines, is_large) in [(3, false), (9_000, true), (3, false)] {
            let mut draft = Draft::new(&ledger, &mut staging, at);
            decide(&mut draft, &request(lines)).unwrap();
            assert_eq!(staging.room() > KEPT * 2, is_large, "{lines} lines");
            staging.give_back();
            assert!(staging.room() <= KEPT * 2, "{lines} lines");
        }
    }
}
