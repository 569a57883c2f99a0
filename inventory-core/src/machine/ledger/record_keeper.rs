//! What an event changes beside its level: reservations, transfers and alerts. Said once, for the ledger and for the draft on
//! top of it, so that these cannot differ.
//!
//! Nothing here is refused. An event of a reservation or transfer that is not known, since the ledger started from a
//! copy of the stock alone, changes the stock and nothing else.

use std::sync::Arc;

use super::holds::{Holding, Holds};
use super::{Ledger, ProductIx, Slot, StoreIx};
use crate::defect;
use crate::machine::{
    Alert, HeldLine, Movement, MovementKind, Reservation, ReservationState, Thresholds, Transfer,
    TransferLine,
};
use crate::vocabulary::{ReservationId, Sequence, Timestamp, TransferId};

/// What keeps reservations, transfers and alerts.
pub(in crate::machine) trait RecordKeeper {
    /// First position of the entry that the events belong to.
    fn first(&self) -> Sequence;

    /// Adds a line to the reservation that the entry has opened, until its deadline; where it has opened none of that id, the
    /// new one begins with the line.
    fn hold(
        &mut self,
        id: &ReservationId,
        level: (ProductIx, StoreIx),
        deadline: Timestamp,
        line: HeldLine,
        new: impl FnOnce(HeldLine) -> Reservation,
    );

    /// The deadline of a reservation that is known.
    fn deadline(&self, id: &ReservationId) -> Option<Timestamp>;

    /// Changes a reservation, if it is known.
    fn change_reservation(&mut self, id: &ReservationId, change: impl FnOnce(&mut Reservation));

    /// A level has set free what is due of it.
    fn lapse(&mut self, product: ProductIx, at: Timestamp);

    /// Adds a line to the transfer that the entry has opened; where it has opened none of that id, the new one begins with the
    /// line.
    fn ship(
        &mut self,
        id: &TransferId,
        line: TransferLine,
        new: impl FnOnce(TransferLine) -> Transfer,
    );

    /// Changes a transfer, if it is known.
    fn change_transfer(&mut self, id: &TransferId, change: impl FnOnce(&mut Transfer));

    /// The alert of a level.
    fn alert_at(&self, level: (ProductIx, StoreIx)) -> Option<Alert>;

    /// Sets the alert of a level, or removes it.
    fn set_alert(&mut self, level: (ProductIx, StoreIx), alert: Option<Alert>);
}

/// Changes what a movement changes beside its level, to which it has been applied.
pub(in crate::machine) fn apply_to_records(
    keeper: &mut impl RecordKeeper,
    movement: &Movement,
    level: (ProductIx, StoreIx),
    at: Timestamp,
) {
    let first = keeper.first();
    let tell = |keeper: &mut _, is_low| tell(keeper, level, is_low);
    match &movement.kind {
        MovementKind::Increased
        | MovementKind::Decreased
        | MovementKind::Counted
        | MovementKind::Unchanged => {}
        MovementKind::Held {
            reservation: id,
            deadline,
        } => {
            let new = |line| Reservation::open(id.clone(), first, at, *deadline, line);
            keeper.hold(id, level, *deadline, HeldLine::made_by(movement), new);
        }
        MovementKind::Extended {
            reservation: id,
            deadline,
        } => {
            // The event of its first line has moved all of it.
            if keeper.deadline(id) != Some(*deadline) {
                keeper.change_reservation(id, |known| known.deadline = *deadline);
            }
        }
        MovementKind::Committed { reservation: id } => {
            keeper.change_reservation(id, |known| known.commit(movement, at));
        }
        MovementKind::Released { reservation: id } => {
            keeper.change_reservation(id, |known| known.end(ReservationState::Released, at));
        }
        MovementKind::Expired { reservation: id } => {
            keeper.change_reservation(id, |known| known.end(ReservationState::Expired, at));
        }
        MovementKind::Lapsed => keeper.lapse(level.0, at),
        MovementKind::Shipped {
            transfer: id,
            destination,
        } => {
            let way = || (movement.store.clone(), destination.clone());
            let new = |line| Transfer::open(id.clone(), first, at, way(), line);
            keeper.ship(id, TransferLine::made_by(movement), new);
        }
        MovementKind::Received {
            transfer: id,
            in_transit,
        } => keeper.change_transfer(id, |known| {
            known.receive(&movement.product, *in_transit, at);
        }),
        MovementKind::Closed {
            transfer: id,
            settlement,
            missing,
        } => keeper.change_transfer(id, |known| {
            known.close(&movement.product, *settlement, *missing, at);
        }),
        MovementKind::AlertSet { low, replenished } => {
            if let Ok(thresholds) = Thresholds::new(*low, *replenished) {
                keeper.set_alert(level, Some(Alert::new(thresholds)));
            }
        }
        MovementKind::AlertRemoved => keeper.set_alert(level, None),
        MovementKind::Low { .. } => tell(keeper, true),
        MovementKind::Replenished { .. } => tell(keeper, false),
    }
}

fn tell(keeper: &mut impl RecordKeeper, level: (ProductIx, StoreIx), is_low: bool) {
    if let Some(alert) = keeper.alert_at(level) {
        keeper.set_alert(level, Some(Alert { is_low, ..alert }));
    }
}

impl RecordKeeper for Ledger {
    fn first(&self) -> Sequence {
        self.head.sequence.next()
    }

    fn hold(
        &mut self,
        id: &ReservationId,
        (product, store): (ProductIx, StoreIx),
        deadline: Timestamp,
        line: HeldLine,
        new: impl FnOnce(HeldLine) -> Reservation,
    ) {
        let held = line.held;
        let slot = match self.reservations.opened_at(id, self.first()) {
            Some(slot) => {
                self.reservations
                    .change(slot, |known| known.lines.push(line));
                slot
            }
            None => {
                // After a loss, what ended the earlier one of that id may be unknown.
                let earlier = self.reservations.slot(id);
                if let Some(earlier) = earlier.filter(|_| !defect!(EarlierStaysListed)) {
                    self.unlist(earlier);
                }
                self.reservations.open(new(line))
            }
        };
        self.holds.add(Holding {
            product,
            store,
            slot,
            deadline,
            held,
            lapsed: false,
        });
    }

    fn deadline(&self, id: &ReservationId) -> Option<Timestamp> {
        self.reservation(id).map(|known| known.deadline)
    }

    fn change_reservation(&mut self, id: &ReservationId, change: impl FnOnce(&mut Reservation)) {
        if let Some(slot) = self.reservations.slot(id) {
            self.unlist(slot);
            self.reservations.change(slot, change);
            self.list(slot);
        }
    }

    fn lapse(&mut self, product: ProductIx, at: Timestamp) {
        self.products.at_mut(product).lapsed = at;
        self.holds.lapse(product, at);
    }

    fn ship(
        &mut self,
        id: &TransferId,
        line: TransferLine,
        new: impl FnOnce(TransferLine) -> Transfer,
    ) {
        match self.transfers.opened_at(id, self.first()) {
            Some(slot) => self.transfers.change(slot, |known| known.lines.push(line)),
            None => {
                self.transfers.open(new(line));
            }
        }
    }

    fn change_transfer(&mut self, id: &TransferId, change: impl FnOnce(&mut Transfer)) {
        if let Some(slot) = self.transfers.slot(id) {
            self.transfers.change(slot, change);
        }
    }

    fn alert_at(&self, (product, store): (ProductIx, StoreIx)) -> Option<Alert> {
        self.products.at(product).alert(store)
    }

    fn set_alert(&mut self, (product, store): (ProductIx, StoreIx), alert: Option<Alert>) {
        let was_set = self.alert_at((product, store)).is_some();
        let product = self.products.at_mut(product);
        product.set_alert(store, alert);
        let level = || (product.id.clone(), self.stores.at(store).clone());
        match (was_set, alert.is_some()) {
            (false, true) => self.alerts.insert(level()),
            (true, false) => self.alerts.remove(&level()),
            (false, false) | (true, true) => false,
        };
    }
}

impl Ledger {
    /// Lists what a reservation holds, if it is open.
    pub(in crate::machine) fn list(&mut self, slot: Slot) {
        self.each_holding(slot, Holds::add);
    }

    fn unlist(&mut self, slot: Slot) {
        self.each_holding(slot, Holds::remove);
    }

    fn each_holding(&mut self, slot: Slot, change: impl Fn(&mut Holds, Holding)) {
        let reservation = self.reservations.at(slot);
        let open = reservation.filter(|known| known.is_open());
        let Some(reservation) = open.map(Arc::clone) else {
            return;
        };
        let deadline = reservation.deadline;
        for line in &reservation.lines {
            let product = self.find_product(&line.product);
            let store = self.find_store(&line.store);
            if let Some((product, store)) = product.zip(store) {
                let holding = Holding {
                    product,
                    store,
                    slot,
                    deadline,
                    held: line.held,
                    lapsed: deadline < self.products.at(product).lapsed,
                };
                change(&mut self.holds, holding);
            }
        }
    }
}
