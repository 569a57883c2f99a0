//! What events of reservations and transfers leave behind in a ledger that knows them, and in one that does not.

use std::collections::BTreeMap;
use std::sync::Arc;

use inventory_core::conformance::{History, adjust, assert_same_image, count};
use inventory_core::machine::dry_run::{Decision, Draft, Portion, Staging, decide};
use inventory_core::machine::replica::{
    ImageBuilder, ImageProduct, KeysForgotten, apply, apply_after_loss,
};
use inventory_core::machine::{
    After, Command, Commit, DeadLettered, Entry, Event, Hold, Ledger, Level, Movement,
    MovementKind, Receive, Release, Request, ReservationState, Ship, SyncLevel, SyncRule,
    WindowLimits,
};
use inventory_core::testing::{Defect, with};
use inventory_core::vocabulary::{Delta, Sequence, Timestamp, Ttl, Units};

use crate::{at, entry, feed, quantity, version};

fn hold(id: &str, units: u64) -> Command {
    Command::Hold(Hold {
        reservation: id.parse().unwrap(),
        product: "tea".parse().unwrap(),
        store: "north".parse().unwrap(),
        quantity: Units::new(units).unwrap(),
        ttl: Ttl::new(60).unwrap(),
    })
}

fn commit(id: &str) -> Command {
    Command::Commit(Commit {
        reservation: id.parse().unwrap(),
        lines: None,
    })
}

fn release(id: &str) -> Command {
    let reservation = id.parse().unwrap();
    Command::Release(Release { reservation })
}

fn ship(id: &str, units: u64) -> Command {
    Command::Ship(Ship {
        transfer: id.parse().unwrap(),
        source: "north".parse().unwrap(),
        destination: "south".parse().unwrap(),
        product: "tea".parse().unwrap(),
        quantity: Units::new(units).unwrap(),
    })
}

fn receive(id: &str) -> Command {
    Command::Receive(Receive {
        transfer: id.parse().unwrap(),
        lines: None,
    })
}

fn write(history: &mut History, command: Command) -> Arc<Entry> {
    history.write(&Request::unkeyed(vec![command]).unwrap())
}

/// A ledger of the stock alone, as a replica starts from.
fn stock_of(ledger: &Ledger) -> Ledger {
    let image = ledger.freeze();
    let mut copy = ImageBuilder::new(image.head());
    let stores = image.stores().cloned();
    let places: BTreeMap<_, _> = stores
        .map(|store| (store.clone(), copy.store(store).unwrap()))
        .collect();
    for view in image.products() {
        let levels = view.levels().zip(view.counted_at());
        let levels = levels.map(|((store, level), at)| (places[store], level, at));
        let (id, updated_at) = (view.id().clone(), view.updated_at());
        let (version, total) = (view.version(), view.total());
        let quarantined = view.quarantined();
        let product = ImageProduct::new(id, version, total, updated_at, quarantined, levels);
        copy.product(product.unwrap()).unwrap();
    }
    copy.finish(KeysForgotten::default())
        .thaw(WindowLimits::default())
}

#[test]
fn an_event_of_an_unknown_reservation_or_transfer_changes_the_stock_alone() {
    let mut history = History::new();
    for command in [count("tea", "north", 10), hold("r1", 3), ship("t1", 4)] {
        write(&mut history, command);
    }
    let mut replica = stock_of(history.ledger());
    for command in [commit("r1"), receive("t1"), adjust("tea", "south", -1)] {
        let entry = write(&mut history, command);
        assert_eq!(apply(&mut replica, &entry), Ok(vec![]));
    }
    assert_same_image(
        &stock_of(&replica).freeze(),
        &stock_of(history.ledger()).freeze(),
    );
    assert!(replica.reservation(&"r1".parse().unwrap()).is_none());
    assert!(replica.transfer(&"t1".parse().unwrap()).is_none());
    assert_eq!(
        (replica.open_reservations(), replica.next_deadline()),
        (0, None)
    );
    // What is made from then on is known to both.
    let entry = write(&mut history, hold("r2", 1));
    assert_eq!(apply(&mut replica, &entry), Ok(vec![]));
    let r2 = "r2".parse().unwrap();
    assert_eq!(replica.reservation(&r2), history.ledger().reservation(&r2));
}

/// A reservation is made, released, forgotten, and made again under its id. All that was between is lost. Then `ask` looks at the
/// ledger.
fn made_again_after_a_loss<T>(ask: impl Fn(&Ledger) -> T) -> T {
    let mut history = History::new();
    let counted = write(&mut history, count("tea", "north", 10));
    let first = write(&mut history, hold("r1", 3));
    write(&mut history, release("r1"));
    let mut later = History::after(history.ledger().head());
    for _ in 0..4 {
        write(&mut later, count("tea", "north", 10));
    }
    let second = write(&mut later, hold("r1", 2));
    let mut ledger = Ledger::new(WindowLimits::default());
    for entry in [&counted, &first] {
        apply(&mut ledger, entry).unwrap();
    }
    ledger.lose(second.first);
    assert_eq!(apply_after_loss(&mut ledger, &second), vec![]);
    ask(&ledger)
}

/// What the ledger lists, and what a count of the level finds reserved.
fn listed(ledger: &Ledger) -> (usize, Option<Timestamp>, u64) {
    let counted = Request::unkeyed(vec![count("tea", "north", 9)]).unwrap();
    let mut staging = Staging::default();
    let mut draft = Draft::new(ledger, &mut staging, ledger.head().recorded_at);
    let Decision::New(effects) = decide(&mut draft, &counted).unwrap() else {
        panic!("nothing is due");
    };
    let movement = effects.events[0].movement().unwrap();
    let reserved = movement.after.level.reserved().units();
    (ledger.open_reservations(), ledger.next_deadline(), reserved)
}

#[test]
fn a_reservation_whose_end_is_lost_is_due_no_more_once_its_id_is_used_again() {
    let id = "r1".parse().unwrap();
    let deadline = made_again_after_a_loss(|ledger| ledger.reservation(&id).unwrap().deadline);
    let expected = (1, Some(deadline), 2);
    assert_eq!(made_again_after_a_loss(listed), expected);
    let thawed = |ledger: &Ledger| listed(&ledger.freeze().thaw(WindowLimits::default()));
    assert_eq!(made_again_after_a_loss(thawed), expected);
    let noticed = with(Defect::EarlierStaysListed, || {
        made_again_after_a_loss(listed)
    });
    assert_ne!(noticed, expected);
}

/// A reservation was listed at the position after the ledger's head, which is not where its entry begins when something
/// between them is lost: whoever reads on from there did not find it.
#[test]
fn what_is_made_after_a_loss_is_listed_at_its_own_position() {
    let mut history = History::new();
    let delivered = write(&mut history, count("tea", "north", 10));
    let lost = write(&mut history, adjust("rice", "x", 1));
    let kept = write(&mut history, hold("r1", 3));
    let mut ledger = Ledger::new(WindowLimits::default());
    apply(&mut ledger, &delivered).unwrap();
    assert_eq!(ledger.unknown_before(), Sequence::START);
    ledger.lose(kept.first);
    assert_eq!(apply_after_loss(&mut ledger, &kept), vec![]);
    let thawed = ledger.freeze().thaw(WindowLimits::default());
    for ledger in [&ledger, &thawed] {
        assert_eq!(ledger.unknown_before(), kept.first);
        assert_eq!(ledger.freeze().unknown_before(), kept.first);
    }
    let found = ledger.reservation(&"r1".parse().unwrap()).unwrap();
    assert_eq!((found.opened, lost.first), (kept.first, Sequence::new(2)));
    let listed = ledger.reservations_after(lost.first).count();
    assert_eq!(listed, 1, "it is after what was lost");
}

/// A ledger whose product has fewer units reserved than its open reservation holds: an event that nobody can read any more
/// has taken two, and the complete after-image of the next one shows it.
fn doubtful() -> Ledger {
    let mut history = History::new();
    write(&mut history, count("tea", "north", 10));
    write(&mut history, hold("r1", 3));
    write(&mut history, hold("r2", 2));
    let mut ledger = history.ledger().freeze().thaw(WindowLimits::default());
    let unreadable = Event::DeadLettered(DeadLettered {
        product: Some("tea".parse().unwrap()),
        version: Some(version(4)),
        raw: "{\"type\":\"HoldLent\"}".into(),
    });
    let next = Event::Moved(Movement {
        kind: MovementKind::Increased,
        product: "tea".parse().unwrap(),
        store: "north".parse().unwrap(),
        delta: Delta::new(1).unwrap(),
        reserved_delta: Delta::ZERO,
        after: After {
            level: Level::new(quantity(11), quantity(2)).unwrap(),
            version: version(5),
            total: quantity(8),
        },
    });
    // The total does not add up, so that the suspicion lasts.
    assert_eq!(feed(&mut ledger, vec![unreadable]).len(), 1);
    assert_eq!(feed(&mut ledger, vec![next]), []);
    assert_eq!(crate::state(&ledger), (5, 8, true));
    ledger
}

#[test]
fn whoever_looks_at_a_product_under_suspicion_puts_what_is_reserved_right() {
    let overwrite = Command::SyncLevel(SyncLevel {
        product: "tea".parse().unwrap(),
        store: "north".parse().unwrap(),
        on_hand: quantity(9),
        rule: SyncRule::Overwrite,
    });
    for command in [count("tea", "north", 9), overwrite] {
        let mut ledger = doubtful();
        let request = Request::unkeyed(vec![command]).unwrap();
        let mut staging = Staging::default();
        let mut draft = Draft::new(&ledger, &mut staging, at(10));
        let Ok(Decision::New(effects)) = decide(&mut draft, &request) else {
            panic!("a count is taken");
        };
        let entry = draft.record(Some(&request), effects);
        assert_eq!(apply(&mut ledger, &entry), Ok(vec![]));
        assert_eq!(crate::state(&ledger), (6, 4, false));
        let north = crate::tea(&ledger)
            .level(&"north".parse().unwrap())
            .unwrap();
        assert_eq!(north.reserved(), quantity(5), "what r1 and r2 hold");
    }
}

#[test]
fn the_end_of_a_reservation_does_not_end_a_suspicion() {
    let mut ledger = doubtful();
    let mut staging = Staging::default();
    let mut draft = Draft::new(&ledger, &mut staging, at(100_000));
    let portion = Portion {
        levels: 100,
        deadlines: 100,
        lines: 100,
    };
    let effects = inventory_core::machine::dry_run::expire(&mut draft, portion).unwrap();
    let entry = draft.record(None, effects);
    assert_eq!(apply(&mut ledger, &entry), Ok(vec![]));
    // Of r1 only two units are left to set free, and of r2 none.
    assert_eq!(crate::state(&ledger), (6, 11, true));
    for id in ["r1", "r2"] {
        let reservation = ledger.reservation(&id.parse().unwrap()).unwrap();
        assert_eq!(reservation.state, ReservationState::Expired);
    }
    assert_eq!(
        (ledger.open_reservations(), ledger.next_deadline()),
        (0, None)
    );
}

#[test]
fn a_reservation_whose_line_was_buried_is_known_by_the_others() {
    let mut ledger = crate::ten_of_tea();
    let held = |product: &str, units: i64, after: (u64, u64)| {
        Event::Moved(Movement {
            kind: MovementKind::Held {
                reservation: "r1".parse().unwrap(),
                deadline: at(60_000),
            },
            product: product.parse().unwrap(),
            store: "north".parse().unwrap(),
            delta: Delta::ZERO,
            reserved_delta: Delta::new(units).unwrap(),
            after: After {
                level: Level::new(quantity(10), quantity(after.0)).unwrap(),
                version: version(after.1),
                total: quantity(10 - after.0),
            },
        })
    };
    let events = vec![held("rice", 3, (3, 1)), held("tea", 4, (4, 2))];
    let whole = entry(&ledger, events);
    let poison = apply(&mut ledger, &whole).unwrap();
    assert_eq!(poison.len(), 1, "there is no rice");
    let reservation = ledger.reservation(&"r1".parse().unwrap()).unwrap();
    assert_eq!(reservation.lines.len(), 1);
    assert_eq!(reservation.lines[0].held, quantity(4));
    assert_eq!(ledger.next_deadline(), Some(at(60_000)));
    let thawed = ledger.freeze().thaw(WindowLimits::default());
    assert_eq!(thawed.next_deadline(), ledger.next_deadline());
}
