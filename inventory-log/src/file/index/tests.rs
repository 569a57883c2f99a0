//! Indexes find what the log has, and cost what they may.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use inventory_core::conformance::{History, adjust};
use inventory_core::machine::{Annotations, Entry, Request};
use inventory_core::ports::{EntryFilter, EventLog, Excerpt, Levels, LogReader, Touch, Wanted};
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{Sequence, StoreId};

use super::Subject;
use super::indexes::OPENED_MAX;
use crate::file::{FileOptions, FileStore, open_on};
use crate::testing::{Call, SimDisk};

/// Opens a store. Where a segment has one byte, each group fills one.
fn open(disk: &SimDisk, segment_bytes: u64) -> FileStore {
    let options = FileOptions {
        segment_bytes,
        reserve_bytes: 512,
        prefill_bytes: 0,
        ..FileOptions::default()
    };
    open_on(Arc::new(disk.clone()), &ManualClock::default(), options).unwrap()
}

/// Appends a request with lines of a product and a store, which names a reference.
fn sell(
    store: &mut FileStore,
    history: &mut History,
    reference: &str,
    lines: &[(&str, &str)],
) -> Arc<Entry> {
    let lines = lines.iter().map(|(product, at)| adjust(product, at, 1));
    let request = Request::unkeyed(lines.collect()).unwrap();
    let entry = history.write(&request.annotated(Annotations {
        reference: Some(reference.parse().unwrap()),
        ..Annotations::default()
    }));
    let head = store.log.head().sequence;
    store.log.append(head, &[Arc::clone(&entry)]).unwrap();
    entry
}

fn newest(reader: &dyn LogReader, filter: &EntryFilter) -> Vec<Excerpt> {
    let everything = Sequence::new(u64::MAX);
    let found = reader.filtered(filter, everything, 99, &Wanted::default());
    found.unwrap()
}

#[test]
fn missing_indexes_are_made_and_those_of_the_newest_segments_stay_open() {
    let (disk, mut history) = (SimDisk::new(1), History::new());
    let segments = OPENED_MAX + 2;
    let mut store = open(&disk, 1);
    for _ in 0..segments {
        sell(&mut store, &mut history, "order", &[("tea", "north")]);
    }
    drop(store);
    let indexes = || {
        let mut names = disk.names();
        names.retain(|name| name.ends_with(".index"));
        names
    };
    indexes().iter().for_each(|name| disk.lose(name));
    let store = open(&disk, 1);
    let reader = store.log.reader();
    reader.prepare(&Wanted::default()).unwrap();
    assert_eq!(indexes().len(), segments);
    let search = || {
        let before = disk.calls_of(Call::Open);
        let filter = EntryFilter::Product("rice".parse().unwrap());
        assert_eq!(newest(&*reader, &filter), []);
        disk.calls_of(Call::Open) - before
    };
    // Where no index is open, it is opened, and its segment, to compare the two.
    assert_eq!(search(), 2 * segments as u64);
    assert_eq!(search(), 2 * (segments - OPENED_MAX) as u64);
}

/// What it held when it was opened is in no index until somebody searches for it.
#[test]
fn a_segment_that_was_found_and_then_sealed_is_searched_as_a_whole() {
    let (disk, mut history) = (SimDisk::new(2), History::new());
    let mut store = open(&disk, 1 << 20);
    let mut expected = vec![sell(&mut store, &mut history, "order", &[("tea", "north")])];
    drop(store);
    let mut store = open(&disk, 1);
    expected.push(sell(&mut store, &mut history, "order", &[("tea", "north")]));
    assert!(disk.names().iter().any(|name| name.starts_with("events-")));
    let filter = EntryFilter::Product("tea".parse().unwrap());
    let found = newest(&*store.log.reader(), &filter);
    let expected = expected.iter().rev();
    assert!(
        found
            .into_iter()
            .eq(expected.filter_map(|entry| Excerpt::of(entry, &filter)))
    );
}

/// Two names whose digests are the same in as many bits as a key has of a product or a reference.
const NAMES: [&str; 2] = ["tea-4545022", "tea-25082251"];
/// As `NAMES`, in as many bits as a key has of a store.
const STORES: [&str; 2] = ["store-6371", "store-16049"];

#[test]
fn names_that_an_index_cannot_tell_apart_are_told_apart() {
    let subject = |product: &str, store: &str| {
        Subject::of_touches(&product.parse().unwrap(), &store.parse().unwrap())
    };
    assert_eq!(subject(NAMES[0], STORES[0]), subject(NAMES[1], STORES[1]));
    let (disk, mut history) = (SimDisk::new(3), History::new());
    let mut store = open(&disk, 1 << 20);
    let [name, other] = NAMES;
    let [here, there] = STORES;
    let requests = [
        (name, vec![(name, here)]),
        (other, vec![(other, there)]),
        (name, vec![(other, here), (name, there)]),
        (other, vec![(name, here), ("rice", here), (other, here)]),
        ("order", vec![("rice", here)]),
    ];
    // Before the last ones, not all of what is asked for is there.
    for (reference, lines) in requests {
        let before = store.log.head().sequence;
        let entry = sell(&mut store, &mut history, reference, &lines);
        let entries = store.log.reader().read(Sequence::START, 99).unwrap();
        assert_eq!(entries.last(), Some(&entry));
        for name in NAMES {
            compare(&store, &entries, name, before);
        }
    }
    let reader = store.log.reader();
    for name in NAMES {
        let filter = EntryFilter::Reference(name.parse().unwrap());
        assert_eq!(
            newest(&*reader, &filter).len(),
            2,
            "it is found by its name"
        );
    }
}

/// Compares what is found of a name with all that was written.
fn compare(store: &FileStore, entries: &[Arc<Entry>], name: &str, after: Sequence) {
    let reader = store.log.reader();
    let mut filters = vec![
        EntryFilter::Product(name.parse().unwrap()),
        EntryFilter::Reference(name.parse().unwrap()),
    ];
    for at in STORES {
        let at: StoreId = at.parse().unwrap();
        filters.push(EntryFilter::Level(name.parse().unwrap(), at.clone()));
        for reference in NAMES.map(|reference| reference.parse().unwrap()) {
            let product = name.parse().unwrap();
            filters.push(EntryFilter::Named(reference, product, Some(at.clone())));
        }
    }
    for filter in filters {
        let expected = entries.iter().rev();
        let expected: Vec<_> = expected
            .filter_map(|entry| Excerpt::of(entry, &filter))
            .collect();
        assert_eq!(newest(&*reader, &filter), expected, "{filter:?}");
    }
    for at in STORES {
        let levels = Levels::from([(name.parse().unwrap(), at.parse().unwrap())]);
        let is_of = |touch: &Touch| {
            let movement = &touch.movement;
            levels.contains(&(movement.product.clone(), movement.store.clone()))
        };
        let touches = || {
            entries
                .iter()
                .flat_map(|entry| Touch::all_of(entry))
                .filter(is_of)
        };
        let wanted = Wanted::default();
        let last = reader.last_touches(&levels, Sequence::new(u64::MAX), &wanted);
        assert_eq!(last.unwrap(), touches().last().as_slice());
        let first = reader.first_touches(&levels, after, &wanted);
        let expected = touches().find(|touch| touch.sequence > after);
        assert_eq!(first.unwrap(), expected.as_slice());
    }
}
