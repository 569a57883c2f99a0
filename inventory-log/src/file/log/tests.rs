//! Room and memory of a log: what it does with its room, and what it keeps of a group that it has written.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use inventory_core::conformance::{History, adjust};
use inventory_core::machine::{Entry, Head, Request};
use inventory_core::ports::{AppendError, EventLog};
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{Epoch, Sequence};

use super::FileLog;
use super::group::BYTES_KEPT;
use crate::codec::record;
use crate::file::names::{ACTIVE, sealed_name};
use crate::file::{FileOptions, open_on};
use crate::testing::{Call, SimDisk};

fn open(disk: &SimDisk, options: FileOptions) -> FileLog {
    let disk = Arc::new(disk.clone());
    open_on(disk, &ManualClock::default(), options).unwrap().log
}

/// A request of so many lines, written to the history and not to the log.
fn entry(history: &mut History, lines: usize) -> Arc<Entry> {
    let lines = (0..lines).map(|_| adjust("tea", "north", 1));
    history.write(&Request::unkeyed(lines.collect()).unwrap())
}

fn append(log: &mut FileLog, entry: &Arc<Entry>) -> Result<(), AppendError> {
    log.append(log.head().sequence, &[Arc::clone(entry)])
}

#[test]
fn what_was_reserved_and_prepared_is_used_to_the_last_byte() {
    let (disk, mut history) = (SimDisk::new(3), History::new());
    let entries: Vec<_> = (0..9).map(|_| entry(&mut history, 1)).collect();
    let bytes = |entry: &Arc<Entry>| {
        let mut line = Vec::new();
        record::encode(&mut line, entry, entry.first);
        line.len() as u64
    };
    let line_bytes = bytes(&entries[0]);
    assert!(entries.iter().all(|entry| bytes(entry) == line_bytes));
    // With the first group, room is made for eight more of its size, and as much is prepared.
    let options = FileOptions {
        reserve_bytes: 0,
        prefill_bytes: 8 * line_bytes,
        ..FileOptions::default()
    };
    let mut log = open(&disk, options);
    append(&mut log, &entries[0]).unwrap();
    let (size, extends) = (log.size, disk.calls_of(Call::Extend));
    disk.set_full(true);
    for entry in &entries[1..] {
        append(&mut log, entry).unwrap();
    }
    assert_eq!((log.size, log.end), (size, size - 2));
    assert_eq!(disk.calls_of(Call::Extend), extends);
    let content = disk.content(ACTIVE).unwrap();
    assert!(content.ends_with(b"}\n\0\0"), "nothing more is prepared");
    let refused = append(&mut log, &entry(&mut history, 1));
    assert!(matches!(refused, Err(AppendError::NotWritten { .. })));
}

#[test]
fn a_full_disk_leaves_a_new_segment_as_it_was() {
    let (disk, mut history) = (SimDisk::new(3), History::new());
    let options = FileOptions {
        segment_bytes: 1,
        ..FileOptions::default()
    };
    let mut log = open(&disk, options);
    append(&mut log, &entry(&mut history, 1)).unwrap();
    let before = disk.content(ACTIVE);
    disk.set_full(true);
    let large = entry(&mut history, 30);
    let refused = append(&mut log, &large);
    assert!(matches!(refused, Err(AppendError::NotWritten { .. })));
    assert_eq!(disk.content(ACTIVE), before);
    disk.set_full(false);
    append(&mut log, &large).unwrap();
    assert_eq!(log.layout.read().sealed.len(), 2);
}

#[test]
fn a_segment_is_known_again_until_it_is_purged_or_its_history_set_aside() {
    let (disk, mut history) = (SimDisk::new(3), History::new());
    let options = FileOptions {
        segment_bytes: 1,
        ..FileOptions::default()
    };
    let mut log = open(&disk, options);
    let [first, second] = [1, 2].map(Sequence::new);
    let mut oldest = log.layout.read().locate(first);
    assert_eq!(oldest.name, ACTIVE);
    append(&mut log, &entry(&mut history, 1)).unwrap();
    append(&mut log, &entry(&mut history, 1)).unwrap();
    assert!(log.layout.read().refresh(&mut oldest));
    assert_eq!(
        (oldest.name.clone(), oldest.last),
        (sealed_name(first), first)
    );
    let mut next = log.layout.read().locate(second);
    log.purge(first).unwrap();
    assert!(!log.layout.read().refresh(&mut oldest.clone()));
    assert!(log.layout.read().refresh(&mut next));
    log.restart(Head::default(), Epoch::from_random(9)).unwrap();
    // The new history has a segment that begins there too.
    assert_eq!(log.layout.read().locate(first).first, oldest.first);
    assert!(!log.layout.read().refresh(&mut oldest));
    assert!(!log.layout.read().refresh(&mut next));
}

#[test]
fn the_bytes_after_a_position_are_those_of_its_segment_and_of_all_behind_it() {
    let (disk, mut history) = (SimDisk::new(3), History::new());
    let options = FileOptions {
        segment_bytes: 700,
        ..FileOptions::default()
    };
    let mut log = open(&disk, options);
    for _ in 0..20 {
        append(&mut log, &entry(&mut history, 1)).unwrap();
    }
    let (mut segments, active) = {
        let layout = log.layout.read();
        let sealed = layout
            .sealed
            .iter()
            .map(|sealed| (sealed.last, sealed_name(sealed.first)));
        (sealed.collect::<Vec<_>>(), layout.active.last)
    };
    assert!(segments.len() > 3, "{segments:?}");
    segments.push((active, ACTIVE.to_owned()));
    let bytes = |name: &str| {
        let content = disk.content(name).unwrap();
        let last = content.iter().rposition(|byte| !matches!(byte, b'\n' | 0));
        last.unwrap() as u64 + 2
    };
    for after in 0..=20 {
        let after = Sequence::new(after);
        let behind = segments.iter().filter(|(last, _)| *last > after);
        let expected: u64 = behind.map(|(_, name)| bytes(name)).sum();
        assert_eq!(
            log.reader().bytes_after(after).unwrap(),
            expected,
            "{after}"
        );
    }
}

#[test]
fn what_a_large_group_needed_is_given_back_by_the_next_small_one() {
    let mut log = open(&SimDisk::new(3), FileOptions::default());
    let mut history = History::new();
    let mut append = |lines: usize| {
        let line = |at| adjust(&format!("product-{at}"), "north", 1);
        let request = Request::unkeyed((0..lines).map(line).collect()).unwrap();
        let entries = [history.write(&request)];
        log.append(log.head().sequence, &entries).unwrap();
        (log.head().sequence, log.group.bytes.capacity())
    };
    let (first, small) = append(1);
    let (second, large) = append(10_000);
    assert_eq!(second.events_since(first), 10_000, "it is written");
    assert!(small > 0 && small <= BYTES_KEPT, "{small}");
    assert!(large > BYTES_KEPT, "{large}");
    assert_eq!(append(9_000).1, large, "it is used again");
    let after = append(1).1;
    assert!(after <= BYTES_KEPT, "{after}");
}
