//! An image whose time is put right, after a clock that was ahead has been written into the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Image;
use crate::machine::ledger::{FrozenRecords, ProductIx, Record, Slot};
use crate::machine::{Reservation, Transfer};
use crate::vocabulary::Timestamp;

impl Image {
    /// The same stock at an earlier time: nothing in it is later than `to`, which is the time of its last entry from now on.
    /// An image that is not later stays as it is.
    ///
    /// - What was at or before `to` was recorded by a clock that was right, and is kept.
    /// - What was later has been just now. So a key that was used meanwhile is remembered for its whole age.
    /// - A reservation that was made later lasts as long from `to` on as it would have lasted.
    ///
    /// Positions, versions and quantities are what they were. So is what the first answers under the keys say.
    #[must_use]
    pub fn set_back(&self, to: Timestamp) -> Self {
        let mut image = self.clone();
        let from = self.head.recorded_at;
        if from <= to {
            return image;
        }
        image.head.recorded_at = to;
        let mut lapsed = BTreeMap::new();
        for ix in (0..).map(ProductIx).take(self.products.len()) {
            let product = self.products.at(ix);
            if product.updated_at > to {
                image.products.at_mut(ix).updated_at = to;
            }
            if product.lapsed > to {
                image.products.at_mut(ix).lapsed = to;
                lapsed.insert(&product.id, product.lapsed);
            }
        }
        image.found = None;
        image.window = self.window.set_back(to);
        let clock = Clock { from, to };
        for_each(&mut image.reservations, |known| {
            let mut lines = known.lines.iter();
            let is_over = known.is_open()
                && lines.any(|line| {
                    let lapsed = lapsed.get(&line.product);
                    lapsed.is_some_and(|&before| known.deadline < before)
                });
            clock.reservation(known);
            if is_over {
                // Its units are free already, and stay so.
                known.deadline = to.minus_millis(1);
            }
        });
        for_each(&mut image.transfers, |known| clock.transfer(known));
        image
    }
}

fn for_each<T: Record>(records: &mut FrozenRecords<T>, change: impl Fn(&mut T)) {
    let slots: Vec<_> = records.from(Slot::FIRST).map(|(slot, _)| slot).collect();
    for slot in slots {
        if let Some(record) = records.get_mut(slot) {
            change(Arc::make_mut(record));
        }
    }
}

/// A clock that is set back.
#[derive(Debug, Clone, Copy)]
struct Clock {
    from: Timestamp,
    to: Timestamp,
}

impl Clock {
    fn reservation(self, known: &mut Reservation) {
        if known.opened_at > self.to {
            known.opened_at = self.to;
            let lasts = known.deadline.millis_since(self.from);
            known.deadline = self.to.plus_millis(lasts);
        }
        known.ended_at = known.ended_at.map(|at| at.min(self.to));
    }

    fn transfer(self, known: &mut Transfer) {
        known.opened_at = known.opened_at.min(self.to);
        known.ended_at = known.ended_at.map(|at| at.min(self.to));
    }
}
