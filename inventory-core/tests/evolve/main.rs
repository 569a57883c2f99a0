//! What a ledger does with events that do not follow, with unknown ones, and with what it has to forget.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod images;
mod kinds;
mod records;
mod trust;
mod whole;

use std::sync::Arc;

use inventory_core::conformance::{History, adjust, assert_same_image, count};
use inventory_core::machine::replica::apply;
use inventory_core::machine::{
    After, Break, DeadLettered, Entry, Event, Head, Inapplicable, Intent, Ledger, Level, Movement,
    MovementKind, ProductView, Request, WindowLimits,
};
use inventory_core::vocabulary::{
    Chain, Delta, Fingerprint, Quantity, Sequence, Timestamp, Version,
};

fn quantity(units: u64) -> Quantity {
    Quantity::new(units).unwrap()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

/// What an event says: the change of on-hand and reserved, and the level, version and total after it.
struct Says {
    store: &'static str,
    delta: (i64, i64),
    level: (u64, u64),
    version: u64,
    total: u64,
}

/// What follows from a count of 10 at the first version.
const FOLLOWS: Says = Says {
    store: "north",
    delta: (-3, 0),
    level: (7, 0),
    version: 2,
    total: 7,
};

fn movement(says: Says) -> Movement {
    Movement {
        kind: MovementKind::Decreased,
        product: "tea".parse().unwrap(),
        store: says.store.parse().unwrap(),
        delta: Delta::new(says.delta.0).unwrap(),
        reserved_delta: Delta::new(says.delta.1).unwrap(),
        after: After {
            level: Level::new(quantity(says.level.0), quantity(says.level.1)).unwrap(),
            version: version(says.version),
            total: quantity(says.total),
        },
    }
}

fn decreased(says: Says) -> Event {
    Event::Moved(movement(says))
}

fn unknown(product: Option<&str>, claimed: Option<u64>) -> Event {
    Event::DeadLettered(DeadLettered {
        product: product.map(|product| product.parse().unwrap()),
        version: claimed.map(version),
        raw: "{\"type\":\"StockLent\"}".into(),
    })
}

/// Ten of tea in the north at version 1, since five milliseconds after 1970.
fn ten_of_tea() -> Ledger {
    let start = Head {
        recorded_at: at(5),
        ..Head::default()
    };
    let request = Request::unkeyed(vec![count("tea", "north", 10)]).unwrap();
    let mut ledger = Ledger::new(WindowLimits::default());
    apply(&mut ledger, &History::after(start).write(&request)).unwrap();
    ledger
}

/// An entry that continues the ledger, whatever its events say.
fn entry(ledger: &Ledger, events: Vec<Event>) -> Entry {
    let head = ledger.head();
    chained(
        head,
        Entry {
            first: head.sequence.next(),
            recorded_at: head.recorded_at,
            intent: None,
            outcomes: Box::default(),
            events: events.into(),
            annotations: None,
            // Kept where an unknown event leaves nothing to compute it from.
            chain: Chain::from_bits(7),
        },
    )
}

fn chained(head: Head, entry: Entry) -> Entry {
    let chain = entry.chain_after(head.chain).unwrap_or(entry.chain);
    Entry { chain, ..entry }
}

/// Follows with an entry of these events; returns why each that cannot be applied was buried.
fn feed(ledger: &mut Ledger, events: Vec<Event>) -> Vec<Inapplicable> {
    let entry = Arc::new(entry(ledger, events));
    let poison = apply(ledger, &entry).unwrap();
    poison.into_iter().map(|poison| poison.reason).collect()
}

fn tea(ledger: &Ledger) -> ProductView<'_> {
    ledger.product(&"tea".parse().unwrap()).unwrap()
}

/// Version, total, quarantine.
fn state(ledger: &Ledger) -> (u64, u64, bool) {
    let tea = tea(ledger);
    (
        tea.version().number(),
        tea.total().units(),
        tea.quarantined(),
    )
}

#[test]
fn an_entry_that_does_not_continue_the_log_is_refused_and_changes_nothing() {
    let mut ledger = ten_of_tea();
    let before = ledger.freeze();
    let head = ledger.head();
    let good = entry(&ledger, vec![decreased(FOLLOWS)]);
    let mut refused = |entry: Entry| {
        let refused = apply(&mut ledger, &Arc::new(entry)).unwrap_err();
        assert_same_image(&ledger.freeze(), &before);
        refused
    };
    for found in [0, 1, 3, 1 << 60].map(Sequence::new) {
        let misplaced = Entry {
            first: found,
            ..good.clone()
        };
        let head = head.sequence;
        assert_eq!(refused(misplaced), Break::Gap { head, found });
    }
    let early = chained(
        head,
        Entry {
            recorded_at: at(4),
            ..good.clone()
        },
    );
    let unchained = Entry {
        chain: Chain::from_bits(good.chain.bits() ^ 1),
        ..good.clone()
    };
    let other = Break::OtherHistory { at: good.first };
    assert_eq!(refused(early), other);
    assert_eq!(refused(unchained), other);
    assert_eq!(apply(&mut ledger, &Arc::new(good)), Ok(vec![]));
}

#[test]
fn the_chain_covers_every_part_of_an_entry() {
    let mut history = History::new();
    let request = Request::new("k1".parse().unwrap(), vec![adjust("tea", "north", 2); 2]);
    let entry = history.write(&request.unwrap());
    let chain_of = |change: &dyn Fn(&mut Entry)| {
        let mut entry = Entry::clone(&entry);
        change(&mut entry);
        entry.chain_after(Chain::default()).unwrap()
    };
    let second = |entry: &mut Entry, change: fn(&mut Movement)| {
        let mut movement = entry.events[1].movement().unwrap().clone();
        change(&mut movement);
        entry.events[1] = Event::Moved(movement);
    };
    let intent = |entry: &mut Entry| entry.intent.clone().unwrap();
    #[rustfmt::skip]
    let changes: [&dyn Fn(&mut Entry); 14] = [
        &|entry| entry.first = Sequence::new(2),
        &|entry| entry.recorded_at = at(1),
        &|entry| entry.intent = None,
        &|entry| entry.intent.as_mut().unwrap().key = "k2".parse().unwrap(),
        &|entry| entry.intent.as_mut().unwrap().fingerprint = Fingerprint::from_bits(intent(entry).fingerprint.bits() ^ 1),
        &|entry| entry.events = entry.events[..1].into(),
        &|entry| second(entry, |movement| movement.kind = MovementKind::Counted),
        &|entry| second(entry, |movement| movement.product = "rice".parse().unwrap()),
        &|entry| second(entry, |movement| movement.store = "south".parse().unwrap()),
        &|entry| second(entry, |movement| movement.delta = Delta::ZERO),
        &|entry| second(entry, |movement| movement.reserved_delta = Delta::new(1).unwrap()),
        &|entry| second(entry, |movement| movement.after.level = Level::EMPTY),
        &|entry| second(entry, |movement| movement.after.version = version(9)),
        &|entry| second(entry, |movement| movement.after.total = quantity(9)),
    ];
    assert_eq!(chain_of(&|_| {}), entry.chain);
    for (at, change) in changes.iter().enumerate() {
        assert_ne!(chain_of(change), entry.chain, "change {at}");
    }
    assert_ne!(entry.chain_after(Chain::from_bits(1)), Some(entry.chain));
}

#[test]
fn an_event_that_cannot_be_applied_takes_its_position_and_quarantines_its_product() {
    let mut ledger = ten_of_tea();
    let rice = Movement {
        kind: MovementKind::Increased,
        product: "rice".parse().unwrap(),
        ..movement(Says {
            delta: (7, 0),
            version: 1,
            ..FOLLOWS
        })
    };
    let events = vec![
        unknown(Some("tea"), Some(2)),
        unknown(None, None),
        Event::Moved(rice),
    ];
    let reasons = feed(&mut ledger, events);
    assert_eq!(reasons, [Inapplicable::Unreadable; 2]);
    assert_eq!(ledger.head().sequence, Sequence::new(4));
    assert_eq!(state(&ledger), (2, 10, true));
    let rice = ledger.product(&"rice".parse().unwrap()).unwrap();
    assert_eq!(
        rice.total(),
        quantity(7),
        "the others of the entry are applied"
    );
    let buried: Vec<_> = ledger.buried().iter().collect();
    assert_eq!(buried.len(), 2);
    assert_eq!(
        (*buried[0].0, *buried[1].0),
        (Sequence::new(2), Sequence::new(3))
    );
    assert_eq!(buried[0].1.product, Some("tea".parse().unwrap()));
    assert_eq!(buried[1].1.product, None);
    assert_eq!(ledger.quarantined_count(), 1);
}

#[test]
fn a_later_event_supersedes_a_quarantine() {
    let mut ledger = ten_of_tea();
    assert_eq!(
        feed(&mut ledger, vec![unknown(Some("tea"), Some(2))]).len(),
        1
    );
    // The unknown event has sold one; the after-image that follows is complete.
    let next = Says {
        level: (6, 0),
        version: 3,
        total: 6,
        ..FOLLOWS
    };
    assert_eq!(feed(&mut ledger, vec![decreased(next)]), []);
    assert_eq!(state(&ledger), (3, 6, false));
    assert_eq!(ledger.quarantined_count(), 0);
    assert_eq!(ledger.buried().len(), 1, "what was buried stays on record");
}

#[test]
fn a_quarantine_lasts_until_the_levels_add_up_again() {
    let mut ledger = ten_of_tea();
    // The unknown event has brought three to the south.
    feed(&mut ledger, vec![unknown(Some("tea"), Some(2))]);
    let north = Says {
        version: 3,
        total: 10,
        ..FOLLOWS
    };
    assert_eq!(feed(&mut ledger, vec![decreased(north)]), []);
    assert_eq!(state(&ledger), (3, 10, true), "the south is missing");
    let south = Says {
        store: "south",
        delta: (-1, 0),
        level: (2, 0),
        version: 4,
        total: 9,
    };
    assert_eq!(feed(&mut ledger, vec![decreased(south)]), []);
    assert_eq!(state(&ledger), (4, 9, false));
}

#[test]
fn no_version_is_given_twice() {
    let mut ledger = ten_of_tea();
    #[rustfmt::skip]
    let steps = [
        // The event, whether it is buried, and the version that the product then is at.
        (unknown(Some("tea"), None), true, 1),
        (unknown(Some("tea"), Some(2)), true, 2),
        (unknown(Some("tea"), Some(5)), true, 5),
        (unknown(Some("tea"), Some(3)), true, 5),
        (decreased(Says { version: 5, ..FOLLOWS }), true, 5),
        (decreased(Says { version: 4, ..FOLLOWS }), true, 5),
        (decreased(Says { version: 8, ..FOLLOWS }), false, 8),
        (decreased(Says { version: 8, ..FOLLOWS }), true, 8),
        (decreased(Says { version: 9, ..FOLLOWS }), false, 9),
        // Not under suspicion any more, so that a jump is an error again; somebody may have seen its version.
        (decreased(Says { version: 12, ..FOLLOWS }), true, 12),
    ];
    for (event, buried, expected) in steps {
        let reasons = feed(&mut ledger, vec![event.clone()]);
        assert_eq!(reasons.len(), usize::from(buried), "{event:?}");
        assert_eq!(state(&ledger).0, expected, "{event:?}");
    }
}

#[test]
fn a_key_is_remembered_with_events_that_could_not_be_applied() {
    let mut ledger = ten_of_tea();
    let elsewhere = Movement {
        kind: MovementKind::Counted,
        product: "rice".parse().unwrap(),
        ..movement(Says {
            store: "west",
            ..FOLLOWS
        })
    };
    let events = vec![
        decreased(FOLLOWS),
        decreased(Says {
            store: "south",
            ..FOLLOWS
        }),
        Event::Moved(elsewhere),
        unknown(Some("salt"), Some(3)),
        unknown(Some("tea"), None),
        unknown(None, None),
    ];
    let keyed = Arc::new(Entry {
        intent: Some(Intent {
            caller: None,
            key: "k1".parse().unwrap(),
            fingerprint: Fingerprint::from_bits(9),
        }),
        ..entry(&ledger, events)
    });
    assert_eq!(apply(&mut ledger, &keyed).unwrap().len(), 5);
    let key = &keyed.intent.as_ref().unwrap().key;
    let thawed = ledger.freeze().thaw(WindowLimits::default());
    assert_same_image(&thawed.freeze(), &ledger.freeze());
    for ledger in [ledger, thawed] {
        let found = ledger.find(None, key).unwrap();
        assert_eq!(
            found, *keyed,
            "the first answer again, as it stands in the log"
        );
    }
}
