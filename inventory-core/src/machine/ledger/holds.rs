//! What open reservations hold: by deadline, by product, and by level.

use std::collections::{BTreeMap, BTreeSet};

use rapidhash::RapidHashMap;

use super::{ProductIx, Slot, StoreIx};
use crate::defect;
use crate::testing::step;
use crate::vocabulary::{Quantity, Timestamp};

/// A line of an open reservation.
#[derive(Debug, Clone, Copy)]
pub(in crate::machine) struct Holding {
    pub(in crate::machine) product: ProductIx,
    pub(in crate::machine) store: StoreIx,
    pub(in crate::machine) slot: Slot,
    pub(in crate::machine) deadline: Timestamp,
    pub(in crate::machine) held: Quantity,
    /// Whether its units were set free already, since the deadline has passed.
    pub(in crate::machine) lapsed: bool,
}

/// The lines of all open reservations, in the orders in which they are asked for.
///
/// **Invariant**: `due` and `holders` list every open reservation, `units` the sum of every line that has not lapsed, and
/// `lapsing` the keys of `units` in another order, and `held` the sums of `units` by level. So what is due of a product is a
/// short range, and what is held of a level one number, however many reservations hold it.
#[derive(Debug, Default)]
pub(in crate::machine) struct Holds {
    due: BTreeSet<(Timestamp, Slot)>,
    units: BTreeMap<(ProductIx, Timestamp, StoreIx), u64>,
    lapsing: BTreeSet<(Timestamp, ProductIx, StoreIx)>,
    held: RapidHashMap<(ProductIx, StoreIx), u64>,
    /// The deadline stands beside, so that those that are due are passed over without a look at them.
    holders: BTreeMap<(ProductIx, StoreIx, Slot), Timestamp>,
}

impl Holds {
    pub(in crate::machine) fn add(&mut self, holding: Holding) {
        let Holding {
            product,
            store,
            slot,
            deadline,
            ..
        } = holding;
        self.due.insert((deadline, slot));
        self.holders.insert((product, store, slot), deadline);
        if holding.lapsed {
            return;
        }
        let units = self.units.entry((product, deadline, store)).or_insert(0);
        if *units == 0 {
            self.lapsing.insert((deadline, product, store));
        }
        *units = units.saturating_add(holding.held.units());
        let held = self.held.entry((product, store)).or_insert(0);
        *held = held.saturating_add(holding.held.units());
    }

    pub(in crate::machine) fn remove(&mut self, holding: Holding) {
        let Holding {
            product,
            store,
            slot,
            deadline,
            ..
        } = holding;
        if !defect!(EndedStaysDue) {
            self.due.remove(&(deadline, slot));
        }
        self.holders.remove(&(product, store, slot));
        if holding.lapsed {
            return;
        }
        let key = (product, deadline, store);
        if let Some(units) = self.units.get_mut(&key) {
            *units = units.saturating_sub(holding.held.units());
            if *units == 0 {
                self.units.remove(&key);
                self.lapsing.remove(&(deadline, product, store));
            }
            self.hold_less((product, store), holding.held.units());
        }
    }

    /// Nothing that is due at a moment holds units of a product any more.
    pub(in crate::machine) fn lapse(&mut self, product: ProductIx, at: Timestamp) {
        let lapsed = self.units.extract_if(due(product, at), |_, _| true);
        let lapsed: Vec<_> = lapsed.collect();
        for ((product, deadline, store), units) in lapsed {
            self.lapsing.remove(&(deadline, product, store));
            self.hold_less((product, store), units);
        }
    }

    fn hold_less(&mut self, level: (ProductIx, StoreIx), units: u64) {
        if let Some(held) = self.held.get_mut(&level) {
            *held = held.saturating_sub(units);
            if *held == 0 {
                self.held.remove(&level);
            }
        }
    }

    /// The deadline that passes first.
    pub(in crate::machine) fn next_deadline(&self) -> Option<Timestamp> {
        self.due.first().map(|&(deadline, _)| deadline)
    }

    /// The reservations that are due at a moment, the longest overdue first.
    pub(in crate::machine) fn due(&self, at: Timestamp) -> impl Iterator<Item = Slot> {
        let due = self.due.range(..(at, Slot::FIRST));
        due.map(|&(_, slot)| slot)
    }

    /// The levels that have not lapsed though something of them is due, by the deadline that passed first. A level is named
    /// once for each deadline.
    pub(in crate::machine) fn lapsing(
        &self,
        at: Timestamp,
    ) -> impl Iterator<Item = (ProductIx, StoreIx)> {
        let lapsing = self.lapsing.range(..(at, ProductIx(0), StoreIx(0)));
        lapsing.map(|&(_, product, store)| (product, store))
    }

    /// How many deadlines of a product's levels have passed that these have not lapsed through.
    pub(in crate::machine) fn overdue_deadlines(&self, product: ProductIx, at: Timestamp) -> usize {
        self.units.range(due(product, at)).count()
    }

    /// Whether there is such a deadline.
    pub(in crate::machine) fn is_overdue(&self, product: ProductIx, at: Timestamp) -> bool {
        self.units.range(due(product, at)).next().is_some()
    }

    /// What of a product is due and has not lapsed, by store.
    pub(in crate::machine) fn overdue(
        &self,
        product: ProductIx,
        at: Timestamp,
    ) -> BTreeMap<StoreIx, u64> {
        let mut overdue = BTreeMap::new();
        for (&(_, _, store), &units) in self.units.range(due(product, at)) {
            step();
            let sum: &mut u64 = overdue.entry(store).or_default();
            *sum = sum.saturating_add(units);
        }
        overdue
    }

    /// What reservations hold of a level that has not lapsed.
    pub(in crate::machine) fn held(&self, product: ProductIx, store: StoreIx) -> u64 {
        let held = self.held.get(&(product, store));
        held.copied().unwrap_or_default()
    }

    /// The reservations that hold units of a level and are not due, the one that was made last first.
    pub(in crate::machine) fn youngest(
        &self,
        product: ProductIx,
        store: StoreIx,
        at: Timestamp,
    ) -> impl Iterator<Item = Slot> {
        let all = (product, store, Slot::FIRST)..=(product, store, Slot::LAST);
        let holders = self.holders.range(all).rev().inspect(|_| step());
        let open = holders.filter(move |(_, deadline)| **deadline >= at);
        open.map(|(&(_, _, slot), _)| slot)
    }
}

/// The keys of a product whose deadlines have passed at a moment.
fn due(product: ProductIx, at: Timestamp) -> std::ops::Range<(ProductIx, Timestamp, StoreIx)> {
    (product, Timestamp::UNIX_EPOCH, StoreIx(0))..(product, at, StoreIx(0))
}
