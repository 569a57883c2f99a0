//! Reservations, transfers and alerts as the draft has them.

use std::sync::Arc;

use super::staging::{Staged, Undo};
use super::{Draft, Place};
use crate::machine::{
    Alert, HeldLine, Kind, Movement, Reservation, Thresholds, Transfer, TransferLine,
};
use crate::vocabulary::{Quantity, ReservationId, TransferId};

impl Draft<'_> {
    /// A reservation that is open, or has ended not long ago.
    pub(in crate::machine) fn reservation(&self, id: &ReservationId) -> Option<&Arc<Reservation>> {
        let staged = self.staging.reservations.get(id);
        staged
            .map(|staged| &staged.record)
            .or_else(|| self.ledger.reservations.find(id))
    }

    /// A transfer that is under way, or has ended not long ago.
    pub(in crate::machine) fn transfer(&self, id: &TransferId) -> Option<&Arc<Transfer>> {
        let staged = self.staging.transfers.get(id);
        staged
            .map(|staged| &staged.record)
            .or_else(|| self.ledger.transfers.find(id))
    }

    /// Lets the lines that follow see what a movement changes beside its level.
    pub(super) fn book(&mut self, place: &Place<'_>, movement: &Movement) {
        let (opened, at) = (self.next(), self.at);
        match &movement.kind {
            Kind::Increased | Kind::Decreased | Kind::Counted | Kind::Lapsed | Kind::Unchanged => {}
            Kind::Held {
                reservation: id,
                deadline,
            } => {
                // Pushed again into one that has just been opened with it, it is the same line.
                let new = || {
                    Reservation::open(
                        id.clone(),
                        opened,
                        at,
                        *deadline,
                        HeldLine::made_by(movement),
                    )
                };
                if let Some(reservation) = self.stage_reservation(id, || Some(new())) {
                    reservation.follow(movement, at);
                }
            }
            Kind::Released { reservation: id } => {
                if let Some(reservation) = self.stage_reservation(id, || None) {
                    reservation.follow(movement, at);
                    let line = reservation.line(&movement.product, &movement.store);
                    let held = line.map_or(Quantity::ZERO, |line| line.held);
                    self.hold_less(place, held);
                }
            }
            Kind::Committed { reservation: id }
            | Kind::Expired { reservation: id }
            | Kind::Extended {
                reservation: id, ..
            } => {
                if let Some(reservation) = self.stage_reservation(id, || None) {
                    reservation.follow(movement, at);
                }
            }
            Kind::Shipped {
                transfer: id,
                destination,
            } => {
                let source = &movement.store;
                let new = || {
                    let (source, destination) = (source.clone(), destination.clone());
                    Transfer::open(
                        id.clone(),
                        opened,
                        at,
                        source,
                        destination,
                        TransferLine::made_by(movement),
                    )
                };
                if let Some(transfer) = self.stage_transfer(id, || Some(new())) {
                    transfer.follow(movement, at);
                }
            }
            Kind::Received { transfer: id, .. } | Kind::Closed { transfer: id, .. } => {
                if let Some(transfer) = self.stage_transfer(id, || None) {
                    transfer.follow(movement, at);
                }
            }
            Kind::AlertSet { low, replenished } => {
                let thresholds = Thresholds::new(*low, *replenished);
                self.stage_alert(place, thresholds.ok().map(Alert::new));
            }
            Kind::AlertRemoved => self.stage_alert(place, None),
            Kind::Low { .. } => self.tell(place, true),
            Kind::Replenished { .. } => self.tell(place, false),
        }
    }

    /// The draft's own reservation: a copy of the one that is known, else a new one.
    fn stage_reservation(
        &mut self,
        id: &ReservationId,
        new: impl FnOnce() -> Option<Reservation>,
    ) -> Option<&mut Reservation> {
        let by = self.next();
        let staged = self.staging.reservations.get(id);
        if staged.is_none_or(|staged| staged.by != by) {
            let record = match self.reservation(id).cloned() {
                Some(known) => known,
                None => {
                    let new = Arc::new(new()?);
                    self.staging.opened.push(id.clone());
                    new
                }
            };
            let staged = Staged { record, by };
            let earlier = self.staging.reservations.insert(id.clone(), staged);
            let undo = Undo::Reservation(id.clone(), earlier);
            self.staging.undo.push(undo);
        }
        let staged = self.staging.reservations.get_mut(id);
        staged.map(|staged| Arc::make_mut(&mut staged.record))
    }

    /// The draft's own transfer: a copy of the one that is known, else a new one.
    fn stage_transfer(
        &mut self,
        id: &TransferId,
        new: impl FnOnce() -> Option<Transfer>,
    ) -> Option<&mut Transfer> {
        let by = self.next();
        let staged = self.staging.transfers.get(id);
        if staged.is_none_or(|staged| staged.by != by) {
            let known = self.transfer(id).cloned();
            let record = known.or_else(|| new().map(Arc::new))?;
            let staged = Staged { record, by };
            let earlier = self.staging.transfers.insert(id.clone(), staged);
            let undo = Undo::Transfer(id.clone(), earlier);
            self.staging.undo.push(undo);
        }
        let staged = self.staging.transfers.get_mut(id);
        staged.map(|staged| Arc::make_mut(&mut staged.record))
    }

    fn stage_alert(&mut self, place: &Place<'_>, alert: Option<Alert>) {
        let level = (place.product_ix, place.store_ix);
        let earlier = self.staging.alerts.insert(level, alert);
        let undo = Undo::Alert(place.product_ix, place.store_ix, earlier);
        self.staging.undo.push(undo);
    }

    fn tell(&mut self, place: &Place<'_>, is_low: bool) {
        let alert = place.alert.map(|alert| Alert { is_low, ..alert });
        self.stage_alert(place, alert);
    }
}
