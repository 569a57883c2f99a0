//! Starts that fail half-way: the next one repeats or finishes what the last one began.

use std::sync::Arc;

use inventory_core::conformance::{adjust, assert_same_image, count};
use inventory_core::engine::{Engine, OpenError, Opened};
use inventory_core::machine::{DeadLettered, Event};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{EventLog, Ports, SnapshotStore};
use inventory_core::testing::{Call, Faults, ManualClock};
use inventory_core::vocabulary::Epoch;

use crate::world::{letters, open, plant, salvage, submit};

/// A storage whose log has ended before its snapshot: the last sale is in the snapshot only.
fn damaged() -> MemoryStorage {
    let (storage, longer) = (MemoryStorage::new(), MemoryStorage::new());
    for (storage, sales) in [(&storage, 1), (&longer, 2)] {
        let mut opened = open(storage.ports()).expect("an empty storage opens");
        sell(&mut opened.engine, sales);
        opened.snapshotter.save().expect("memory never fails");
    }
    let newest = longer.snapshots().load().expect("memory never fails");
    let newest = newest.expect("a snapshot was saved").snapshot;
    storage
        .snapshots()
        .save(&newest)
        .expect("memory never fails");
    storage
}

fn sell(engine: &mut Engine, sales: usize) {
    submit(engine, count("tea", "north", 10)).expect("a count is always taken");
    for _ in 0..sales {
        submit(engine, adjust("tea", "north", -1)).expect("there is enough tea");
    }
}

fn failing(storage: &MemoryStorage, clock: &ManualClock, call: Call) -> Ports {
    let faults = Faults::new();
    faults.fail(0, call);
    let mut ports = faults.wrap(storage.ports());
    ports.clock = Arc::new(clock.clone());
    ports
}

#[test]
fn a_salvage_that_fails_before_its_snapshot_is_done_again() {
    for call in [Call::Load, Call::Bury, Call::Save] {
        let (storage, clock) = (damaged(), ManualClock::default());
        let failed = salvage(failing(&storage, &clock, call)).expect_err("storage fails");
        assert!(!failed.is_damage(), "{call:?}: {failed}");
        assert_eq!(storage.log().epoch(), Epoch::from_random(0));
        let refused = open(storage.ports()).expect_err("the damage is still there");
        assert!(matches!(refused, OpenError::LogEndsBeforeSnapshot { .. }));

        clock.advance_millis(1);
        salvage(storage.ports()).expect("storage works again");
        assert_eq!(
            letters(&storage).len(),
            1,
            "{call:?}: the loss is recorded once"
        );
        let opened = open(storage.ports()).expect("nothing is missing any more");
        assert_eq!(opened.report.lost, []);
    }
}

#[test]
fn a_salvage_whose_snapshot_is_saved_is_finished_by_any_start() {
    for start in [open, salvage] {
        let (storage, clock) = (damaged(), ManualClock::default());
        let failed = salvage(failing(&storage, &clock, Call::Restart)).expect_err("storage fails");
        assert!(matches!(failed, OpenError::Storage(_)), "{failed}");
        assert_eq!(
            storage.log().epoch(),
            Epoch::from_random(0),
            "not restarted yet"
        );
        let saved = storage.snapshots().load().expect("memory never fails");
        let saved = saved.expect("the salvage has saved one").snapshot;
        assert_eq!(saved.replaces, Some(Epoch::from_random(0)));

        // A clock that has moved on must not make it another epoch.
        clock.advance_millis(1);
        let mut ports = storage.ports();
        ports.clock = Arc::new(clock.clone());
        let Opened {
            mut engine, report, ..
        } = start(ports).expect("finishes the restart");
        assert_eq!(storage.log().epoch(), saved.epoch);
        assert_eq!(engine.reader().epoch(), saved.epoch);
        assert_eq!(report.lost, [], "it was recorded by the start before");
        assert!(report.is_degraded());
        assert_eq!(letters(&storage).len(), 1);
        assert_same_image(&engine.reader().image(), &saved.image);

        let receipt =
            submit(&mut engine, count("tea", "north", 1)).expect("a count is always taken");
        assert_eq!(receipt.entry.first.number(), 4);
        let again = open(storage.ports()).expect("nothing is left to do");
        assert_eq!(again.report.events_replayed, 1);
        assert_same_image(&again.engine.reader().image(), &engine.reader().image());
    }
}

#[test]
fn a_restart_that_fails_when_it_is_finished_is_finished_later() {
    let (storage, clock) = (damaged(), ManualClock::default());
    for start in [salvage, open, open] {
        let failed = start(failing(&storage, &clock, Call::Restart)).expect_err("storage fails");
        assert!(matches!(failed, OpenError::Storage(_)), "{failed}");
    }
    let opened = open(storage.ports()).expect("finishes the restart");
    assert_eq!(opened.engine.reader().head().sequence.number(), 3);
    assert_eq!(letters(&storage).len(), 1);
}

#[test]
fn poison_is_buried_once_however_often_the_burial_fails() {
    let (storage, clock) = (MemoryStorage::new(), ManualClock::default());
    let event = DeadLettered {
        product: None,
        version: None,
        raw: "?".into(),
    };
    plant(&storage, Event::DeadLettered(event));
    for call in [Call::Bury, Call::Letters, Call::Letters] {
        let failed = open(failing(&storage, &clock, call)).expect_err("storage fails");
        assert!(matches!(failed, OpenError::Storage(_)), "{failed}");
    }
    let opened = open(storage.ports()).expect("storage works again");
    assert_eq!(opened.report.dead_letters, 1);
    assert_eq!(letters(&storage).len(), 1);
}
