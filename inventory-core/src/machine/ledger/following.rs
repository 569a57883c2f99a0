//! What an event changes beside its level: reservations, transfers and alerts.
//!
//! Nothing here is refused. An event of a reservation or transfer that the ledger does not know, since it started from a
//! copy of the stock alone, changes the stock and nothing else.

use std::sync::Arc;

use super::holds::{Holding, Holds};
use super::{Ledger, ProductIx, Slot, StoreIx};
use crate::defect;
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
            Kind::Increased | Kind::Decreased | Kind::Counted | Kind::Unchanged => {}
            Kind::Held {
                reservation,
                deadline,
            } => self.hold(reservation, *deadline, movement, (product, store), at),
            Kind::Committed { reservation }
            | Kind::Released { reservation }
            | Kind::Expired { reservation } => self.end_hold(reservation, movement, at),
            Kind::Extended {
                reservation,
                deadline,
            } => self.extend(reservation, *deadline),
            Kind::Lapsed => {
                self.products.at_mut(product).lapsed = at;
                self.holds.lapse(product, at);
            }
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
        (product, store): (ProductIx, StoreIx),
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
                // After a loss, what ended the earlier one of that id may be unknown.
                let earlier = self.reservations.slot(id);
                if let Some(earlier) = earlier.filter(|_| !defect!(EarlierStaysListed)) {
                    self.unlist(earlier);
                }
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
        self.holds.add(Holding {
            product,
            store,
            slot,
            deadline,
            held: movement.reserved_delta.size(),
            lapsed: false,
        });
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

    /// Lists what a reservation holds, if it is open.
    pub(in crate::machine) fn list(&mut self, slot: Slot) {
        self.each_holding(slot, Holds::add);
    }

    fn unlist(&mut self, slot: Slot) {
        self.each_holding(slot, Holds::remove);
    }

    fn each_holding(&mut self, slot: Slot, change: impl Fn(&mut Holds, Holding)) {
        let reservation = self.reservations.at(slot).map(Arc::clone);
        let Some(reservation) = reservation.filter(|found| found.is_open()) else {
            return;
        };
        let deadline = reservation.deadline;
        for line in &reservation.lines {
            let product = self.product_index.get(&line.product);
            let store = self.store_index.get(&line.store);
            if let Some((&product, &store)) = product.zip(store) {
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
