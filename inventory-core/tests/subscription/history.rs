//! Where a follower starts, and what it gets there: from the log, from memory, or not any more.

use std::sync::Arc;

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::{Engine, Settings};
use inventory_core::machine::{DeadLettered, Entry, Event};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{EventLog, ReadError};
use inventory_core::testing::{Call, Faults};
use inventory_core::vocabulary::{Sequence, Version};

use crate::follower::{deliveries, open, submit, take_all};

/// Events that the engine keeps in memory for followers: what is older comes from the log.
const TAIL_EVENTS: u64 = 4_096;

#[test]
fn a_follower_starts_anywhere_and_gets_whole_entries() {
    let storage = MemoryStorage::new();
    let mut opened = open(&storage);
    let mut written: Vec<_> = [1, 3, 2, 4]
        .map(|lines| submit(&mut opened.engine, deliveries(lines)))
        .into();
    // The first entries come from the log, the others from memory.
    opened = open(&storage);
    written.extend([2, 1, 3].map(|lines| submit(&mut opened.engine, deliveries(lines))));
    let reader = opened.engine.reader();
    for after in 0..=reader.head().sequence.number() {
        for page_events in [1, 2, 5, 100] {
            let mut subscription = reader.subscribe(Sequence::new(after));
            let taken = take_all(&mut subscription, page_events);
            // One that starts within an entry gets all of it: half a request is never shown.
            let expected = written.iter().filter(|entry| entry.last().number() > after);
            assert!(taken.iter().eq(expected), "after {after}, by {page_events}");
        }
    }
    let mut live = reader.subscribe(reader.head().sequence);
    assert_eq!(live.take(10).expect("nothing was purged"), []);
    let next = submit(&mut opened.engine, deliveries(2));
    assert_eq!(live.take(10).expect("nothing was purged"), [next]);
}

#[test]
fn a_follower_that_is_behind_the_memory_reads_the_log_until_it_has_caught_up() {
    const LINES: usize = 560;
    let (storage, faults) = (MemoryStorage::new(), Faults::new());
    let ports = faults.wrap(storage.ports());
    let mut engine = Engine::open(ports, Settings::default())
        .expect("nothing fails yet")
        .engine;
    for _ in 0..10 {
        submit(&mut engine, deliveries(LINES));
    }
    let head = engine.reader().head().sequence;
    assert!(head.number() > TAIL_EVENTS);

    let mut slow = engine.reader().subscribe(Sequence::new(5));
    faults.fail(0, Call::Read);
    assert!(matches!(slow.take(1), Err(ReadError::Failed(_))));
    assert_eq!(slow.position().number(), 5, "it stays where it was");
    let taken = take_all(&mut slow, LINES);
    assert_eq!((taken.len(), slow.position()), (10, head));
    let reads = faults.calls(Call::Read);
    assert!(reads > 1 && reads < 10, "{reads} pages came from the log");

    let oldest_in_memory = head.number() - TAIL_EVENTS / LINES as u64 * LINES as u64;
    let mut quick = engine.reader().subscribe(Sequence::new(oldest_in_memory));
    assert_eq!(take_all(&mut quick, LINES).len(), 7);
    assert_eq!(faults.calls(Call::Read), reads, "memory has all of it");
}

#[test]
fn a_position_that_was_given_up_is_refused_once_memory_has_forgotten_it() {
    let storage = MemoryStorage::new();
    let mut opened = open(&storage);
    for _ in 0..3 {
        submit(&mut opened.engine, deliveries(2));
    }
    opened.snapshotter.save().expect("memory never fails");
    submit(&mut opened.engine, deliveries(2));
    let reader = opened.engine.reader();
    assert_eq!(reader.floor().number(), 6);
    let mut from_memory = reader.subscribe(Sequence::START);
    assert_eq!(take_all(&mut from_memory, 100).len(), 4);

    let reader = open(&storage).engine.reader();
    for after in [0, 5] {
        let mut late = reader.subscribe(Sequence::new(after));
        let refused = late.take(100);
        assert!(
            matches!(refused, Err(ReadError::Purged { floor }) if floor.number() == 6),
            "{refused:?}"
        );
        assert_eq!(late.position().number(), after, "it stays where it was");
    }
    assert_eq!(
        take_all(&mut reader.subscribe(Sequence::new(6)), 100).len(),
        1
    );
}

#[test]
fn what_was_buried_is_shown_as_dead_lettered() {
    let storage = MemoryStorage::new();
    let mut engine = open(&storage).engine;
    let counted = submit(
        &mut engine,
        vec![count("tea", "north", 9), count("rice", "north", 9)],
    );
    drop(engine);
    // A copy of what is there: tea and rice would get versions that they have had.
    let mut log = storage.log();
    let mut events = counted.events.to_vec();
    events.truncate(1);
    events.extend([sold("rice", 2)]);
    let mut entry = Entry {
        first: log.head().sequence.next(),
        events: events.into(),
        ..Entry::clone(&counted)
    };
    entry.chain = entry
        .chain_after(counted.chain)
        .expect("both types are known");
    log.append(counted.last(), &[Arc::new(entry.clone())])
        .expect("nobody else writes");

    for _restart in 0..2 {
        let mut opened = open(&storage);
        let mut subscription = opened.engine.reader().subscribe(Sequence::START);
        let taken = take_all(&mut subscription, 100);
        assert_eq!(taken[0], counted);
        assert_eq!((taken[1].first, taken[1].chain), (entry.first, entry.chain));
        let Event::DeadLettered(DeadLettered {
            product, version, ..
        }) = &taken[1].events[0]
        else {
            panic!("{:?}", taken[1]);
        };
        assert_eq!(
            product.as_ref().map(|product| product.as_str()),
            Some("tea")
        );
        assert_eq!(version.map(Version::number), Some(1));
        assert_eq!(
            taken[1].events[1], entry.events[1],
            "the other line stands as it was"
        );
        opened.snapshotter.save().expect("memory never fails");
    }
}

/// One unit of nine, as an engine would have written it.
fn sold(product: &str, version: u64) -> Event {
    let storage = MemoryStorage::new();
    let mut engine = open(&storage).engine;
    submit(&mut engine, vec![count(product, "north", 9)]);
    let entry = submit(&mut engine, vec![adjust(product, "north", -1)]);
    assert_eq!(
        entry.events[0].version().map(Version::number),
        Some(version)
    );
    entry.events[0].clone()
}
