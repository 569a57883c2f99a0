//! Which reservations are due, and which hold units of a product.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Draft;
use crate::machine::ledger::{ProductIx, Slot};
use crate::machine::{Command, Request, Reservation};
use crate::vocabulary::{
    ProductId, Quantity, ReservationId, Sequence, StoreId, Timestamp, TransferId,
};

impl Draft<'_> {
    /// Whether reservations are due that have not expired yet.
    pub(in crate::machine) fn has_backlog(&self) -> bool {
        self.backlog
    }

    /// The reservations that are due, the longest overdue first. Says that there is no backlog once it has been asked for
    /// more than there are.
    pub(in crate::machine) fn take_due(&mut self, lines_max: usize) -> Vec<Arc<Reservation>> {
        let mut lines = 0;
        let due = self.ledger.due.iter();
        let due = due
            .take_while(|(deadline, _)| *deadline < self.at)
            .filter_map(|&(_, slot)| self.still_due(slot));
        let taken: Vec<_> = due
            .take_while(|reservation| {
                let more = lines < lines_max;
                lines += reservation.lines.len();
                more
            })
            .cloned()
            .collect();
        self.backlog = lines >= lines_max;
        taken
    }

    /// The next reservations that are due and that a request would see: those that hold units of its products. They are
    /// looked for once, since all of the draft is decided at one time.
    pub(in crate::machine) fn take_due_before(
        &mut self,
        request: &Request,
        lines_max: usize,
    ) -> Vec<Arc<Reservation>> {
        let mut due = Vec::new();
        let mut lines = 0;
        for product in self.products(request) {
            let seen = self.staging.due_seen.get(&product).copied();
            let mut from = seen.unwrap_or((Timestamp::UNIX_EPOCH, Slot::FIRST));
            let until = (product, self.at, Slot::FIRST);
            let holds = self.ledger.holds.range((product, from.0, from.1)..until);
            for &(_, deadline, slot) in holds {
                from = (deadline, slot.next());
                if let Some(reservation) = self.still_due(slot) {
                    lines += reservation.lines.len();
                    due.push(Arc::clone(reservation));
                    if lines >= lines_max {
                        break;
                    }
                }
            }
            self.staging.due_seen.insert(product, from);
            if lines >= lines_max {
                break;
            }
        }
        due
    }

    /// The open reservations that hold units of a level, the youngest first, each with how many.
    pub(in crate::machine) fn holds_of(
        &self,
        product: &ProductId,
        store: &StoreId,
    ) -> Vec<(ReservationId, Quantity)> {
        let mut holds: BTreeMap<(Sequence, ReservationId), Quantity> = BTreeMap::new();
        let mut add = |reservation: &Reservation| {
            if let Some(line) = reservation
                .line(product, store)
                .filter(|_| reservation.is_open())
            {
                let age = (reservation.opened, reservation.id.clone());
                holds.insert(age, line.held);
            }
        };
        if let Some(&product) = self.ledger.product_index.get(product) {
            let from = (product, Timestamp::UNIX_EPOCH, Slot::FIRST);
            let known = self.ledger.holds.range(from..);
            for &(_, _, slot) in known.take_while(|(at, _, _)| *at == product) {
                if let Some(reservation) = self.ledger.reservations.at(slot)
                    && !self.staging.reservations.contains_key(&reservation.id)
                {
                    add(reservation);
                }
            }
        }
        for staged in self.staging.reservations.values() {
            add(&staged.record);
        }
        let youngest_first = holds.into_iter().rev();
        youngest_first
            .map(|((_, reservation), held)| (reservation, held))
            .collect()
    }

    /// A reservation of the ledger, if it is due in the draft as well. What the draft has staged is not: it has ended, or
    /// was given a time to live from now on.
    fn still_due(&self, slot: Slot) -> Option<&Arc<Reservation>> {
        let known = self.ledger.reservations.at(slot)?;
        let due = known.is_due(self.at) && !self.staging.reservations.contains_key(&known.id);
        due.then_some(known)
    }

    /// The products that the ledger knows and a request sees.
    fn products(&self, request: &Request) -> Vec<ProductIx> {
        let mut products = Vec::with_capacity(request.commands().len());
        let mut see = |product: &ProductId| {
            products.extend(self.ledger.product_index.get(product).copied());
        };
        for command in request.commands() {
            match command {
                Command::Adjust(adjust) => see(&adjust.product),
                Command::Count(count) => {
                    see(&count.product);
                    if count.release_holds {
                        // The reservations that it may release hold units of other products as well.
                        for (reservation, _) in self.holds_of(&count.product, &count.store) {
                            self.each_held(&reservation, &mut see);
                        }
                    }
                }
                Command::Set(set) => see(&set.product),
                Command::Hold(hold) => {
                    see(&hold.product);
                    // One of that name may be known, and is answered with its state.
                    self.each_held(&hold.reservation, &mut see);
                }
                Command::Ship(ship) => see(&ship.product),
                Command::SetAlert(set) => see(&set.product),
                Command::RemoveAlert(_) => {}
                Command::Commit(commit) => self.each_held(&commit.reservation, &mut see),
                Command::Release(release) => self.each_held(&release.reservation, &mut see),
                Command::Extend(extend) => self.each_held(&extend.reservation, &mut see),
                Command::Receive(receive) => self.each_shipped(&receive.transfer, &mut see),
                Command::Close(close) => self.each_shipped(&close.transfer, &mut see),
            }
        }
        products
    }

    fn each_held(&self, reservation: &ReservationId, mut see: impl FnMut(&ProductId)) {
        let reservation = self.reservation(reservation);
        let lines = reservation.iter().flat_map(|it| &it.lines);
        lines.for_each(|line| see(&line.product));
    }

    fn each_shipped(&self, transfer: &TransferId, mut see: impl FnMut(&ProductId)) {
        let transfer = self.transfer(transfer);
        let lines = transfer.iter().flat_map(|it| &it.lines);
        lines.for_each(|line| see(&line.product));
    }
}
