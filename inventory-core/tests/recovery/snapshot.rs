//! Snapshots that are damaged, newer, or of another log.

use inventory_core::conformance::assert_same_image;
use inventory_core::engine::OpenError;
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{LoadError, Ports, Snapshot, SnapshotStore, StorageError};
use inventory_core::vocabulary::Epoch;

use crate::broken::{GappyLog, UnreadableSnapshots};
use crate::past::{expect_refused, loss, ports, six};
use crate::world::{letters, open, salvage, state};

#[test]
fn a_snapshot_of_another_log_is_refused() {
    let (entries, whole) = six();
    let storage = MemoryStorage::new();
    let epoch = Epoch::from_random(99);
    let (replaces, image) = (None, whole.clone());
    let foreign = Snapshot {
        epoch,
        replaces,
        image,
    };
    storage
        .snapshots()
        .save(&foreign)
        .expect("memory never fails");
    let log = GappyLog::new(0, whole.head(), &entries);
    let refused = expect_refused(&storage, &log);
    assert!(
        matches!(refused, OpenError::ForeignSnapshot { snapshot, log }
            if (snapshot, log) == (epoch, Epoch::from_random(0))),
        "{refused:?}"
    );
}

fn with_unreadable(mut ports: Ports, storage: &MemoryStorage, error: LoadError) -> Ports {
    ports.snapshots = Box::new(UnreadableSnapshots {
        store: storage.snapshots(),
        error: Some(error),
    });
    ports
}

fn damaged() -> LoadError {
    LoadError::Damaged {
        cause: "a bit has flipped".into(),
    }
}

#[test]
fn a_damaged_snapshot_costs_a_full_replay() {
    let (entries, whole) = six();
    let storage = MemoryStorage::new();
    let log = GappyLog::new(0, whole.head(), &entries);
    let ports = with_unreadable(ports(&storage, &log), &storage, damaged());
    let opened = open(ports).expect("the log has everything");
    assert!(opened.report.snapshot_unusable.is_some());
    assert_eq!(opened.report.from_snapshot, None);
    assert_eq!(opened.report.events_replayed, 6);
    assert_same_image(&opened.engine.reader().image(), &whole);
}

#[test]
fn a_damaged_snapshot_of_a_purged_log_is_refused_or_counts_as_lost() {
    let (entries, whole) = six();
    let storage = MemoryStorage::new();
    let log = GappyLog::new(4, whole.head(), &entries[4..]);
    let unreadable = || with_unreadable(ports(&storage, &log), &storage, damaged());
    let refused = open(unreadable()).expect_err("nobody knows what was there");
    assert!(matches!(refused, OpenError::Snapshot { floor, .. } if floor.number() == 4));
    assert!(refused.is_damage());
    assert_eq!(letters(&storage), []);

    let salvaged = salvage(unreadable()).expect("told to go on");
    assert_eq!(salvaged.report.lost, [loss(0, 5)]);
    let again = open(ports(&storage, &log)).expect("nothing is missing any more");
    assert_eq!(again.report.lost, []);
    assert_eq!(
        state(&again.engine, "rice"),
        (3, 3, false),
        "its last event says all of it"
    );
}

#[test]
fn a_snapshot_that_may_be_fine_is_never_passed_over() {
    let (entries, whole) = six();
    let newer = LoadError::NewerFormat { found: 2, known: 1 };
    let failed = LoadError::Failed(StorageError::new("reading the snapshot", "no answer"));
    for error in [newer, failed] {
        let storage = MemoryStorage::new();
        let log = GappyLog::new(0, whole.head(), &entries);
        let ports = with_unreadable(ports(&storage, &log), &storage, error);
        let refused = open(ports).expect_err("the snapshot may be fine");
        assert!(matches!(refused, OpenError::Snapshot { .. }), "{refused:?}");
        assert!(!refused.is_damage());
    }
}
