//! What an event changes beside its level: reservations, transfers and alerts.
//!
//! Nothing here is refused. An event of a reservation or transfer that the ledger does not know, since it started from a
//! copy of the stock alone, changes the stock and nothing else.

use super::{Ledger, ProductIx, StoreIx};
use crate::machine::{
    Alert, HeldLine, Kind, Movement, Reservation, Thresholds, Transfer, TransferLine,
};
use crate::vocabulary::{ReservationId, StoreId, Timestamp, TransferId};

impl Ledger {
    /// Follows a movement that has been applied to its level.
    pub(in crate::machine) fn book(
        &mut self,
        movement: &Movement,
        product: ProductIx,
        store: StoreIx,
        at: Timestamp,
    ) {
        match &movement.kind {
            Kind::Increased | Kind::Decreased | Kind::Counted => {}
            Kind::Held {
                reservation,
                deadline,
            } => self.hold(reservation, *deadline, movement, product, at),
            Kind::Committed { reservation }
            | Kind::Released { reservation }
            | Kind::Expired { reservation } => self.end_hold(reservation, movement, at),
            Kind::Extended {
                reservation,
                deadline,
            } => self.extend(reservation, *deadline),
            Kind::Shipped {
                transfer,
                destination,
            } => self.ship(transfer, destination, movement, at),
            Kind::Received { transfer, .. } | Kind::Closed { transfer, .. } => {
                self.move_transfer(transfer, movement, at);
            }
            Kind::AlertSet { low, replenished } => {
                if let Ok(thresholds) = Thresholds::new(*low, *replenished) {
                    let alert = Some(Alert::new(thresholds));
                    self.products.at_mut(product).set_alert(store, alert);
                    let level = (movement.product.clone(), movement.store.clone());
                    self.alerts.insert(level);
                }
            }
            Kind::AlertRemoved => {
                self.products.at_mut(product).set_alert(store, None);
                let level = (movement.product.clone(), movement.store.clone());
                self.alerts.remove(&level);
            }
            Kind::Low { .. } => self.tell(product, store, true),
            Kind::Replenished { .. } => self.tell(product, store, false),
        }
    }

    fn hold(
        &mut self,
        id: &ReservationId,
        deadline: Timestamp,
        movement: &Movement,
        product: ProductIx,
        at: Timestamp,
    ) {
        // The entry that is being followed begins after the head.
        let opened = self.head.sequence.next();
        let slot = match self.reservations.opened_at(id, opened) {
            Some(slot) => {
                self.reservations
                    .change(slot, |reservation| reservation.follow(movement, at));
                slot
            }
            None => {
                let new = Reservation::open(
                    id.clone(),
                    opened,
                    at,
                    deadline,
                    HeldLine::made_by(movement),
                );
                self.reservations.open(new)
            }
        };
        self.due.insert((deadline, slot));
        self.holds.insert((product, deadline, slot));
    }

    fn end_hold(&mut self, id: &ReservationId, movement: &Movement, at: Timestamp) {
        let Some(slot) = self.reservations.slot(id) else {
            return;
        };
        self.unlist(slot);
        self.reservations
            .change(slot, |reservation| reservation.follow(movement, at));
    }

    fn extend(&mut self, id: &ReservationId, deadline: Timestamp) {
        let Some(slot) = self.reservations.slot(id) else {
            return;
        };
        // The event of its first line has moved all of it.
        let known = self.reservations.at(slot);
        if known.is_some_and(|known| known.deadline == deadline) {
            return;
        }
        self.unlist(slot);
        self.reservations
            .change(slot, |reservation| reservation.deadline = deadline);
        self.list(slot);
    }

    fn ship(&mut self, id: &TransferId, destination: &StoreId, movement: &Movement, at: Timestamp) {
        let opened = self.head.sequence.next();
        match self.transfers.opened_at(id, opened) {
            Some(slot) => self
                .transfers
                .change(slot, |transfer| transfer.follow(movement, at)),
            None => {
                let (source, destination) = (movement.store.clone(), destination.clone());
                let new = Transfer::open(
                    id.clone(),
                    opened,
                    at,
                    source,
                    destination,
                    TransferLine::made_by(movement),
                );
                self.transfers.open(new);
            }
        }
    }

    fn move_transfer(&mut self, id: &TransferId, movement: &Movement, at: Timestamp) {
        if let Some(slot) = self.transfers.slot(id) {
            self.transfers
                .change(slot, |transfer| transfer.follow(movement, at));
        }
    }

    fn tell(&mut self, product: ProductIx, store: StoreIx, is_low: bool) {
        let product = self.products.at_mut(product);
        if let Some(alert) = product.alert(store) {
            product.set_alert(store, Some(Alert { is_low, ..alert }));
        }
    }

    /// Lists an open reservation by its deadline.
    pub(in crate::machine) fn list(&mut self, slot: super::Slot) {
        let Some(reservation) = self.reservations.at(slot).filter(|found| found.is_open()) else {
            return;
        };
        let deadline = reservation.deadline;
        self.due.insert((deadline, slot));
        for line in &reservation.lines {
            if let Some(&product) = self.product_index.get(&line.product) {
                self.holds.insert((product, deadline, slot));
            }
        }
    }

    fn unlist(&mut self, slot: super::Slot) {
        let Some(reservation) = self.reservations.at(slot).filter(|found| found.is_open()) else {
            return;
        };
        let deadline = reservation.deadline;
        self.due.remove(&(deadline, slot));
        for line in &reservation.lines {
            if let Some(&product) = self.product_index.get(&line.product) {
                self.holds.remove(&(product, deadline, slot));
            }
        }
    }
}
