//! A log that is ahead, and is put right.

use std::sync::Arc;

use inventory_core::conformance::assert_same_image;
use inventory_core::engine::{SetBackError, Settings, set_back};
use inventory_core::machine::replica::Image;
use inventory_core::machine::{Ledger, ReservationState};
use inventory_core::ports::{EventLog, Ports};
use inventory_core::vocabulary::Sequence;

use crate::world::{DAY, MINUTE, SECOND, World, YEAR, at, commit, hold};

/// A shop whose clock was three years ahead when it was started, and was put right later.
fn ahead() -> World {
    let mut world = World::new();
    world.done("good", hold("good", 3_600));
    world.watch(MINUTE);
    world.sell("early");
    world.snapshotter.save().unwrap();
    world.clock.leap_to(at(3 * YEAR));
    let accepted = Settings::default().with_accept_time(Some(at(3 * YEAR)));
    world.reopen(accepted).unwrap();
    world.sell("wild");
    world.done("cart", hold("cart", 600));
    world.done("short", hold("short", 1));
    world.watch(SECOND);
    world.done("gone", hold("gone", 60));
    world.done("taken", commit("gone"));
    world.clock.leap_to(at(2 * MINUTE));
    world.reopen(Settings::default()).unwrap();
    assert!(world.time().behind.millis() > 2 * YEAR);
    world
}

fn put_right(world: &World) {
    let ports = Ports {
        clock: Arc::new(world.clock.clone()),
        ..world.storage.ports()
    };
    let before = ports.log.head();
    let done = set_back(ports, Settings::default(), at(2 * MINUTE)).unwrap();
    assert_eq!((done.at, done.from), (before.sequence, before.recorded_at));
    assert_eq!(world.storage.log().epoch(), done.epoch);
    assert_ne!(done.epoch, done.replaced);
}

fn latest(image: &Image) -> u64 {
    let products = image.products().map(|product| product.updated_at());
    let reservations = image.reservations();
    let reservations = reservations.flat_map(|known| [Some(known.opened_at), known.ended_at]);
    let transfers = image.transfers();
    let transfers = transfers.flat_map(|known| [Some(known.opened_at), known.ended_at]);
    let times = products.chain(reservations.chain(transfers).flatten());
    let keys = image.window().map(|entry| entry.recorded_at);
    let all = times.chain(keys).chain([image.head().recorded_at]);
    all.max().unwrap().millis()
}

#[test]
fn a_log_that_was_set_back_has_nothing_in_the_future_and_all_of_its_stock() {
    let mut world = ahead();
    let before = world.engine.reader().image();
    put_right(&world);
    world.reopen(Settings::default()).unwrap();
    assert!(world.time().behind.millis() == 0 && world.time().leap.is_none());
    let after = world.engine.reader().image();
    assert_eq!(latest(&after), at(2 * MINUTE).millis());
    assert_eq!(after.head().sequence, before.head().sequence);
    let stock = |image: &Image| -> Vec<_> {
        let products = image.products();
        let product = products.map(|it| (it.version(), it.total(), it.levels().count()));
        product.collect()
    };
    assert_eq!(stock(&after), stock(&before));
    // And those that the clock had made too old.
    assert!(after.window_len() > before.window_len());
    let reader = world.engine.reader();
    assert_eq!(reader.floor(), reader.head().sequence);
    assert!(reader.head().sequence > Sequence::START);
}

#[test]
fn after_it_reservations_end_and_keys_are_remembered_as_they_would_have_been() {
    let mut world = ahead();
    put_right(&world);
    world.reopen(Settings::default()).unwrap();
    for key in ["early", "wild"] {
        assert!(world.sell(key), "{key} gets its first answer");
    }
    let taken = world.ask("taken", commit("gone")).unwrap().unwrap();
    assert!(taken.replayed);
    assert_eq!(world.state("short"), ReservationState::Open);
    assert_eq!(world.state("good"), ReservationState::Expired);
    world.watch(1);
    assert_eq!(world.state("short"), ReservationState::Expired);
    // A second of its ten minutes had passed.
    world.watch(599 * SECOND - 1);
    assert_eq!(world.state("cart"), ReservationState::Open);
    world.watch(1);
    assert_eq!(world.state("cart"), ReservationState::Expired);
    world.watch(6 * DAY);
    assert!(world.sell("wild"));
}

#[test]
fn a_log_that_is_not_ahead_is_left_as_it_is() {
    let mut world = World::new();
    let (before, epoch) = (world.engine.reader().image(), world.engine.reader().epoch());
    let refused = set_back(world.storage.ports(), Settings::default(), at(0));
    let Err(SetBackError::NotAhead { at: last }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(last, at(0));
    world.reopen(Settings::default()).unwrap();
    assert_eq!(world.engine.reader().epoch(), epoch);
    assert_same_image(&world.engine.reader().image(), &before);
}

#[test]
fn an_image_that_was_set_back_is_what_it_thaws_to() {
    let world = ahead();
    let image = world.engine.reader().image().set_back(at(MINUTE));
    let ledger: Ledger = image.clone().thaw(Settings::default().window);
    assert_same_image(&ledger.freeze(), &image);
    assert_same_image(&image.set_back(at(MINUTE)), &image);
}
