//! What the searches of a reader find.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::harness::{Harness, append, read_all};
use crate::conformance::{History, adjust, count};
use crate::machine::{Annotations, Entry, Request};
use crate::ports::{
    EntryFilter, EventLog, Excerpt, Extent, Levels, LogReader, ReadError, Touch, Wanted,
};
use crate::vocabulary::{ProductId, Sequence, StoreId, Timestamp};

const PRODUCTS: [&str; 4] = ["tea", "rice", "salt", "never-moved"];
const STORES: [&str; 4] = ["north", "south", "east", "never-open"];

/// A search must find what reading the whole log finds: the position of every moment.
pub fn a_search_for_a_time_finds_what_reading_the_whole_log_finds(harness: &impl Harness) {
    in_every_condition(harness, |reader, entries| {
        let floor = reader.floor();
        let mut times = BTreeSet::from([Timestamp::UNIX_EPOCH]);
        for entry in entries {
            let at = entry.recorded_at.millis();
            let near = [at.saturating_sub(1), at, at + 1];
            times.extend(near.map(|ms| Timestamp::UNIX_EPOCH.plus_millis(ms)));
        }
        for time in times {
            let early = entries.iter().filter(|entry| entry.recorded_at <= time);
            let expected = early.map(|entry| entry.last()).next_back();
            let found = reader.position_at(time).expect("healthy storage reads");
            assert_eq!(found, expected.unwrap_or(floor), "at {time:?}");
        }
    });
}

/// A search must find what reading the whole log finds: the filter of every product, level and reference.
pub fn a_filtered_search_finds_what_reading_the_whole_log_finds(harness: &impl Harness) {
    in_every_condition(harness, |reader, entries| {
        for filter in filters() {
            for through in positions(entries) {
                let before = entries.iter().rev().filter(|entry| entry.first <= through);
                let expected: Vec<_> = before.filter_map(|entry| excerpt(entry, &filter)).collect();
                for entries_max in [0, 1, 3, usize::MAX] {
                    let found = reader.filtered(&filter, through, entries_max, &Wanted::default());
                    let found = found.expect("healthy storage reads");
                    let newest = &expected[..expected.len().min(entries_max)];
                    assert_eq!(found, newest, "{filter:?} through {through}");
                }
            }
        }
    });
}

/// A search must find what reading the whole log finds: the last touch of every level before every position.
pub fn a_search_for_last_touches_finds_what_reading_the_whole_log_finds(harness: &impl Harness) {
    in_every_condition(harness, |reader, entries| {
        for levels in level_sets() {
            for through in positions(entries) {
                let mut touches = touches(entries, &levels);
                touches.retain(|touch| touch.sequence <= through);
                touches.reverse();
                let found = reader.last_touches(&levels, through, &Wanted::default());
                let found = found.expect("healthy storage reads");
                assert_eq!(found, firsts(touches), "{levels:?} through {through}");
            }
        }
    });
}

/// A search must find what reading the whole log finds: the first touch of every level after every position.
pub fn a_search_for_first_touches_finds_what_reading_the_whole_log_finds(harness: &impl Harness) {
    in_every_condition(harness, |reader, entries| {
        let floor = reader.floor();
        for levels in level_sets() {
            for after in positions(entries).filter(|&after| after >= floor) {
                let mut touches = touches(entries, &levels);
                touches.retain(|touch| touch.sequence > after);
                let found = reader.first_touches(&levels, after, &Wanted::default());
                let found = found.expect("healthy storage reads");
                assert_eq!(found, firsts(touches), "{levels:?} after {after}");
            }
        }
    });
}

/// A search must find what reading the whole log finds: the entry that holds every position.
pub fn a_search_for_an_extent_finds_what_reading_the_whole_log_finds(harness: &impl Harness) {
    in_every_condition(harness, |reader, entries| {
        let floor = reader.floor();
        for position in positions(entries).filter(|&position| position > floor) {
            let holds = |entry: &&Arc<Entry>| entry.last() >= position;
            let expected = entries.iter().find(holds).map(|entry| Extent {
                first: entry.first,
                last: entry.last(),
                recorded_at: entry.recorded_at,
            });
            let found = reader.extent(position).expect("healthy storage reads");
            assert_eq!(found, expected, "at {position}");
        }
    });
}

/// A search that nobody waits for any more must end.
pub fn a_search_that_nobody_waits_for_ends(harness: &impl Harness) {
    let mut history = History::new();
    let mut log = harness.open();
    write(&mut *log, &mut history, 0..20);
    let reader = log.reader();
    let wanted = Wanted::default();
    wanted.give_up();
    let (head, levels) = (log.head().sequence, all_levels());
    let given_up = [
        reader.last_touches(&levels, head, &wanted).err(),
        reader
            .first_touches(&levels, Sequence::START, &wanted)
            .err(),
        reader
            .filtered(&EntryFilter::Product(product("tea")), head, 5, &wanted)
            .err(),
    ];
    for error in given_up {
        assert!(matches!(error, Some(ReadError::GivenUp)), "{error:?}");
    }
}

/// Lets a reader be judged while the log grows, when it was opened again, and when a part was purged.
fn in_every_condition(harness: &impl Harness, judge: impl Fn(&dyn LogReader, &[Arc<Entry>])) {
    let mut history = History::new();
    let mut log = harness.open();
    let reader = log.reader();
    judge(&*reader, &[]);
    write(&mut *log, &mut history, 0..20);
    judge(&*reader, &read_all(&*reader, Sequence::START));
    write(&mut *log, &mut history, 20..25);
    judge(&*reader, &read_all(&*reader, Sequence::START));
    drop((reader, log));
    let mut log = harness.open();
    // Before anybody has searched it.
    write(&mut *log, &mut history, 25..35);
    let reader = log.reader();
    judge(&*reader, &read_all(&*reader, Sequence::START));
    log.purge(Sequence::new(30))
        .expect("healthy storage purges");
    write(&mut *log, &mut history, 35..40);
    for reader in [reader, log.reader()] {
        judge(&*reader, &read_all(&*reader, reader.floor()));
    }
}

/// Appends requests of one to three lines, some with a reference, in groups of one to three.
fn write(log: &mut dyn EventLog, history: &mut History, numbers: std::ops::Range<usize>) {
    let entries: Vec<_> = numbers
        .map(|number| {
            let line = |at: usize| {
                let (product, store) = (PRODUCTS[(number + at) % 3], STORES[(number / 3 + at) % 3]);
                match at {
                    2 => count(product, store, 50 + number as u64),
                    _ => adjust(product, store, 1),
                }
            };
            let lines = (0..=number % 3).map(line).collect();
            let request = Request::unkeyed(lines).expect("a request of a few lines");
            history.write(&request.annotated(Annotations {
                reference: number.is_multiple_of(4).then(|| reference(number)),
                ..Annotations::default()
            }))
        })
        .collect();
    let mut left = &entries[..];
    while !left.is_empty() {
        let (group, later) = left.split_at(left.len().min(1 + left.len() % 3));
        append(log, group);
        left = later;
    }
}

/// A reference; a product has the same name as one of them.
fn reference(number: usize) -> crate::vocabulary::Reference {
    let name = if number.is_multiple_of(8) {
        "tea"
    } else {
        "order-1"
    };
    name.parse().expect("a short text")
}

fn filters() -> Vec<EntryFilter> {
    let levels = PRODUCTS.map(product).into_iter().flat_map(|product| {
        let level = move |store| EntryFilter::Level(product.clone(), store);
        STORES.map(store).into_iter().map(level)
    });
    let references = ["tea", "order-1", "order-2"]
        .map(|name| EntryFilter::Reference(name.parse().expect("a short text")));
    let named = ["tea", "order-1"].into_iter().flat_map(|name| {
        let stores = STORES.map(store).map(Some).into_iter().chain([None]);
        stores.flat_map(move |at| {
            let named = move |product| {
                let reference = name.parse().expect("a short text");
                EntryFilter::Named(reference, product, at.clone())
            };
            PRODUCTS.map(product).into_iter().map(named)
        })
    });
    (PRODUCTS.map(product).map(EntryFilter::Product).into_iter())
        .chain(levels)
        .chain(references)
        .chain(named)
        .collect()
}

fn positions(entries: &[Arc<Entry>]) -> impl Iterator<Item = Sequence> + use<> {
    let last = entries.last().map_or(0, |last| last.last().number());
    (0..last + 2).map(Sequence::new)
}

fn all_levels() -> Levels {
    let products = PRODUCTS.map(product).into_iter();
    let levels = products.flat_map(|product| {
        let level = move |store| (product.clone(), store);
        STORES.map(store).into_iter().map(level)
    });
    levels.collect()
}

/// No level, each alone, and all together.
fn level_sets() -> Vec<Levels> {
    let all = all_levels();
    let each = all.iter().map(|level| Levels::from([level.clone()]));
    each.chain([Levels::new(), all.clone()]).collect()
}

/// What of an entry passes a filter.
fn excerpt(entry: &Entry, filter: &EntryFilter) -> Option<Excerpt> {
    let annotations = entry.annotations.clone();
    let of_entry = annotations.as_deref();
    let reference = of_entry.and_then(|known| known.reference.as_ref());
    let events = entry.numbered().filter(|(_, event)| match filter {
        EntryFilter::Product(product) => event.product() == Some(product),
        EntryFilter::Level(product, store) => {
            let at = event.movement().map(|movement| &movement.store);
            event.product() == Some(product) && at == Some(store)
        }
        EntryFilter::Reference(wanted) => reference == Some(wanted),
        EntryFilter::Named(wanted, product, store) => {
            let at = event.movement().map(|movement| &movement.store);
            let is_there = store.is_none() || at == store.as_ref();
            reference == Some(wanted) && event.product() == Some(product) && is_there
        }
    });
    let events: Vec<_> = events.map(|(at, event)| (at, event.clone())).collect();
    (!events.is_empty()).then(|| Excerpt {
        first: entry.first,
        recorded_at: entry.recorded_at,
        intent: entry.intent.clone(),
        annotations: annotations.clone(),
        events,
    })
}

/// Every touch of some levels, oldest first.
fn touches(entries: &[Arc<Entry>], levels: &Levels) -> Vec<Touch> {
    let mut touches = Vec::new();
    for entry in entries {
        for (sequence, event) in entry.numbered() {
            let Some(movement) = event.movement().filter(|movement| movement.touches()) else {
                continue;
            };
            if levels.contains(&(movement.product.clone(), movement.store.clone())) {
                touches.push(Touch {
                    sequence,
                    recorded_at: entry.recorded_at,
                    movement: movement.clone(),
                });
            }
        }
    }
    touches
}

/// Those touches that are the first of their level, in the order of the levels.
fn firsts(touches: Vec<Touch>) -> Vec<Touch> {
    let mut firsts = BTreeMap::new();
    for touch in touches {
        let level = (touch.movement.product.clone(), touch.movement.store.clone());
        firsts.entry(level).or_insert(touch);
    }
    firsts.into_values().collect()
}

fn product(name: &str) -> ProductId {
    name.parse().expect("a short id")
}

fn store(name: &str) -> StoreId {
    name.parse().expect("a short id")
}
