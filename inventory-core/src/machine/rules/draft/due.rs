//! What is due: levels that are to lapse, reservations that are to end, and those that are open for longer.
//!
//! ```text
//!                 deadline passes                                    a group later, or many
//!  held ───────────────┼── free, for every command that looks ───────────────┼── ended
//!                      └── HoldsLapsed, one for each level of the product    └── HoldExpired, one for each line
//! ```

use std::sync::Arc;

use super::{Draft, Place, ProductIx};
use crate::defect;
use crate::machine::{
    After, HeldLine, Level, Movement, MovementKind, Reservation, ReservationState,
};
use crate::vocabulary::{Delta, ProductId, Quantity, StoreId};

impl<'a> Draft<'a> {
    /// The products whose levels are to lapse, the longest overdue first, until they have about so many levels, or so many
    /// deadlines of these have passed.
    pub(in crate::machine) fn lapsing(
        &self,
        levels_max: usize,
        deadlines_max: usize,
    ) -> Vec<ProductIx> {
        let holds = &self.ledger.holds;
        let mut products = Vec::new();
        let (mut levels, mut deadlines) = (0, 0);
        for product in holds.lapsing(self.at) {
            if levels >= levels_max || deadlines >= deadlines_max {
                break;
            }
            let (more, stores) = holds.overdue_size(product, self.at, deadlines_max);
            deadlines += more;
            levels += stores;
            products.push(product);
        }
        products
    }

    /// The reservations that are due, the longest overdue first, up to one that has a product whose levels have not lapsed, and
    /// are not `lapsing`: about as many as have so many lines. For the beginning of a draft: what it has ended is among them.
    pub(in crate::machine) fn take_due(
        &self,
        lines_max: usize,
        lapsing: &[ProductIx],
    ) -> Vec<Arc<Reservation>> {
        let (ledger, at) = (self.ledger, self.at);
        let has_lapsed = |line: &HeldLine| {
            let product = ledger.find_product(&line.product);
            product.is_none_or(|product| {
                lapsing.contains(&product) || !ledger.holds.is_overdue(product, at)
            })
        };
        let due = ledger.holds.due(at);
        let due = due.filter_map(|slot| ledger.reservations.at(slot));
        let mut lines = 0;
        let portion = due.take_while(|reservation| {
            let more = lines < lines_max;
            lines += reservation.lines.len();
            more && reservation.lines.iter().all(has_lapsed)
        });
        portion.cloned().collect()
    }

    /// Notes that a request sees a product. If something of it is due, its levels lapse before it is seen.
    pub(super) fn see(&mut self, product: ProductIx) {
        if !self.backlog || self.staging.lapsed.contains(&product) || defect!(DueNotSeen) {
            return;
        }
        let overdue = self.take_levels(product);
        if overdue.is_empty() {
            return;
        }
        for (product, store, held) in overdue {
            let place = self.place(product, store);
            let movement = place.free(held, MovementKind::Lapsed);
            self.stage(&place, self.next(), &movement);
        }
        self.staging.overdue.push(product);
    }

    /// What is due at the levels of a product, to be set free at once: from now on the product counts as lapsed. Nothing when
    /// nothing is due, or all of it has lapsed before.
    pub(in crate::machine) fn take_levels(
        &mut self,
        product: ProductIx,
    ) -> Vec<(&'a ProductId, &'a StoreId, Quantity)> {
        let ledger = self.ledger;
        if !self.staging.lapsed.insert(product) || usize::from(product) >= ledger.products.len() {
            return Vec::new();
        }
        let id = &ledger.products.at(product).id;
        let overdue = ledger.holds.overdue(product, self.at).into_iter();
        let levels = overdue.map(|(store, units)| {
            let left = ledger.holds.held(product, store).saturating_sub(units);
            self.staging.held.insert((product, store), left);
            let held = Quantity::new(units).unwrap_or(Quantity::MAX);
            (id, ledger.stores.at(store), held)
        });
        levels.collect()
    }

    /// Takes back what was staged since the last call of [`Draft::keep`], and returns the products that were seen before
    /// their levels have lapsed.
    pub(in crate::machine) fn take_overdue(&mut self) -> Vec<ProductIx> {
        self.take_back();
        let overdue = std::mem::take(&mut self.staging.overdue);
        for product in &overdue {
            self.staging.lapsed.remove(product);
        }
        overdue
    }

    /// Whether a product was seen before its levels have lapsed.
    pub(in crate::machine) fn sees_overdue(&self) -> bool {
        !self.staging.overdue.is_empty()
    }

    /// Looks again for what is due and has not lapsed, once a portion of it has.
    pub(in crate::machine) fn look_for_backlog(&mut self) {
        let mut lapsing = self.ledger.holds.lapsing(self.at);
        self.backlog = lapsing.any(|product| !self.staging.lapsed.contains(&product));
    }

    /// What open reservations hold of a level that are not due.
    pub(in crate::machine) fn held(&self, place: &Place<'_>) -> Quantity {
        Quantity::new(self.units_held(place)).unwrap_or(Quantity::MAX)
    }

    /// Notes that a level of a quarantined product is held by less. Of another product nobody asks: its level says it.
    pub(in crate::machine) fn hold_less(&mut self, place: &Place<'_>, units: Quantity) {
        if !place.quarantined {
            return;
        }
        let level = (place.product_ix, place.store_ix);
        let left = self.units_held(place).saturating_sub(units.units());
        self.staging.held.insert(level, left);
    }

    fn units_held(&self, place: &Place<'_>) -> u64 {
        let (product, store) = (place.product_ix, place.store_ix);
        let staged = self.staging.held.get(&(product, store));
        staged.map_or_else(|| self.ledger.holds.held(product, store), |held| *held)
    }

    /// The open reservations that hold units of a level and are not due, the one that was made last first.
    pub(in crate::machine) fn youngest(
        &self,
        place: &Place<'_>,
    ) -> impl Iterator<Item = &Arc<Reservation>> {
        let opened = self.staging.opened.iter().rev();
        let opened = opened.filter_map(|id| Some(&self.staging.reservations.get(id)?.record));
        let (product, store) = (place.product, place.store);
        let new = opened.filter(move |found| found.line(product, store).is_some());
        let holds = &self.ledger.holds;
        let known = holds.youngest(place.product_ix, place.store_ix, self.at);
        let known = known.filter_map(|slot| self.ledger.reservations.at(slot));
        let known = known.map(|known| self.reservation(&known.id).unwrap_or(known));
        new.chain(known).filter(|found| self.is_held(found))
    }

    fn is_held(&self, reservation: &Reservation) -> bool {
        reservation.state_at(self.at) == ReservationState::Open
    }
}

impl Place<'_> {
    /// Sets free what is held at a level. It is not refused, whatever has happened to the product since.
    pub(in crate::machine) fn free(&self, held: Quantity, kind: MovementKind) -> Movement {
        let (on_hand, reserved) = (self.level.on_hand(), self.level.reserved());
        let freed = held.min(reserved);
        // Only a product whose numbers are under suspicion has no room for what was reserved of it, or no version left: then
        // nothing is free, and the level waits for a count.
        let after = self.version.next().zip(self.total.checked_add(freed));
        let after = after.filter(|_| freed > Quantity::ZERO);
        let Some((version, total)) = after else {
            return self.note(kind);
        };
        let level = Level::new(on_hand, reserved.saturating_sub(freed));
        let level = level.expect("less is reserved than before");
        Movement {
            kind,
            product: self.product.clone(),
            store: self.store.clone(),
            delta: Delta::ZERO,
            reserved_delta: level.reserved().since(reserved),
            after: After {
                level,
                version,
                total,
            },
        }
    }

    /// Says something about a level that changes nothing of it.
    pub(in crate::machine) fn note(&self, kind: MovementKind) -> Movement {
        Movement {
            kind,
            product: self.product.clone(),
            store: self.store.clone(),
            delta: Delta::ZERO,
            reserved_delta: Delta::ZERO,
            after: After {
                level: self.level,
                version: self.version,
                total: self.total,
            },
        }
    }
}
