//! Ids of reservations and transfers, which may be used again once they were forgotten.

use std::collections::BTreeMap;
use std::mem;

use inventory_core::machine::{Entry, MovementKind};
use inventory_core::vocabulary::{ReservationId, TransferId};

use crate::testing::simulation::Situation;

/// In which life of the engine each name was last given.
#[derive(Debug, Clone, Default)]
pub(super) struct Ids {
    life: u64,
    reservations: BTreeMap<ReservationId, u64>,
    transfers: BTreeMap<TransferId, u64>,
    seen: Vec<Situation>,
}

impl Ids {
    /// The engine has started again.
    pub(super) fn live_again(&mut self) {
        self.life += 1;
    }

    pub(super) fn know(&mut self, entry: &Entry) {
        for movement in entry.events.iter().filter_map(|event| event.movement()) {
            let earlier = if let MovementKind::Held { reservation, .. } = &movement.kind {
                let earlier = self.reservations.insert(reservation.clone(), self.life);
                earlier.map(|life| (life, Situation::ReservationIdGivenAgain))
            } else if let MovementKind::Shipped { transfer, .. } = &movement.kind {
                let earlier = self.transfers.insert(transfer.clone(), self.life);
                earlier.map(|life| (life, Situation::TransferIdGivenAgain))
            } else {
                None
            };
            let again = earlier.filter(|(life, _)| *life < self.life);
            self.seen.extend(again.map(|(_, situation)| situation));
        }
    }

    pub(super) fn take_seen(&mut self) -> Vec<Situation> {
        mem::take(&mut self.seen)
    }
}
