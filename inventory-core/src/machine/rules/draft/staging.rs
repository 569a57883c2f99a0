//! The memory of a draft.

use rapidhash::RapidHashSet;

use super::keyed::Keyed;
use super::overlay::{KEPT, Overlay, clear_list, is_wasted};
use super::staged::Staged;
use crate::machine::ledger::{ProductIx, Standing, StoreIx};
use crate::machine::{Alert, Reservation, Transfer};
use crate::vocabulary::{ProductId, Quantity, ReservationId, StoreId, TransferId, Version};

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

/// The memory of a [`Draft`](super::Draft), kept from group to group so that a small group allocates nothing.
#[derive(Debug, Default)]
pub struct Staging {
    pub(super) products: Overlay<ProductIx, StagedProduct>,
    pub(super) levels: Overlay<(ProductIx, StoreIx), Standing>,
    pub(super) reservations: Overlay<ReservationId, Staged<Reservation>>,
    pub(super) transfers: Overlay<TransferId, Staged<Transfer>>,
    pub(super) alerts: Overlay<(ProductIx, StoreIx), Option<Alert>>,
    /// What reservations hold of levels of which that is not what the ledger says: of those that lapse, and of quarantined
    /// ones.
    pub(super) held: Overlay<(ProductIx, StoreIx), u64>,
    /// The reservations that the ledger does not know, in the order in which they were made.
    pub(super) opened: Vec<ReservationId>,
    /// How many of them are of the requests before.
    opened_before: usize,
    pub(super) new_products: Overlay<ProductId, ProductIx>,
    pub(super) new_stores: Overlay<StoreId, StoreIx>,
    /// Products of which nothing is due any more that has not lapsed.
    pub(super) lapsed: RapidHashSet<ProductIx>,
    /// Those of them that the request has seen that is being decided, before anything said so.
    pub(super) overdue: Vec<ProductIx>,
    pub(super) keyed: Keyed,
}

impl Staging {
    pub(super) fn clear(&mut self) {
        self.products.clear();
        self.levels.clear();
        self.reservations.clear();
        self.transfers.clear();
        self.alerts.clear();
        self.held.clear();
        self.new_products.clear();
        self.new_stores.clear();
        self.keyed.clear();
        clear_list(&mut self.opened);
        self.opened_before = 0;
        if is_wasted(self.lapsed.capacity(), self.lapsed.len()) {
            self.lapsed = RapidHashSet::default();
        } else if !self.lapsed.is_empty() {
            self.lapsed.clear();
        }
        clear_list(&mut self.overdue);
    }

    /// Makes what was staged since the last call part of it.
    pub(super) fn keep(&mut self) {
        self.products.keep();
        self.levels.keep();
        self.reservations.keep();
        self.transfers.keep();
        self.alerts.keep();
        self.held.keep();
        self.new_products.keep();
        self.new_stores.keep();
        self.opened_before = self.opened.len();
    }

    /// Takes back what was staged since the last call of [`Staging::keep`].
    pub(super) fn take_back(&mut self) {
        self.products.take_back();
        self.levels.take_back();
        self.reservations.take_back();
        self.transfers.take_back();
        self.alerts.take_back();
        self.held.take_back();
        self.new_products.take_back();
        self.new_stores.take_back();
        self.opened.truncate(self.opened_before);
    }

    /// Forgets what a large group has staged, now that nobody waits for it. The next group that needs little of its room gives
    /// that back: a table is cleared in the time of its room.
    pub(crate) fn give_back(&mut self) {
        if self.room() > KEPT {
            self.clear();
        }
    }

    /// The most entries that one of its tables has room for.
    fn room(&self) -> usize {
        let tables = [
            self.products.room(),
            self.levels.room(),
            self.reservations.room(),
            self.transfers.room(),
            self.alerts.room(),
            self.held.room(),
            self.opened.capacity(),
            self.new_products.room(),
            self.new_stores.room(),
            self.lapsed.capacity(),
            self.overdue.capacity(),
            self.keyed.room(),
        ];
        tables.into_iter().max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::adjust;
    use crate::machine::{Draft, Ledger, Request, WindowLimits, decide};
    use crate::vocabulary::Timestamp;

    #[test]
    fn what_a_large_group_needed_is_given_back_by_the_next_small_one() {
        let (ledger, mut staging) = (Ledger::new(WindowLimits::default()), Staging::default());
        let at = Timestamp::UNIX_EPOCH;
        let request = |lines: usize| {
            let line = |at| adjust(&format!("p{at}"), "north", 1);
            Request::unkeyed((0..lines).map(line).collect()).unwrap()
        };
        for (lines, is_large) in [(3, false), (9_000, true), (8_000, true), (3, false)] {
            let mut draft = Draft::new(&ledger, &mut staging, at);
            decide(&mut draft, &request(lines)).unwrap();
            staging.give_back();
            assert_eq!(staging.room() > KEPT * 2, is_large, "{lines} lines");
        }
    }
}
