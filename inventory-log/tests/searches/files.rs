//! Index files: when they come and go, and what happens when they are damaged.

use std::sync::Arc;

use inventory_core::engine::Recovery;
use inventory_core::machine::{Head, Ledger, WindowLimits};
use inventory_core::ports::{EntryFilter, EventLog, ReadError, Snapshot, SnapshotStore, Wanted};
use inventory_core::vocabulary::{Chain, Epoch, Sequence, Timestamp};
use inventory_log::file::FileStore;
use inventory_log::testing::{Call, Fault, SimDisk};

use super::scan::{answers, compare};
use super::{append, open, open_with, sidecars};

/// A log of several segments, each with an index.
fn indexed() -> SimDisk {
    let disk = SimDisk::new(3);
    let mut store = open(&disk);
    append(&mut store, 60);
    save(&mut store);
    assert!(sidecars(&disk).len() > 4, "{:?}", disk.names());
    assert_eq!(sidecars(&disk).len(), segments(&disk).len());
    disk
}

/// Saves a snapshot of nothing: what matters is that one is saved.
fn save(store: &mut FileStore) {
    let snapshot = Snapshot {
        epoch: Epoch::from_random(1),
        replaces: None,
        image: Ledger::new(WindowLimits::default()).freeze(),
    };
    store.snapshots.save(&snapshot).unwrap();
}

fn segments(disk: &SimDisk) -> Vec<String> {
    let mut names = disk.names();
    names.retain(|name| name.starts_with("events-") && name.ends_with(".log.jsonl"));
    names
}

#[test]
fn an_index_goes_with_its_segment() {
    let disk = indexed();
    let mut store = open(&disk);
    store.log.purge(Sequence::new(30)).unwrap();
    assert_eq!(sidecars(&disk).len(), segments(&disk).len());
    let head = Head {
        sequence: Sequence::new(7),
        chain: Chain::from_bits(7),
        recorded_at: Timestamp::UNIX_EPOCH,
    };
    store.log.restart(head, Epoch::from_random(9)).unwrap();
    assert_eq!(sidecars(&disk), [""; 0]);
    append(&mut store, 60);
    compare(&*store.log.reader(), 7);
}

/// Sorting and writing an index takes longer than any request, so it waits for who saves snapshots, but not for ever.
#[test]
fn an_index_is_written_with_the_next_snapshot() {
    let disk = SimDisk::new(5);
    let mut store = open(&disk);
    let reader = store.log.reader();
    while segments(&disk).len() < 4 {
        append(&mut store, 1);
        assert_eq!(sidecars(&disk), [""; 0], "it is in memory");
    }
    compare(&*reader, 30);
    assert_eq!(sidecars(&disk), [""; 0], "a search needs no file of it");
    save(&mut store);
    assert_eq!(sidecars(&disk).len(), segments(&disk).len());
    compare(&*reader, 30);

    append(&mut store, 60);
    let (written, sealed) = (sidecars(&disk).len(), segments(&disk).len());
    assert!(0 < written && written < sealed, "{written} of {sealed}");
    compare(&*reader, 30);
}

#[test]
fn an_index_of_no_segment_is_removed_when_the_log_is_opened() {
    let disk = indexed();
    let names = sidecars(&disk);
    for stray in [
        "events-00000000000000000002.index",
        "events-00000000000000000001.index.tmp",
    ] {
        disk.put(stray, b"invindex".to_vec());
    }
    let foreign = ["events-1.index", "orders.index"];
    for name in foreign {
        disk.put(name, b"somebody else's".to_vec());
    }
    drop(open(&disk));
    let mut left = sidecars(&disk);
    left.retain(|name| !foreign.contains(&&**name));
    assert_eq!(left, names);
    assert!(disk.content("orders.index").is_some(), "it is not ours");
}

#[test]
fn an_index_is_written_once_and_then_only_read() {
    let disk = indexed();
    for name in sidecars(&disk) {
        disk.lose(&name);
    }
    for writes in [true, false] {
        let store = open(&disk);
        let before = disk.calls_of(Call::Write);
        compare(&*store.log.reader(), 60);
        assert_eq!(disk.calls_of(Call::Write) > before, writes);
        assert_eq!(sidecars(&disk).len(), segments(&disk).len());
    }
}

/// A log whose disk does not take an index, in any step of writing it, takes entries and is searched all the same.
#[test]
fn a_disk_that_takes_no_index_does_no_harm() {
    for call in [Call::Create, Call::Write, Call::Rename] {
        for fault in [Fault::NoSpace, Fault::ShortThenNoSpace, Fault::Eio] {
            let disk = indexed();
            sidecars(&disk).iter().for_each(|name| disk.lose(name));
            let mut store = open(&disk);
            let reader = store.log.reader();
            for nth in 1..4 {
                disk.arm(Some(call), nth, fault);
                let filter = EntryFilter::Product("tea".parse().unwrap());
                let found =
                    reader.filtered(&filter, store.log.head().sequence, 99, &Wanted::default());
                assert_eq!(found.unwrap().len(), 20);
            }
            disk.disarm();
            append(&mut store, 10);
            compare(&*reader, 30);
        }
    }
}

/// Damage of a line is found by whoever searches for it, and nobody is given less in silence.
#[test]
fn a_search_that_meets_damage_says_so() {
    let disk = indexed();
    let name = segments(&disk)[2].clone();
    let whole = answers(&*open(&disk).log.reader(), 40);
    let content = disk.content(&name).unwrap();
    let mut said = 0;
    for without_index in [false, true] {
        for at in (0..content.len()).step_by(97) {
            let rotten = disk.fork();
            let mut bytes = content.clone();
            bytes[at] ^= 4;
            rotten.put(&name, bytes);
            if without_index {
                sidecars(&rotten).iter().for_each(|name| rotten.lose(name));
            }
            let Ok(store) = open_with(&rotten, Recovery::Strict) else {
                continue;
            };
            let found = answers(&*store.log.reader(), 40);
            for (found, whole) in found.iter().zip(&whole) {
                let damaged = found.contains("Err(Damaged");
                said += usize::from(damaged);
                assert!(damaged || found == whole, "byte {at}: {found}, not {whole}");
            }
        }
    }
    assert!(said > 100);
}

#[test]
fn a_log_that_is_salvaged_is_searched_across_its_gaps() {
    let disk = indexed();
    let name = segments(&disk)[2].clone();
    let content = disk.content(&name).unwrap();
    for at in (0..content.len()).step_by(97) {
        let rotten = disk.fork();
        let mut bytes = content.clone();
        bytes[at] ^= 4;
        rotten.put(&name, bytes);
        let store = open_with(&rotten, Recovery::Quarantine).unwrap();
        compare(&*store.log.reader(), 40);
        drop(store);
        sidecars(&rotten).iter().for_each(|name| rotten.lose(name));
        let store = open_with(&rotten, Recovery::Quarantine).unwrap();
        compare(&*store.log.reader(), 40);
    }
}

#[test]
fn searches_go_on_while_the_log_grows_and_is_purged() {
    let disk = SimDisk::new(4);
    let mut store = open(&disk);
    let reader = store.log.reader();
    let searches = || {
        let filter = EntryFilter::Product("tea".parse().unwrap());
        let mut newest = Sequence::START;
        while newest < Sequence::new(598) {
            match reader.filtered(&filter, Sequence::new(u64::MAX), 5, &Wanted::default()) {
                Ok(found) => {
                    // Entries of the product are three apart, and none between two is left out.
                    assert!(
                        found.is_sorted_by(|later, earlier| later.first == earlier.first.plus(3))
                    );
                    let first = found.first().map_or(newest, |entry| entry.first);
                    assert!(first >= newest, "{first} after {newest}");
                    newest = first;
                }
                Err(ReadError::Purged { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    };
    std::thread::scope(|scope| {
        let searching = scope.spawn(searches);
        for round in 0..10 {
            append(&mut store, 60);
            store.log.purge(Sequence::new(round * 50)).unwrap();
        }
        searching.join().unwrap();
    });
    compare(&*reader, 30);
    assert!(Arc::strong_count(&reader) == 1);
}
