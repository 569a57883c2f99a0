//! Records that are opened, change, end, and are forgotten some time later: reservations and transfers.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::chunked_list::{ChunkedList, Slot};
use super::{IdIndex, WindowLimits};
use crate::defect;
use crate::machine::{HeldLine, Reservation, Transfer, TransferLine};
use crate::vocabulary::{ReservationId, Sequence, Timestamp, TransferId};

/// What [`Records`] keep.
pub(in crate::machine) trait Record: Clone {
    type Id: Clone + Eq;

    fn id(&self) -> &Self::Id;
    /// The hash that an id carries.
    fn hash_of(id: &Self::Id) -> u64;
    fn opened(&self) -> Sequence;
    fn ended_at(&self) -> Option<Timestamp>;
    /// What it takes in memory, with what it takes to find it.
    fn bytes(&self) -> usize;
}

/// What a record takes beside itself and its lines: its id, and its places in the indexes.
const INDEX_BYTES: usize = 256;

impl Record for Reservation {
    type Id = ReservationId;

    fn id(&self) -> &ReservationId {
        &self.id
    }

    fn hash_of(id: &ReservationId) -> u64 {
        id.hash_bits()
    }

    fn opened(&self) -> Sequence {
        self.opened
    }

    fn ended_at(&self) -> Option<Timestamp> {
        self.ended_at
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + INDEX_BYTES + self.lines.len() * size_of::<HeldLine>()
    }
}

impl Record for Transfer {
    type Id = TransferId;

    fn id(&self) -> &TransferId {
        &self.id
    }

    fn hash_of(id: &TransferId) -> u64 {
        id.hash_bits()
    }

    fn opened(&self) -> Sequence {
        self.opened
    }

    fn ended_at(&self) -> Option<Timestamp> {
        self.ended_at
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + INDEX_BYTES + self.lines.len() * size_of::<TransferLine>()
    }
}

/// Records in the order in which they were opened, found by their id. An open one is never forgotten; one that has ended
/// is, by age, by count and by bytes, like a key.
///
/// **Invariant**: `index` names each record of the list, `ended` each that has ended, and `ended_bytes` is what these take. A
/// record that has ended changes no more in what it takes.
#[derive(Debug)]
pub(in crate::machine) struct Records<T: Record> {
    limits: WindowLimits,
    /// Bytes of the records that have ended.
    ended_bytes: usize,
    list: ChunkedList<Arc<T>>,
    index: IdIndex<Slot>,
    ended: BTreeSet<(Timestamp, Slot)>,
}

/// Records as they were at one moment.
pub(in crate::machine) type FrozenRecords<T> = ChunkedList<Arc<T>>;

impl<T: Record> Records<T> {
    pub(in crate::machine) fn new(limits: WindowLimits) -> Self {
        Self {
            limits,
            ended_bytes: 0,
            list: ChunkedList::default(),
            index: IdIndex::default(),
            ended: BTreeSet::new(),
        }
    }

    pub(in crate::machine) fn open_count(&self) -> usize {
        self.list.len() - self.ended.len()
    }

    pub(in crate::machine) fn slot(&self, id: &T::Id) -> Option<Slot> {
        self.index
            .find(T::hash_of(id), |slot| is_of(&self.list, slot, id))
    }

    /// Where a record is that was opened at a position; not where an earlier one of that id is.
    pub(in crate::machine) fn opened_at(&self, id: &T::Id, position: Sequence) -> Option<Slot> {
        let slot = self.slot(id)?;
        let found = self.list.get(slot);
        found
            .is_some_and(|found| found.opened() == position)
            .then_some(slot)
    }

    pub(in crate::machine) fn find(&self, id: &T::Id) -> Option<&Arc<T>> {
        self.list.get(self.slot(id)?)
    }

    pub(in crate::machine) fn at(&self, slot: Slot) -> Option<&Arc<T>> {
        self.list.get(slot)
    }

    /// The records that were opened after a position, in that order.
    pub(in crate::machine) fn opened_after(
        &self,
        position: Sequence,
    ) -> impl Iterator<Item = &Arc<T>> {
        let start = match position {
            Sequence::START => Slot::FIRST,
            _ => self
                .list
                .partition_point(|record| record.opened() <= position),
        };
        self.list.from(start).map(|(_, record)| record)
    }

    /// Takes a new record in. What is still known of an earlier one of that id is forgotten.
    pub(in crate::machine) fn open(&mut self, record: T) -> Slot {
        let record = Arc::new(record);
        let slot = self.list.push(Arc::clone(&record));
        let id = record.id();
        let is_its = |slot| is_of(&self.list, slot, id);
        if let Some(earlier) = self.index.replace(T::hash_of(id), slot, is_its)
            && let Some(earlier_record) = self.list.remove(earlier)
            && let Some(ended_at) = earlier_record.ended_at()
        {
            self.ended.remove(&(ended_at, earlier));
            self.ended_bytes -= earlier_record.bytes();
        }
        slot
    }

    /// Changes a record, and forgets those that have ended long enough ago when this one has just ended.
    pub(in crate::machine) fn change(&mut self, slot: Slot, change: impl FnOnce(&mut T)) {
        let Some(record) = self.list.get_mut(slot) else {
            return;
        };
        let record = Arc::make_mut(record);
        let before = record.ended_at();
        change(record);
        let Some(ended_at) = record.ended_at().filter(|_| before.is_none()) else {
            return;
        };
        self.ended_bytes += record.bytes();
        self.ended.insert((ended_at, slot));
        while let Some(&(at, oldest)) = self.ended.first() {
            let aged = ended_at.millis_since(at) > self.limits.age_ms;
            let fits = self.ended.len() <= self.limits.keys_max
                && self.ended_bytes <= self.limits.bytes_max;
            if !aged && fits {
                break;
            }
            self.ended.pop_first();
            if let Some(forgotten) = self.list.remove(oldest) {
                if !defect!(ForgottenTakesRoom) {
                    self.ended_bytes -= forgotten.bytes();
                }
                self.index.remove(T::hash_of(forgotten.id()), oldest);
            }
        }
    }

    pub(in crate::machine) fn freeze(&self) -> FrozenRecords<T> {
        self.list.clone()
    }

    pub(in crate::machine) fn thaw(frozen: &FrozenRecords<T>, limits: WindowLimits) -> Self {
        let slots = || frozen.from(Slot::FIRST);
        let ended = slots().filter_map(|(slot, record)| Some((record.ended_at()?, slot)));
        let has_ended = slots().filter(|(_, record)| record.ended_at().is_some());
        Self {
            limits,
            ended_bytes: has_ended.map(|(_, record)| record.bytes()).sum(),
            index: IdIndex::of(slots().map(|(slot, record)| (T::hash_of(record.id()), slot))),
            ended: ended.collect(),
            list: frozen.clone(),
        }
    }
}

fn is_of<T: Record>(list: &ChunkedList<Arc<T>>, slot: Slot, id: &T::Id) -> bool {
    list.get(slot).is_some_and(|known| known.id() == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{HeldLine, ReservationState};
    use crate::vocabulary::Quantity;

    fn reservation(id: &str, opened: u64) -> Reservation {
        let at = Timestamp::from_millis(opened).unwrap();
        let line = HeldLine {
            product: "tea".parse().unwrap(),
            store: "north".parse().unwrap(),
            held: Quantity::ZERO,
            committed: Quantity::ZERO,
        };
        Reservation::open(id.parse().unwrap(), Sequence::new(opened), at, at, line)
    }

    fn end(records: &mut Records<Reservation>, slot: Slot, at_ms: u64) {
        records.change(slot, |reservation| {
            reservation.state = ReservationState::Released;
            reservation.ended_at = Some(Timestamp::from_millis(at_ms).unwrap());
        });
    }

    fn known(records: &Records<Reservation>) -> Vec<&str> {
        let all = records.opened_after(Sequence::START);
        let all: Vec<_> = all.map(|reservation| reservation.id.as_str()).collect();
        for id in &all {
            assert_eq!(records.find(&id.parse().unwrap()).unwrap().id.as_str(), *id);
        }
        assert_eq!(
            all.len(),
            records.index.len(),
            "what is not listed is not found"
        );
        all
    }

    fn records(age_ms: u64, keys_max: usize) -> Records<Reservation> {
        Records::new(WindowLimits {
            age_ms,
            keys_max,
            ..WindowLimits::default()
        })
    }

    #[test]
    fn what_has_ended_is_forgotten_by_age_once_something_else_ends() {
        let mut records = records(1_000, 100);
        let slots = ["a", "b", "c", "open"].map(|id| records.open(reservation(id, 1)));
        end(&mut records, slots[0], 10);
        end(&mut records, slots[1], 1_010);
        assert_eq!(known(&records), ["a", "b", "c", "open"]);
        end(&mut records, slots[2], 1_011);
        assert_eq!(known(&records), ["b", "c", "open"]);
        assert_eq!(records.open_count(), 1);
        assert!(records.at(slots[0]).is_none());
    }

    #[test]
    fn what_has_ended_is_forgotten_by_count_the_earliest_first() {
        let mut records = records(1_000, 2);
        let slots = ["a", "b", "c", "d"].map(|id| records.open(reservation(id, 1)));
        for (slot, at_ms) in [(2, 5), (0, 6), (3, 6)] {
            end(&mut records, slots[slot], at_ms);
        }
        assert_eq!(known(&records), ["a", "b", "d"]);
        // Of those that have ended at one moment, the one that was opened first.
        end(&mut records, slots[1], 6);
        assert_eq!(known(&records), ["b", "d"]);
        assert_eq!(records.open_count(), 0);
    }

    #[test]
    fn an_id_that_was_forgotten_is_used_again() {
        let mut records = records(1_000, 0);
        let first = records.open(reservation("a", 1));
        end(&mut records, first, 5);
        assert_eq!(known(&records), [""; 0]);
        let second = records.open(reservation("a", 2));
        assert_ne!(first, second);
        assert_eq!(
            records.find(&"a".parse().unwrap()).unwrap().opened,
            Sequence::new(2)
        );
        // Nobody ends the first one again.
        end(&mut records, first, 6);
        assert_eq!((known(&records), records.open_count()), (vec!["a"], 1));
    }

    #[test]
    fn a_new_record_takes_the_place_of_an_ended_one_of_its_id() {
        let mut records = records(1_000, 100);
        let slots = ["a", "b"].map(|id| records.open(reservation(id, 1)));
        end(&mut records, slots[0], 5);
        records.open(reservation("a", 2));
        assert_eq!((known(&records), records.open_count()), (vec!["b", "a"], 2));
        assert!(records.ended.is_empty());
    }

    #[test]
    fn a_record_that_has_ended_ends_once_however_often_it_changes() {
        let mut records = records(1_000, 1);
        let slots = ["a", "b"].map(|id| records.open(reservation(id, 1)));
        end(&mut records, slots[0], 5);
        end(&mut records, slots[0], 5);
        assert_eq!((known(&records), records.open_count()), (vec!["a", "b"], 1));
    }

    #[test]
    fn frozen_records_keep_what_they_saw_and_thaw_to_the_same() {
        let mut records = records(1_000, 2);
        let slots: Vec<_> = (0..300)
            .map(|number| records.open(reservation(&format!("r{number}"), number)))
            .collect();
        for (number, slot) in slots.iter().enumerate().skip(10).step_by(2) {
            end(&mut records, *slot, number as u64);
        }
        let frozen = records.freeze();
        let seen = known(&records).len();
        assert_eq!((seen, records.open_count()), (157, 155));
        let mut thawed = Records::thaw(&frozen, records.limits);
        assert_eq!(
            (known(&thawed), thawed.open_count()),
            (known(&records), 155)
        );
        for records in [&mut records, &mut thawed] {
            end(records, slots[0], 400);
        }
        assert_eq!(known(&thawed), known(&records));
        assert_eq!(frozen.len(), seen);
        let after: Vec<_> = records.opened_after(Sequence::new(296)).collect();
        assert_eq!(
            after.len(),
            3,
            "297 and 299 are open, 298 ended last but one"
        );
    }
}
