//! Reservations, transfers and alerts as the draft has them.

use std::sync::Arc;

use super::Draft;
use super::staged::Staged;
use super::staging::Staging;
use crate::machine::ledger::{ProductIx, RecordKeeper, StoreIx};
use crate::machine::{Alert, HeldLine, Reservation, Transfer, TransferLine};
use crate::vocabulary::{ReservationId, Sequence, Timestamp, TransferId};

impl Draft<'_> {
    /// A reservation that is open, or has ended not long ago.
    pub(in crate::machine) fn reservation(&self, id: &ReservationId) -> Option<&Arc<Reservation>> {
        let staged = &self.staging.reservations;
        staged.find(id, &self.ledger.reservations)
    }

    /// A transfer that is under way, or has ended not long ago.
    pub(in crate::machine) fn transfer(&self, id: &TransferId) -> Option<&Arc<Transfer>> {
        let staged = &self.staging.transfers;
        staged.find(id, &self.ledger.transfers)
    }
}

impl RecordKeeper for Draft<'_> {
    fn first(&self) -> Sequence {
        self.next()
    }

    fn hold(
        &mut self,
        id: &ReservationId,
        _level: (ProductIx, StoreIx),
        _deadline: Timestamp,
        line: HeldLine,
        new: impl FnOnce(HeldLine) -> Reservation,
    ) {
        let by = self.next();
        let Staging {
            reservations,
            opened,
            ..
        } = &mut *self.staging;
        if let Some(own) = reservations.own(id, by, &self.ledger.reservations) {
            own.lines.push(line);
        } else {
            opened.push(id.clone());
            reservations.insert(id.clone(), Staged::new(new(line), by));
        }
    }

    fn deadline(&self, id: &ReservationId) -> Option<Timestamp> {
        self.reservation(id).map(|known| known.deadline)
    }

    fn change_reservation(&mut self, id: &ReservationId, change: impl FnOnce(&mut Reservation)) {
        let by = self.next();
        let staged = &mut self.staging.reservations;
        if let Some(own) = staged.own(id, by, &self.ledger.reservations) {
            change(own);
        }
    }

    /// What of it is held the draft looks up where it lets it lapse.
    fn lapse(&mut self, _product: ProductIx, _at: Timestamp) {}

    fn ship(
        &mut self,
        id: &TransferId,
        line: TransferLine,
        new: impl FnOnce(TransferLine) -> Transfer,
    ) {
        let by = self.next();
        let staged = &mut self.staging.transfers;
        if let Some(own) = staged.own(id, by, &self.ledger.transfers) {
            own.lines.push(line);
        } else {
            staged.insert(id.clone(), Staged::new(new(line), by));
        }
    }

    fn change_transfer(&mut self, id: &TransferId, change: impl FnOnce(&mut Transfer)) {
        let by = self.next();
        let staged = &mut self.staging.transfers;
        if let Some(own) = staged.own(id, by, &self.ledger.transfers) {
            change(own);
        }
    }

    fn alert_at(&self, level: (ProductIx, StoreIx)) -> Option<Alert> {
        let staged = self.staging.alerts.get(&level).copied();
        staged.unwrap_or_else(|| self.known(level.0)?.alert(level.1))
    }

    fn set_alert(&mut self, level: (ProductIx, StoreIx), alert: Option<Alert>) {
        self.staging.alerts.insert(level, alert);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::{adjust, count};
    use crate::machine::{
        Close, Command, Commit, CommitLine, Decision, Extend, Hold, Ledger, Lines, Receive,
        ReceiveLine, Release, RemoveAlert, Request, SetAlert, Settlement, Ship, WindowLimits,
        apply, decide,
    };
    use crate::vocabulary::Units;

    fn hold(id: &str, product: &str, units: u64) -> Command {
        Hold::new(id, product, "north", units, 60).unwrap().into()
    }

    fn ship(id: &str, product: &str) -> Command {
        Ship::new(id, "north", "south", product, 3).unwrap().into()
    }

    fn commit_some(id: &str) -> Command {
        let line = CommitLine {
            product: "tea".parse().unwrap(),
            store: "north".parse().unwrap(),
            quantity: Units::new(1).unwrap(),
        };
        let lines = Some(Lines::new(vec![line]).unwrap());
        let reservation = id.parse().unwrap();
        Command::Commit(Commit { reservation, lines })
    }

    fn receive_some(id: &str) -> Command {
        let line = ReceiveLine {
            product: "tea".parse().unwrap(),
            quantity: Units::new(2).unwrap(),
        };
        let lines = Some(Lines::new(vec![line]).unwrap());
        let transfer = id.parse().unwrap();
        Command::Receive(Receive { transfer, lines })
    }

    fn groups() -> Vec<Vec<Vec<Command>>> {
        let extend = |id| Extend::new(id, 90).unwrap().into();
        let release = |id| Release::new(id).unwrap().into();
        let alert = || SetAlert::new("tea", "north", 2, 5).unwrap().into();
        let lost = || Close::new("t1", Settlement::Lost).unwrap().into();
        vec![
            vec![
                vec![adjust("tea", "north", 20), adjust("rice", "north", 20)],
                vec![hold("r1", "tea", 2), hold("r1", "rice", 3)],
                vec![hold("r2", "tea", 2), hold("r2", "rice", 3)],
                vec![commit_some("r1"), extend("r2")],
                vec![ship("t1", "tea"), ship("t1", "rice")],
                vec![alert(), hold("r3", "tea", 1)],
            ],
            vec![
                vec![receive_some("t1"), release("r2")],
                vec![lost(), count("tea", "north", 1)],
                vec![hold("r4", "rice", 1)],
                vec![hold("r5", "rice", 1), hold("r5", "tea", 99)],
                vec![adjust("tea", "north", 9)],
            ],
            vec![
                vec![release("r3"), hold("r6", "tea", 1), release("r6")],
                vec![RemoveAlert::new("tea", "north").unwrap().into()],
            ],
        ]
    }

    #[test]
    fn the_draft_shows_records_as_the_ledger_will_have_them() {
        let ids: [ReservationId; 6] = std::array::from_fn(|at| {
            let id = format!("r{}", at + 1);
            id.parse().unwrap()
        });
        let transfer = "t1".parse().unwrap();
        let level = (ProductIx(0), StoreIx(0));
        let mut ledger = Ledger::new(WindowLimits::default());
        let mut staging = Staging::default();
        let mut now = Timestamp::UNIX_EPOCH;
        let mut refused = 0;
        for group in groups() {
            let mut draft = Draft::new(&ledger, &mut staging, now);
            let mut entries = Vec::new();
            for commands in group {
                let request = Request::unkeyed(commands).unwrap();
                match decide(&mut draft, &request) {
                    Ok(Decision::New(effects)) => {
                        entries.push(draft.record(Some(&request), effects));
                    }
                    Ok(other) => panic!("{other:?}"),
                    Err(_) => refused += 1,
                }
            }
            let shown = ids.each_ref().map(|id| draft.reservation(id).cloned());
            let shown_transfer = draft.transfer(&transfer).cloned();
            let shown_alert = draft.alert_at(level);
            for entry in entries {
                assert_eq!(apply(&mut ledger, &entry), Ok(vec![]));
            }
            let known = ids.each_ref().map(|id| ledger.reservation(id).cloned());
            assert_eq!(shown.map(|it| it.map(Arc::unwrap_or_clone)), known);
            let shown_transfer = shown_transfer.map(Arc::unwrap_or_clone);
            assert_eq!(shown_transfer, ledger.transfer(&transfer).cloned());
            assert_eq!(shown_alert, ledger.alert_at(level));
            now = now.plus_millis(7);
        }
        let open = ids.iter().filter(|id| {
            let known = ledger.reservation(id);
            known.is_some_and(Reservation::is_open)
        });
        assert_eq!(open.map(ToString::to_string).collect::<Vec<_>>(), ["r4"]);
        assert_eq!((refused, ledger.alert_at(level)), (1, None));
    }
}
