//! Events that are whole and cannot be applied: buried once, and their product is quarantined until the numbers can be
//! believed again.

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::Opened;
use inventory_core::machine::{
    DeadLettered, Event, Inapplicable, Movement, MovementKind, Rejection,
};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::EventLog;
use inventory_core::vocabulary::{Sequence, Version};

use crate::world::{entry, letters, moved, open, plant, request, state, submit, submit_request};

/// Tea at version 2, with 9 in the north, and rice at version 1.
fn storage() -> MemoryStorage {
    let storage = MemoryStorage::new();
    let mut engine = open(storage.ports())
        .expect("an empty storage opens")
        .engine;
    for line in [
        count("tea", "north", 10),
        adjust("tea", "north", -1),
        count("rice", "north", 5),
    ] {
        submit(&mut engine, line).expect("there is enough stock");
    }
    storage
}

/// An event of a type that will be known one day.
fn unknown(version: u64) -> Event {
    Event::DeadLettered(DeadLettered {
        product: Some("tea".parse().expect("a name")),
        version: Some(Version::new(version).expect("a small version")),
        raw: r#"{"type":"StockLent"}"#.into(),
    })
}

fn stale(claimed: u64) -> Inapplicable {
    let version = |number| Version::new(number).expect("a small version");
    Inapplicable::Version {
        current: version(2),
        claimed: version(claimed),
    }
}

/// Each kind of poison, why it is none, and the version that tea has after it.
fn kinds() -> Vec<(Event, Inapplicable, u64)> {
    vec![
        (unknown(3), Inapplicable::Unreadable, 3),
        (unknown(7), Inapplicable::Unreadable, 7),
        (Event::Moved(moved("north", 1, 2, 10, 10)), stale(2), 2),
        (Event::Moved(moved("north", 1, 1, 10, 10)), stale(1), 2),
        (Event::Moved(moved("north", 1, 6, 10, 10)), stale(6), 6),
        (
            Event::Moved(moved("north", -1, 3, 7, 8)),
            Inapplicable::Level,
            3,
        ),
        (
            Event::Moved(Movement {
                kind: MovementKind::Counted,
                ..moved("north", -9, 3, 0, 1)
            }),
            Inapplicable::Total,
            3,
        ),
    ]
}

#[test]
fn poison_is_buried_once_and_its_product_is_quarantined_until_it_is_counted() {
    for (event, reason, version) in kinds() {
        let storage = storage();
        plant(&storage, event.clone());
        let first = open(storage.ports()).expect("poison is no damage");
        let [poison] = first.report.poison.as_slice() else {
            panic!("{:?}", first.report);
        };
        assert_eq!((poison.sequence, poison.reason), (Sequence::new(4), reason));
        assert_eq!(poison.event, event);
        assert!(first.report.is_degraded());
        assert_eq!(letters(&storage).len(), 1);

        let Opened {
            mut engine,
            mut snapshotter,
            report,
            ..
        } = open(storage.ports()).expect("as before");
        assert_eq!(report, first.report, "the second start finds the same");
        assert_eq!(letters(&storage).len(), 1, "and buries nothing again");
        assert_eq!(state(&engine, "tea"), (version, 9, true), "after {event:?}");
        assert_eq!(state(&engine, "rice"), (1, 5, false));
        let refused = submit(&mut engine, adjust("tea", "north", -1));
        assert!(
            matches!(refused, Err(Rejection::Quarantined { .. })),
            "{refused:?}"
        );
        assert!(submit(&mut engine, adjust("rice", "north", -1)).is_ok());

        let counted = submit(&mut engine, count("tea", "north", 4));
        let receipt = counted.expect("a count is always taken");
        let after = receipt.entry.events[0].version().map(Version::number);
        assert_eq!(after, Some(version + 1), "no version is given twice");
        assert_eq!(state(&engine, "tea"), (version + 1, 4, false));
        assert!(submit(&mut engine, adjust("tea", "north", -1)).is_ok());

        snapshotter.save().expect("memory never fails");
        let third = open(storage.ports()).expect("as before");
        assert_eq!(third.report.poison, [], "the snapshot covers it");
        assert!(third.report.is_degraded(), "a person has not looked yet");
        assert_eq!(state(&third.engine, "tea"), (version + 2, 3, false));
    }
}

#[test]
fn a_quarantine_survives_a_snapshot() {
    let storage = storage();
    plant(&storage, unknown(3));
    let mut opened = open(storage.ports()).expect("poison is no damage");
    opened.snapshotter.save().expect("memory never fails");
    let mut again = open(storage.ports()).expect("as before");
    assert_eq!(state(&again.engine, "tea"), (3, 9, true));
    let refused = submit(&mut again.engine, adjust("tea", "north", -1));
    assert!(matches!(refused, Err(Rejection::Quarantined { .. })));
}

#[test]
fn a_later_event_lifts_the_quarantine_when_the_levels_add_up_again() {
    let storage = storage();
    plant(&storage, unknown(3));
    // Three units are at a store that only the unknown event could have told of.
    plant(&storage, Event::Moved(moved("north", -1, 4, 8, 11)));
    let engine = open(storage.ports()).expect("poison is no damage").engine;
    assert_eq!(state(&engine, "tea"), (4, 11, true));

    plant(&storage, Event::Moved(moved("south", -1, 5, 2, 10)));
    let mut opened = open(storage.ports()).expect("poison is no damage");
    assert_eq!(opened.report.poison.len(), 1, "what came later applies");
    assert_eq!(state(&opened.engine, "tea"), (5, 10, false));
    assert!(submit(&mut opened.engine, adjust("tea", "south", -2)).is_ok());
    assert_eq!(state(&opened.engine, "tea"), (6, 8, false));
}

#[test]
fn an_event_that_repeats_a_version_of_a_quarantined_product_is_buried_too() {
    let storage = storage();
    plant(&storage, unknown(7));
    plant(&storage, Event::Moved(moved("north", -1, 7, 8, 8)));
    let opened = open(storage.ports()).expect("poison is no damage");
    assert_eq!(opened.report.poison.len(), 2);
    assert_eq!(letters(&storage).len(), 2);
    assert_eq!(state(&opened.engine, "tea"), (7, 9, true));
}

#[test]
fn poison_without_a_product_quarantines_nothing() {
    let storage = storage();
    plant(
        &storage,
        Event::DeadLettered(DeadLettered {
            product: None,
            version: None,
            raw: "?".into(),
        }),
    );
    let mut opened = open(storage.ports()).expect("poison is no damage");
    assert_eq!(letters(&storage)[0].content, b"?");
    assert_eq!(state(&opened.engine, "tea"), (2, 9, false));
    assert!(submit(&mut opened.engine, adjust("tea", "north", -1)).is_ok());
}

#[test]
fn the_other_lines_of_a_request_apply_and_its_key_is_used() {
    let storage = storage();
    let sale = request(
        "basket-1",
        vec![adjust("tea", "north", -2), adjust("rice", "north", -2)],
    );
    // What a sound program would have written, on another storage with the same past.
    let apart = open(self::storage().ports());
    let mut apart = apart.expect("the storage is sound").engine;
    let written = submit_request(&mut apart, &sale)
        .expect("there is enough stock")
        .entry;
    let mut events = written.events.to_vec();
    events[0] = Event::Moved(moved("north", -2, 3, 1, 7));
    let mut log = storage.log();
    let head = log.head();
    let entry = entry(head, written.intent.clone(), events);
    log.append(head.sequence, std::slice::from_ref(&entry))
        .expect("nobody else writes");

    let mut opened = open(storage.ports()).expect("poison is no damage");
    assert_eq!(opened.report.poison.len(), 1);
    assert_eq!(state(&opened.engine, "tea"), (3, 9, true));
    assert_eq!(state(&opened.engine, "rice"), (2, 3, false));
    let again = submit_request(&mut opened.engine, &sale).expect("the first answer again");
    assert!(again.replayed);
    assert_eq!(again.entry, entry);
}
