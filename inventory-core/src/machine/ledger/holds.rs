//! What open reservations hold: by deadline, by product, and by level.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::mem;

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

/// What reservations hold of one product that has not lapsed, by deadline and store.
type Deadlines = BTreeMap<(Timestamp, StoreIx), u64>;

/// The lines of all open reservations, in the orders in which they are asked for.
///
/// **Invariant**: `due` and `holders` list every open reservation, `units` the sum of every line that has not lapsed, `lapsing`
/// the first deadline of each product in `units`, and `held` the sums of `units` by level. So what is due of a product is a
/// short range, and what is held of a level one number, however many reservations hold it.
#[derive(Debug, Default)]
pub(in crate::machine) struct Holds {
    due: BTreeSet<(Timestamp, Slot)>,
    units: RapidHashMap<ProductIx, Deadlines>,
    lapsing: BTreeSet<(Timestamp, ProductIx)>,
    held: BTreeMap<(ProductIx, StoreIx), u64>,
    /// The deadline stands beside, so that those that are due are passed over without a look at them.
    holders: BTreeMap<(ProductIx, StoreIx, Slot), Timestamp>,
    /// Deadlines that nobody asks for any more: half a million of one product take too long to be dropped at once.
    lapsed: Vec<Deadlines>,
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
        self.change(product, |deadlines| {
            let units = deadlines.entry((deadline, store)).or_insert(0);
            *units = units.saturating_add(holding.held.units());
        });
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
        self.change(product, |deadlines| {
            if let Entry::Occupied(mut units) = deadlines.entry((deadline, store)) {
                *units.get_mut() = units.get().saturating_sub(holding.held.units());
                if *units.get() == 0 {
                    units.remove();
                }
            }
        });
        self.hold_less((product, store), holding.held.units());
    }

    /// Nothing that is due at a moment holds units of a product any more.
    pub(in crate::machine) fn lapse(&mut self, product: ProductIx, at: Timestamp) {
        let overdue = self.overdue(product, at);
        let mut lapsed = Deadlines::new();
        self.change(product, |deadlines| {
            let open = deadlines.split_off(&(at, StoreIx(0)));
            lapsed = mem::replace(deadlines, open);
        });
        for (store, units) in overdue {
            self.hold_less((product, store), units);
        }
        if !lapsed.is_empty() {
            self.lapsed.push(lapsed);
        }
    }

    /// Drops some of what has lapsed: about so many deadlines.
    pub(in crate::machine) fn drop_lapsed(&mut self, most: usize) {
        for _ in 0..most {
            let Some(deadlines) = self.lapsed.last_mut() else {
                return;
            };
            if deadlines.pop_last().is_none() {
                self.lapsed.pop();
            }
        }
    }

    /// Changes what is held of a product, and lists its first deadline.
    fn change(&mut self, product: ProductIx, change: impl FnOnce(&mut Deadlines)) {
        let deadlines = self.units.entry(product).or_default();
        let before = first(deadlines);
        change(deadlines);
        let after = first(deadlines);
        if after.is_none() {
            self.units.remove(&product);
        }
        if before != after {
            if let Some(deadline) = before {
                self.lapsing.remove(&(deadline, product));
            }
            if let Some(deadline) = after {
                self.lapsing.insert((deadline, product));
            }
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

    /// The products of which something is due and has not lapsed, by the deadline that passed first.
    pub(in crate::machine) fn lapsing(&self, at: Timestamp) -> impl Iterator<Item = ProductIx> {
        let lapsing = self.lapsing.range(..(at, ProductIx(0)));
        lapsing.map(|&(_, product)| product)
    }

    /// How many deadlines of a product's levels have passed that these have not lapsed through, and of how many levels: as far as
    /// somebody wants to count.
    pub(in crate::machine) fn overdue_size(
        &self,
        product: ProductIx,
        at: Timestamp,
        most: usize,
    ) -> (usize, usize) {
        let overdue = self.due_of(product, at).take(most);
        let mut deadlines = 0;
        let stores = overdue.inspect(|_| deadlines += 1);
        let stores: BTreeSet<_> = stores.map(|(&(_, store), _)| store).collect();
        (deadlines, stores.len())
    }

    /// Whether there is such a deadline.
    pub(in crate::machine) fn is_overdue(&self, product: ProductIx, at: Timestamp) -> bool {
        self.due_of(product, at).next().is_some()
    }

    /// What of a product is due and has not lapsed, by store. It costs as much as what is due, or as what is not, whichever is
    /// less.
    pub(in crate::machine) fn overdue(
        &self,
        product: ProductIx,
        at: Timestamp,
    ) -> BTreeMap<StoreIx, u64> {
        let (mut overdue, mut open) = (BTreeMap::new(), BTreeMap::new());
        let Some(deadlines) = self.units.get(&product) else {
            return overdue;
        };
        let mut not_due = deadlines.range((at, StoreIx(0))..);
        for due in self.due_of(product, at) {
            add(&mut overdue, due);
            let Some(not_due) = not_due.next() else {
                // All that is held and is not open is due.
                let levels = self
                    .held
                    .range((product, StoreIx(0))..=(product, StoreIx(u32::MAX)));
                let levels = levels.map(|(&(_, store), held)| {
                    let open = open.get(&store).copied().unwrap_or_default();
                    (store, held.saturating_sub(open))
                });
                return levels.filter(|(_, units)| *units > 0).collect();
            };
            add(&mut open, not_due);
        }
        overdue
    }

    fn due_of(
        &self,
        product: ProductIx,
        at: Timestamp,
    ) -> impl Iterator<Item = (&(Timestamp, StoreIx), &u64)> {
        let deadlines = self.units.get(&product).into_iter();
        deadlines.flat_map(move |deadlines| deadlines.range(..(at, StoreIx(0))))
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

fn first(deadlines: &Deadlines) -> Option<Timestamp> {
    let (&(deadline, _), _) = deadlines.first_key_value()?;
    Some(deadline)
}

fn add(sums: &mut BTreeMap<StoreIx, u64>, (&(_, store), &units): (&(Timestamp, StoreIx), &u64)) {
    step();
    let sum = sums.entry(store).or_default();
    *sum = sum.saturating_add(units);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis).unwrap()
    }

    fn holding(product: u32, store: u32, slot: Slot, deadline: u64) -> Holding {
        Holding {
            product: ProductIx(product),
            store: StoreIx(store),
            slot,
            deadline: at(deadline),
            held: Quantity::new(2).unwrap(),
            lapsed: false,
        }
    }

    /// Half a million carts of one product, each with a deadline of its own, held up the sale that saw them first.
    #[test]
    fn what_lapses_is_free_at_once_and_dropped_in_portions() {
        let mut holds = Holds::default();
        let tea = ProductIx(0);
        for deadline in 1..=5_000 {
            let store = (deadline % 2) as u32;
            holds.add(holding(0, store, Slot::FIRST, deadline));
            holds.add(holding(1, store, Slot::LAST, deadline));
        }
        let now = at(4_001);
        assert_eq!(holds.overdue_size(tea, now, 100), (100, 2));
        let overdue = |units| BTreeMap::from([(StoreIx(0), units), (StoreIx(1), units)]);
        for moment in [1_001, 2_501, 4_001, 5_000] {
            let due = holds.overdue(tea, at(moment));
            assert_eq!(due.values().sum::<u64>(), 2 * (moment - 1), "at {moment}");
        }
        assert_eq!(holds.overdue(tea, at(9_000)), overdue(5_000));
        assert_eq!(holds.overdue(tea, now), overdue(4_000));
        holds.lapse(tea, now);
        assert_eq!(holds.overdue(tea, now), BTreeMap::new());
        assert!(!holds.is_overdue(tea, now) && holds.is_overdue(tea, at(4_002)));
        assert_eq!(holds.lapsing(now).collect::<Vec<_>>(), [ProductIx(1)]);
        let held = |product| [0, 1].map(|store| holds.held(ProductIx(product), StoreIx(store)));
        assert_eq!((held(0), held(1)), ([1_000, 1_000], [5_000, 5_000]));
        let left = |holds: &Holds| holds.lapsed.iter().map(BTreeMap::len).sum::<usize>();
        for expected in [4_000, 2_500, 1_000, 0] {
            assert_eq!(left(&holds), expected);
            holds.drop_lapsed(1_500);
        }
        assert!(holds.lapsed.is_empty());
        // What ends once it has lapsed changes nothing of what is held.
        let lapsed = Holding {
            lapsed: true,
            ..holding(0, 1, Slot::FIRST, 1)
        };
        holds.remove(lapsed);
        assert_eq!(holds.held(tea, StoreIx(1)), 1_000);
    }
}
