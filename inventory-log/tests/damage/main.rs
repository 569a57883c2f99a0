//! Damaged bytes: what is refused, what is buried, and that nothing is lost in silence.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod refused;
mod salvage;

use std::sync::Arc;

use inventory_core::conformance::{History, adjust, assert_same_image};
use inventory_core::engine::Recovery;
use inventory_core::machine::{Entry, Request};
use inventory_core::ports::{DeadLetters, EventLog, ReadError, Snapshot, SnapshotStore};
use inventory_core::testing::{Defect, ManualClock, with};
use inventory_core::vocabulary::{Epoch, Sequence, Timestamp};
use inventory_log::file::{Damage, FileOptions, FileStore, FindingKind, OpenError, open_on};
use inventory_log::testing::SimDisk;

const ACTIVE: &str = "events.log.jsonl";

const OPTIONS: FileOptions = FileOptions::new()
    .with_segment_bytes(1_200)
    .with_reserve_bytes(256)
    .with_prefill_bytes(64);

const ONE_SEGMENT: FileOptions = OPTIONS.with_segment_bytes(1 << 20);

fn open_with(disk: &SimDisk, options: FileOptions) -> Result<FileStore, OpenError> {
    open_on(
        Arc::new(disk.clone()),
        &ManualClock::at(Timestamp::UNIX_EPOCH),
        options,
    )
}

fn open(disk: &SimDisk) -> Result<FileStore, OpenError> {
    open_with(disk, OPTIONS)
}

/// One entry with one event.
fn entry(history: &mut History) -> Arc<Entry> {
    let key = format!("k{}", history.ledger().head().sequence)
        .parse()
        .unwrap();
    history.write(&Request::new(key, vec![adjust("tea", "north", 1)]).unwrap())
}

/// Appends entries, each in a group of its own.
fn append(store: &mut FileStore, history: &mut History, entries: usize) -> Vec<Arc<Entry>> {
    (0..entries)
        .map(|_| {
            let entry = entry(history);
            let head = store.log.head().sequence;
            store.log.append(head, &[Arc::clone(&entry)]).unwrap();
            entry
        })
        .collect()
}

fn read_all(store: &FileStore) -> Result<Vec<Arc<Entry>>, ReadError> {
    let reader = store.log.reader();
    let (mut entries, mut after) = (Vec::new(), reader.floor());
    loop {
        let page = reader.read(after, 2)?;
        let Some(last) = page.last() else {
            return Ok(entries);
        };
        after = last.last();
        entries.extend(page);
    }
}

/// A directory with a log of several segments, a snapshot and a dead letter, closed in good order.
fn small_directory() -> (SimDisk, Vec<Arc<Entry>>) {
    let disk = SimDisk::new(5);
    let mut store = open(&disk).unwrap();
    let mut history = History::new();
    let entries = append(&mut store, &mut history, 7);
    let snapshot = Snapshot {
        epoch: store.log.epoch(),
        replaces: None,
        image: history.ledger().freeze(),
    };
    store.snapshots.save(&snapshot).unwrap();
    drop(store);
    assert!(
        disk.names()
            .iter()
            .filter(|name| name.starts_with("events-"))
            .count()
            >= 1
    );
    (disk, entries)
}

/// A log of one segment whose process was killed.
fn killed_log(entries: usize) -> (SimDisk, Vec<Arc<Entry>>) {
    let disk = SimDisk::new(6);
    let mut store = open_with(&disk, ONE_SEGMENT).unwrap();
    let entries = append(&mut store, &mut History::new(), entries);
    let next = disk.kill();
    drop(store);
    (next, entries)
}

/// What a start says of a directory: everything is there, or which entries are missing and that somebody was told.
fn is_silent_loss(disk: &SimDisk, entries: &[Arc<Entry>]) -> Result<(), String> {
    let Ok(mut store) = open(disk) else {
        return Ok(());
    };
    let told = !store.findings.is_empty();
    match (read_all(&store), store.snapshots.load()) {
        // Recovery reads the log after the snapshot, so a short log beside it is noticed there.
        (Ok(found), Ok(Some(snapshot)))
            if snapshot.snapshot.image.head().sequence <= store.log.head().sequence =>
        {
            let whole = found == entries;
            if whole || told {
                Ok(())
            } else {
                Err(format!("{} entries, and nobody was told", found.len()))
            }
        }
        (Ok(_) | Err(_), Ok(_) | Err(_)) => Ok(()),
    }
}

fn flip_every_bit(stride: usize) -> Result<(), String> {
    let (disk, entries) = small_directory();
    for name in disk.names() {
        let content = disk.content(&name).unwrap();
        for bit in (0..content.len() * 8).step_by(stride) {
            let rotten = disk.fork();
            let mut bytes = content.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            rotten.put(&name, bytes);
            is_silent_loss(&rotten, &entries)
                .map_err(|what| format!("{name}, bit {bit}: {what}"))?;
        }
    }
    Ok(())
}

#[test]
fn no_flipped_bit_is_a_silent_loss() {
    flip_every_bit(1).unwrap();
    assert!(with(Defect::CrcNotChecked, || flip_every_bit(1)).is_err());
}

#[test]
fn no_file_that_was_cut_is_a_silent_loss() {
    let (disk, entries) = small_directory();
    for name in disk.names() {
        let content = disk.content(&name).unwrap();
        for length in 0..content.len() {
            let rotten = disk.fork();
            rotten.put(&name, content[..length].to_vec());
            is_silent_loss(&rotten, &entries)
                .unwrap_or_else(|what| panic!("{name}, cut to {length}: {what}"));
        }
    }
}

#[test]
fn a_lost_file_is_not_a_silent_loss() {
    let (disk, entries) = small_directory();
    for name in disk.names() {
        let rotten = disk.fork();
        rotten.lose(&name);
        let Ok(store) = open(&rotten) else { continue };
        // A log whose oldest segment is gone looks like a purged one: the snapshot says whether that is so.
        let kept = read_all(&store)
            .map(|found| found.len())
            .unwrap_or_default();
        let whole = kept == entries.len() || store.log.reader().floor() > Sequence::START;
        assert!(whole || name == "state.json", "{name}");
    }
}

#[test]
fn a_write_that_was_torn_at_any_byte_is_cut_off_and_buried() {
    let (disk, entries) = killed_log(3);
    let content = disk.content(ACTIVE).unwrap();
    let text = String::from_utf8_lossy(&content).into_owned();
    let last = text.find("{\"seq\":3").unwrap();
    let end = last + text[last..].find('\n').unwrap();
    for torn_at in last..=end {
        for padding in [b'\n', 0] {
            let torn = disk.fork();
            let mut bytes = content.clone();
            bytes[torn_at..=end].fill(padding);
            torn.put(ACTIVE, bytes);
            let store = open_with(&torn, ONE_SEGMENT).unwrap();
            // Its newline alone may be padding that was there before.
            let whole = torn_at == end && padding == b'\n';
            let kept = if whole { 3 } else { 2 };
            assert_eq!(
                read_all(&store).unwrap(),
                entries[..kept],
                "torn at {torn_at}"
            );
            let kinds: Vec<_> = store.findings.iter().map(|finding| finding.kind).collect();
            let expected = if whole || torn_at == last {
                vec![]
            } else {
                vec![FindingKind::TornWrite]
            };
            assert_eq!(kinds, expected, "torn at {torn_at}");
            let letters = store.dead_letters.letters().unwrap();
            let buried: Vec<_> = letters.iter().map(|letter| &letter.content[..]).collect();
            match kinds.is_empty() {
                true => assert!(buried.is_empty()),
                false => assert_eq!(buried, [&content[last..torn_at]]),
            }
        }
    }
}

#[test]
fn after_a_torn_write_the_sequence_goes_on_where_it_was() {
    let (disk, entries) = killed_log(3);
    let mut content = disk.content(ACTIVE).unwrap();
    let at = String::from_utf8_lossy(&content)
        .find("{\"seq\":3")
        .unwrap()
        + 40;
    content[at..].fill(b'\n');
    disk.put(ACTIVE, content);
    let mut store = open_with(&disk, ONE_SEGMENT).unwrap();
    assert_eq!(store.log.head().sequence, Sequence::new(2));
    let mut history = History::new();
    entries[..2].iter().for_each(|entry| history.follow(entry));
    let again = append(&mut store, &mut history, 1);
    drop(store);
    let store = open_with(&disk, ONE_SEGMENT).unwrap();
    assert_eq!(store.findings, []);
    assert_eq!(read_all(&store).unwrap(), [&entries[..2], &again].concat());
}

#[test]
fn half_a_line_that_a_stranger_appends_is_buried() {
    for ending in ["", "\n", "\n\n"] {
        for closed in [true, false] {
            let disk = SimDisk::new(1);
            let mut store = open_with(&disk, ONE_SEGMENT).unwrap();
            let entries = append(&mut store, &mut History::new(), 2);
            let disk = if closed { disk } else { disk.kill() };
            drop(store);
            let mut content = disk.content(ACTIVE).unwrap();
            content.extend_from_slice(b"{\"seq\":3,\"n\":1,\"gro");
            content.extend_from_slice(ending.as_bytes());
            disk.put(ACTIVE, content);
            let store = open_with(&disk, ONE_SEGMENT).unwrap();
            assert_eq!(store.findings.len(), 1);
            assert_eq!(read_all(&store).unwrap(), entries);
            drop(store);
            assert_eq!(
                open_with(&disk, ONE_SEGMENT).unwrap().findings,
                [],
                "it was cut off"
            );
        }
    }
}

#[test]
fn a_foreign_line_is_buried_once_and_read_over() {
    let (disk, entries) = small_directory();
    for name in [ACTIVE, "events-00000000000000000001.log.jsonl"] {
        let name = name.to_owned();
        let disk = disk.fork();
        let mut text = String::from_utf8(disk.content(&name).unwrap()).unwrap();
        let second = text.find('\n').unwrap() + 1;
        text.insert_str(second, "-- somebody was here\n");
        disk.put(&name, text.into_bytes());
        for _ in 0..2 {
            let store = open(&disk).unwrap();
            assert_eq!(read_all(&store).unwrap(), entries, "{name}");
            // A sealed segment is only read by those who ask for its positions.
            let expected = if name == ACTIVE { 1 } else { 0 };
            assert_eq!(store.findings.len(), expected);
            assert_eq!(store.dead_letters.letters().unwrap().len(), expected);
        }
    }
}
