//! Records that are opened, change, end, and are forgotten some time later: reservations and transfers.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::sync::Arc;

use rapidhash::RapidHashMap;

use super::WindowLimits;
use super::shelf::{Shelf, Slot};
use crate::machine::{Reservation, Transfer};
use crate::vocabulary::{ReservationId, Sequence, Timestamp, TransferId};

/// What a book holds.
pub(in crate::machine) trait Record: Clone {
    type Id: Clone + Eq + Hash;

    fn id(&self) -> &Self::Id;
    fn opened(&self) -> Sequence;
    fn ended_at(&self) -> Option<Timestamp>;
}

impl Record for Reservation {
    type Id = ReservationId;

    fn id(&self) -> &ReservationId {
        &self.id
    }

    fn opened(&self) -> Sequence {
        self.opened
    }

    fn ended_at(&self) -> Option<Timestamp> {
        self.ended_at
    }
}

impl Record for Transfer {
    type Id = TransferId;

    fn id(&self) -> &TransferId {
        &self.id
    }

    fn opened(&self) -> Sequence {
        self.opened
    }

    fn ended_at(&self) -> Option<Timestamp> {
        self.ended_at
    }
}

/// Records in the order in which they were opened, found by their id. An open one is never forgotten; one that has ended
/// is, by age and by count, like a key.
///
/// **Invariant**: `index` names each record of the shelf, `ended` each that has ended.
#[derive(Debug)]
pub(in crate::machine) struct Book<T: Record> {
    limits: WindowLimits,
    shelf: Shelf<Arc<T>>,
    index: RapidHashMap<T::Id, Slot>,
    ended: BTreeSet<(Timestamp, Slot)>,
}

/// A book as it was at one moment.
pub(in crate::machine) type FrozenBook<T> = Shelf<Arc<T>>;

impl<T: Record> Book<T> {
    pub(in crate::machine) fn new(limits: WindowLimits) -> Self {
        Self {
            limits,
            shelf: Shelf::default(),
            index: RapidHashMap::default(),
            ended: BTreeSet::new(),
        }
    }

    pub(in crate::machine) fn open_count(&self) -> usize {
        self.shelf.len() - self.ended.len()
    }

    pub(in crate::machine) fn slot(&self, id: &T::Id) -> Option<Slot> {
        self.index.get(id).copied()
    }

    pub(in crate::machine) fn find(&self, id: &T::Id) -> Option<&Arc<T>> {
        self.shelf.get(self.slot(id)?)
    }

    pub(in crate::machine) fn at(&self, slot: Slot) -> Option<&Arc<T>> {
        self.shelf.get(slot)
    }

    /// The records that were opened after a position, in that order.
    pub(in crate::machine) fn opened_after(
        &self,
        position: Sequence,
    ) -> impl Iterator<Item = &Arc<T>> {
        let start = match position {
            Sequence::START => Slot::FIRST,
            _ => self
                .shelf
                .partition_point(|record| record.opened() <= position),
        };
        self.shelf.from(start).map(|(_, record)| record)
    }

    /// Takes a new record in. What is still known of an earlier one of that id is forgotten.
    pub(in crate::machine) fn open(&mut self, record: T) -> Slot {
        let id = record.id().clone();
        let slot = self.shelf.push(Arc::new(record));
        if let Some(earlier) = self.index.insert(id, slot)
            && let Some(earlier_record) = self.shelf.remove(earlier)
            && let Some(ended_at) = earlier_record.ended_at()
        {
            self.ended.remove(&(ended_at, earlier));
        }
        slot
    }

    /// Changes a record, and forgets those that have ended long enough ago when this one has just ended.
    pub(in crate::machine) fn change(&mut self, slot: Slot, change: impl FnOnce(&mut T)) {
        let Some(record) = self.shelf.get_mut(slot) else {
            return;
        };
        let record = Arc::make_mut(record);
        let before = record.ended_at();
        change(record);
        let Some(ended_at) = record.ended_at().filter(|_| before.is_none()) else {
            return;
        };
        self.ended.insert((ended_at, slot));
        while let Some(&(at, oldest)) = self.ended.first() {
            let aged = ended_at.millis_since(at) > self.limits.age_ms;
            if !aged && self.ended.len() <= self.limits.keys_max {
                break;
            }
            self.ended.pop_first();
            if let Some(forgotten) = self.shelf.remove(oldest) {
                self.index.remove(forgotten.id());
            }
        }
    }

    pub(in crate::machine) fn freeze(&self) -> FrozenBook<T> {
        self.shelf.clone()
    }

    pub(in crate::machine) fn thaw(frozen: &FrozenBook<T>, limits: WindowLimits) -> Self {
        let slots = || frozen.from(Slot::FIRST);
        let ended = slots().filter_map(|(slot, record)| Some((record.ended_at()?, slot)));
        Self {
            limits,
            index: slots()
                .map(|(slot, record)| (record.id().clone(), slot))
                .collect(),
            ended: ended.collect(),
            shelf: frozen.clone(),
        }
    }
}
