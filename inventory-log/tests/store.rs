//! File store as a program uses it: reopened, sealed, purged, restarted, full, poisoned, locked, and read meanwhile.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use inventory_core::conformance::{History, adjust};
use inventory_core::machine::{Entry, Request};
use inventory_core::ports::{AppendError, EventLog, LogReader, ReadError, Snapshot, SnapshotStore};
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{Epoch, Sequence, Timestamp};
use inventory_log::file::{FileOptions, FileStore, OpenError, open, open_on};
use inventory_log::testing::{Call, Fault, SimDisk};

const SMALL: FileOptions = FileOptions::new()
    .with_segment_bytes(3_000)
    .with_reserve_bytes(1_024)
    .with_prefill_bytes(512);

fn open_sim(disk: &SimDisk) -> FileStore {
    open_on(
        Arc::new(disk.clone()),
        &ManualClock::at(Timestamp::UNIX_EPOCH),
        SMALL,
    )
    .unwrap()
}

fn entries(history: &mut History, count: usize) -> Vec<Arc<Entry>> {
    (0..count)
        .map(|_| {
            let key = format!("k{}", history.ledger().head().sequence)
                .parse()
                .unwrap();
            let lines = vec![adjust("tea", "north", 1), adjust("tea", "south", 2)];
            history.write(&Request::new(key, lines).unwrap())
        })
        .collect()
}

fn append(store: &mut FileStore, group: &[Arc<Entry>]) -> Result<(), AppendError> {
    let head = store.log.head().sequence;
    store.log.append(head, group)
}

fn read_from(reader: &dyn LogReader, mut after: Sequence, page: usize) -> Vec<Arc<Entry>> {
    let mut entries = Vec::new();
    while let Some(last) = {
        let page = reader.read(after, page).unwrap();
        entries.extend(page.iter().cloned());
        page.last().map(|last| last.last())
    } {
        after = last;
    }
    entries
}

#[test]
fn a_closed_log_is_lines_and_nothing_else() {
    let disk = SimDisk::new(1);
    let mut store = open_sim(&disk);
    append(&mut store, &entries(&mut History::new(), 3)).unwrap();
    assert!(
        disk.content("events.log.jsonl").unwrap().ends_with(&[0; 9]),
        "it is open"
    );
    drop(store);
    let content = String::from_utf8(disk.content("events.log.jsonl").unwrap()).unwrap();
    let lines = content.strip_suffix("\n\n").unwrap().lines();
    assert_eq!(
        lines
            .map(serde_json::from_str::<serde_json::Value>)
            .filter(Result::is_ok)
            .count(),
        4
    );
    let writes = disk.calls_of(Call::Write);
    drop(open_sim(&disk));
    assert_eq!(
        disk.calls_of(Call::Write),
        writes,
        "nothing is written to open a log that was closed"
    );
}

#[test]
fn one_append_is_one_write_and_one_sync() {
    let disk = SimDisk::new(1);
    let mut store = open_sim(&disk);
    let mut history = History::new();
    append(&mut store, &entries(&mut history, 1)).unwrap();
    let before = (
        disk.calls(),
        disk.calls_of(Call::Write),
        disk.calls_of(Call::Sync),
    );
    append(&mut store, &entries(&mut history, 1)).unwrap();
    let after = (
        disk.calls(),
        disk.calls_of(Call::Write),
        disk.calls_of(Call::Sync),
    );
    // The other two look whether the directory is still ours.
    assert_eq!(after, (before.0 + 4, before.1 + 1, before.2 + 1));
}

#[test]
fn readers_follow_the_log_across_segments() {
    let disk = SimDisk::new(1);
    let mut store = open_sim(&disk);
    let mut history = History::new();
    let reader = store.log.reader();
    let (mut followed, mut all, mut after) = (Vec::new(), Vec::new(), Sequence::START);
    for _ in 0..30 {
        let group = entries(&mut history, 2);
        append(&mut store, &group).unwrap();
        all.extend(group);
        followed.extend(reader.read(after, 3).unwrap());
        after = followed
            .last()
            .map_or(after, |last: &Arc<Entry>| last.last());
    }
    followed.extend(read_from(&*reader, after, 5));
    assert_eq!(followed, all);
    assert!(disk.names().len() > 4, "{:?}", disk.names());
    // From any position, on a reader that is used for all of them, and after the log was opened again.
    drop(store);
    let store = open_sim(&disk);
    let reader = store.log.reader();
    for after in 0..all.len() as u64 * 2 {
        let page = reader.read(Sequence::new(after), 1).unwrap();
        assert_eq!(
            page,
            [Arc::clone(&all[after as usize / 2])],
            "after {after}"
        );
    }
}

#[test]
fn a_reader_is_told_what_was_purged_also_while_it_reads() {
    let disk = SimDisk::new(1);
    let mut store = open_sim(&disk);
    let mut history = History::new();
    for _ in 0..20 {
        append(&mut store, &entries(&mut history, 1)).unwrap();
    }
    let reader = store.log.reader();
    let page = reader.read(Sequence::START, 1).unwrap();
    let files = disk.names().len();
    store.log.purge(Sequence::new(30)).unwrap();
    assert!(disk.names().len() < files);
    let floor = reader.floor();
    assert!(Sequence::START < floor && floor <= Sequence::new(30));
    assert!(
        matches!(reader.read(page[0].last(), 1), Err(ReadError::Purged { floor: told }) if told == floor)
    );
    assert_eq!(
        read_from(&*reader, floor, 100).last().unwrap().last(),
        store.log.head().sequence
    );
    drop(store);
    assert_eq!(open_sim(&disk).log.reader().floor(), floor);
}

/// Removing a segment of a disk that is busy took a quarter of a second, and there may be hundreds when somebody has just said
/// that less is to be kept.
#[test]
fn a_purge_gives_up_one_segment_at_a_time() {
    let disk = SimDisk::new(1);
    let mut store = open_sim(&disk);
    let mut history = History::new();
    for _ in 0..40 {
        append(&mut store, &entries(&mut history, 1)).unwrap();
    }
    let segments = || {
        let names = disk.names().into_iter();
        names.filter(|name| name.ends_with(".log.jsonl")).count()
    };
    let head = store.log.head().sequence;
    let sealed = segments() - 1;
    assert!(sealed > 3, "there are {sealed}");
    let mut removals = Vec::new();
    for left in (0..sealed).rev() {
        let (before, floor) = (disk.calls_of(Call::Remove), store.log.reader().floor());
        store.log.purge(head).unwrap();
        assert_eq!(segments(), 1 + left);
        assert!(store.log.reader().floor() > floor);
        removals.push(disk.calls_of(Call::Remove) - before);
    }
    // A segment, and its index where there is one.
    assert!(
        removals.iter().all(|removed| (1..=2).contains(removed)),
        "{removals:?}"
    );
    let before = disk.calls();
    store.log.purge(head).unwrap();
    assert_eq!(disk.calls(), before, "the active segment stays");
}

#[test]
fn a_full_disk_takes_nothing_and_goes_on_when_there_is_room() {
    let disk = SimDisk::new(1);
    let mut store = open_sim(&disk);
    let mut history = History::new();
    let mut all = entries(&mut history, 1);
    append(&mut store, &all).unwrap();
    disk.set_full(true);
    // More than there is room for already.
    let group = entries(&mut history, 30);
    for _ in 0..3 {
        assert!(matches!(
            append(&mut store, &group),
            Err(AppendError::NotWritten { .. })
        ));
    }
    let image = history.ledger().freeze();
    let epoch = store.log.epoch();
    assert!(
        store
            .snapshots
            .save(&Snapshot {
                epoch,
                replaces: None,
                image
            })
            .is_err()
    );
    assert_eq!(read_from(&*store.log.reader(), Sequence::START, 9), all);
    disk.set_full(false);
    append(&mut store, &group).unwrap();
    all.extend(group);
    drop(store);
    let store = open_sim(&disk);
    assert_eq!(store.findings, []);
    assert_eq!(read_from(&*store.log.reader(), Sequence::START, 9), all);
}

#[test]
fn a_disk_that_is_too_full_to_seal_a_segment_lets_it_grow() {
    lets_the_segment_grow(Fault::NoSpace);
}

#[test]
fn a_lack_of_descriptors_to_seal_a_segment_lets_it_grow() {
    lets_the_segment_grow(Fault::NoDescriptors);
}

/// No next segment can be made for a while.
fn lets_the_segment_grow(fault: Fault) {
    let disk = SimDisk::new(1);
    let mut store = open_sim(&disk);
    let mut history = History::new();
    let mut all = Vec::new();
    for at in 0..20 {
        disk.disarm();
        if at < 15 {
            disk.arm(Some(Call::Create), 1, fault);
        }
        let group = entries(&mut history, 1);
        append(&mut store, &group).unwrap();
        all.extend(group);
    }
    assert!(
        disk.names().iter().any(|name| name.starts_with("events-")),
        "it is sealed once there is room"
    );
    drop(store);
    assert_eq!(
        read_from(&*open_sim(&disk).log.reader(), Sequence::START, 9),
        all
    );
}

#[test]
fn after_a_failed_sync_no_sync_is_tried_again() {
    for fault in [Fault::Eio, Fault::SyncLosesPages, Fault::NoSpace] {
        let disk = SimDisk::new(1);
        let mut store = open_sim(&disk);
        let mut history = History::new();
        append(&mut store, &entries(&mut history, 1)).unwrap();
        disk.arm(Some(Call::Sync), 1, fault);
        let group = entries(&mut history, 1);
        assert!(matches!(
            append(&mut store, &group),
            Err(AppendError::OutcomeUnknown { .. })
        ));
        let calls = disk.calls();
        assert!(matches!(
            append(&mut store, &group),
            Err(AppendError::OutcomeUnknown { .. })
        ));
        assert!(store.log.purge(Sequence::new(1)).is_err());
        drop(store);
        assert_eq!(
            disk.calls(),
            calls,
            "a poisoned log does not touch the disk"
        );
    }
}

#[test]
fn a_restart_sets_the_history_aside_and_can_be_interrupted_anywhere() {
    let (head, epoch) = (History::new().ledger().head(), Epoch::from_random(77));
    for crash_at in 1.. {
        let disk = SimDisk::new(crash_at);
        let mut store = open_sim(&disk);
        let mut history = History::new();
        for _ in 0..12 {
            append(&mut store, &entries(&mut history, 1)).unwrap();
        }
        let (old_head, old_epoch) = (store.log.head(), store.log.epoch());
        let segments = disk
            .names()
            .iter()
            .filter(|name| name.ends_with(".log.jsonl"))
            .count();
        disk.arm(None, crash_at, Fault::Crash);
        let restarted = store.log.restart(head, epoch).is_ok();
        drop(store);
        let disk = disk.power_cut(|unit| (unit as u64 ^ crash_at).is_multiple_of(3));
        let mut store = open_sim(&disk);
        let is_new = (store.log.head(), store.log.epoch()) == (head, epoch);
        let is_old = (store.log.head(), store.log.epoch()) == (old_head, old_epoch);
        assert!(is_new || (is_old && !restarted), "call {crash_at}");
        store.log.restart(head, epoch).unwrap();
        assert_eq!(read_from(&*store.log.reader(), Sequence::START, 9), []);
        append(&mut store, &entries(&mut History::new(), 1)).unwrap();
        let aside = disk
            .names()
            .iter()
            .filter(|name| name.contains(".aside-"))
            .count();
        // A start after a kill begins another segment.
        assert!(aside >= segments, "nothing is deleted");
        if restarted {
            break;
        }
    }
}

#[test]
fn a_directory_is_used_by_one_at_a_time_and_the_lock_dies_with_its_owner() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("some/where");
    let store = open(&path, FileOptions::default()).unwrap();
    assert!(matches!(
        open(&path, FileOptions::default()),
        Err(OpenError::InUse)
    ));
    let FileStore {
        log,
        snapshots,
        dead_letters,
        ..
    } = store;
    drop((log, dead_letters));
    assert!(
        matches!(open(&path, FileOptions::default()), Err(OpenError::InUse)),
        "a part of it lives"
    );
    drop(snapshots);
    drop(open(&path, FileOptions::default()).unwrap());

    let disk = SimDisk::new(1);
    let store = open_sim(&disk);
    let next = disk.kill();
    drop(open_sim(&next));
    drop(store);
}

#[test]
fn every_refusal_names_the_file_and_what_to_do() {
    let disk = SimDisk::new(1);
    let mut store = open_sim(&disk);
    append(&mut store, &entries(&mut History::new(), 1)).unwrap();
    drop(store);
    let content = disk.content("events.log.jsonl").unwrap();
    disk.put("events.log.jsonl", content[..content.len() - 9].to_vec());
    let refused = open_on(
        Arc::new(disk),
        &ManualClock::at(Timestamp::UNIX_EPOCH),
        SMALL,
    )
    .unwrap_err();
    let said = refused.to_string();
    assert!(
        said.contains("events.log.jsonl") && said.contains("Recovery::Quarantine"),
        "{said}"
    );
    assert!(std::error::Error::source(&refused).is_some());
}
