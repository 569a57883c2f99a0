//! Directory lock: a directory has one owner. No removed file lets another one in, and should one get in all the same, the first
//! acknowledges nothing more and touches nothing.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use inventory_core::conformance::{History, adjust};
use inventory_core::machine::{Entry, Request};
use inventory_core::ports::{AppendError, EventLog, Snapshot, SnapshotStore};
use inventory_core::testing::{Defect, with};
use inventory_core::vocabulary::Sequence;
use inventory_log::SystemClock;
use inventory_log::file::{FileOptions, FileStore, OpenError, open, open_on};
use inventory_log::testing::SimDisk;

const ACTIVE: &str = "events.log.jsonl";

fn entry(history: &mut History) -> Arc<Entry> {
    let key = format!("k{}", history.ledger().head().sequence);
    let lines = vec![adjust("tea", "north", 1)];
    history.write(&Request::new(key.parse().unwrap(), lines).unwrap())
}

fn append(store: &mut FileStore, history: &mut History) -> Result<(), AppendError> {
    let head = store.log.head().sequence;
    store.log.append(head, &[entry(history)])
}

/// Everything but what a store needs.
fn remove_what_looks_useless(directory: &Path) {
    fs::write(directory.join("lock"), b"").unwrap();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_name().to_str().unwrap().starts_with("events") {
            fs::remove_file(entry.path()).unwrap();
        }
    }
}

fn contents(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(directory).unwrap().map(|entry| {
        let entry = entry.unwrap();
        let name = entry.file_name().to_str().unwrap().to_owned();
        (name, fs::read(entry.path()).unwrap())
    });
    files.collect()
}

fn second_owner_is_refused() -> bool {
    let directory = tempfile::tempdir().unwrap();
    let mut history = History::new();
    let mut first = open(directory.path(), FileOptions::default()).unwrap();
    append(&mut first, &mut history).unwrap();
    remove_what_looks_useless(directory.path());
    let second = open(directory.path(), FileOptions::default());
    matches!(second, Err(OpenError::InUse))
}

#[test]
fn no_file_that_is_removed_lets_a_second_owner_in() {
    assert!(second_owner_is_refused());
    assert!(!with(Defect::LockIsAFile, second_owner_is_refused));
}

#[test]
fn two_owners_cannot_both_acknowledge() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut history = History::new();
    let owner = || with(Defect::LockIsAFile, || open(path, FileOptions::default()));
    let mut first = owner().unwrap();
    append(&mut first, &mut history).unwrap();
    fs::remove_file(path.join("lock")).unwrap();

    let mut second = owner().unwrap();
    assert_eq!(second.log.head().sequence, Sequence::new(1));
    let before = contents(path);
    let (epoch, image) = (first.log.epoch(), history.ledger().freeze());
    let refused = append(&mut first, &mut History::after(second.log.head()));
    assert!(matches!(refused, Err(AppendError::OutcomeUnknown { .. })));
    let snapshot = Snapshot {
        epoch,
        replaces: None,
        image,
    };
    first.snapshots.save(&snapshot).unwrap_err();
    drop(first);
    assert_eq!(contents(path), before, "the first has touched something");

    append(&mut second, &mut history).unwrap();
    drop(second);
    let third = owner().unwrap();
    assert_eq!(
        (third.log.head(), third.findings),
        (history.ledger().head(), vec![])
    );
}

#[test]
fn a_snapshot_is_not_saved_over_another_owners() {
    let disk = SimDisk::new(1);
    let mut history = History::new();
    let disk_of = || Arc::new(disk.clone());
    let mut store = open_on(disk_of(), &SystemClock, FileOptions::default()).unwrap();
    append(&mut store, &mut history).unwrap();
    let content = disk.content(ACTIVE).unwrap();
    disk.put(ACTIVE, content);
    let (names, calls) = (disk.names(), disk.calls());
    let snapshot = Snapshot {
        epoch: store.log.epoch(),
        replaces: None,
        image: history.ledger().freeze(),
    };
    store.snapshots.save(&snapshot).unwrap_err();
    let looked = disk.calls() - calls;
    assert!(looked < 6, "{looked} calls to find that out");
    assert_eq!(disk.names(), names);
    append(&mut store, &mut history).unwrap_err();
}

#[test]
fn a_directory_that_is_moved_away_takes_its_owner_along() {
    let parent = tempfile::tempdir().unwrap();
    let (here, there) = (parent.path().join("data"), parent.path().join("moved"));
    let mut history = History::new();
    let mut first = open(&here, FileOptions::default()).unwrap();
    append(&mut first, &mut history).unwrap();
    fs::rename(&here, &there).unwrap();
    let mut second = open(&here, FileOptions::default()).unwrap();
    append(&mut second, &mut History::new()).unwrap();
    append(&mut first, &mut history).unwrap();
    drop((first, second));
    for (path, head) in [(&there, 2), (&here, 1)] {
        let store = open(path, FileOptions::default()).unwrap();
        assert_eq!(store.log.head().sequence, Sequence::new(head));
    }
}
