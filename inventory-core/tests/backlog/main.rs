//! More reservations are due than expire with one group: nobody who asks can tell in which order they do.

#![cfg(feature = "testing")]

mod commands;
mod shop;

use inventory_core::conformance::{adjust, count};
use inventory_core::machine::{
    Command, Extend, Hold, Ledger, MovementKind, REQUEST_LINES_MAX, Request,
};
use inventory_core::vocabulary::{Ttl, Units};

use shop::{START, Shop, at, commit, hold, release_down_to};

#[test]
fn a_request_sees_no_overdue_reservation_of_its_products_and_waits_for_no_other() {
    let mut shop = Shop::new();
    for number in 0..700 {
        let product = format!("product-{number}");
        shop.ask(vec![count(&product, "north", 1)]);
        shop.ask(vec![hold(&format!("r{number}"), &product, 60)]);
    }
    shop.clock.set(at(START + 60_000));
    shop.ask(vec![adjust("product-699", "north", -1)]);
    shop.clock.set(at(START + 60_001));
    shop.ask(vec![adjust("product-699", "north", -1)]);
    let left = shop.open();
    assert!(left > 400, "a portion has expired, not {left}");
    shop.ask(vec![commit("r698")]);
    shop.ask(vec![hold("r697", "product-0", 60)]);
    shop.ask(vec![hold("again", "product-697", 60)]);
    shop.drain();
    assert_eq!(shop.open(), 1, "again");
    shop.audit();
}

#[test]
fn a_product_with_very_many_overdue_reservations_is_free_at_once() {
    let mut shop = Shop::new();
    shop.ask(vec![count("tea", "north", 5_000)]);
    let holds = (0..5_000).map(|number| hold(&format!("r{number}"), "tea", 1 + number % 7));
    let requests = holds.map(|hold| Request::unkeyed(vec![hold]).expect("a line"));
    let requests: Vec<_> = requests.collect();
    shop.engine.submit(&requests).expect("memory never fails");
    assert_eq!(shop.open(), 5_000);
    shop.clock.set(at(START + 7_001));
    let before = shop.log().len();
    let sale = Request::unkeyed(vec![adjust("tea", "north", -5_000)]).expect("a line");
    let answers = shop.engine.submit([&sale]).expect("memory never fails");
    assert!(answers[0].is_ok(), "{answers:?}");
    let written = shop.log().split_off(before);
    let events: usize = written.iter().map(|entry| entry.events.len()).sum();
    assert!(
        events < 100,
        "{events} events for one sale, whose level lapses in one"
    );
    let open = shop.open();
    assert!(open > 4_900, "{open} are still to be said to have ended");
    let lapsed = |shop: &Shop| shop.engine.reader().image().lapsed().count();
    assert_eq!(lapsed(&shop), 1, "an image says whose levels are ahead");
    shop.drain();
    assert_eq!((shop.open(), lapsed(&shop)), (0, 0));
    shop.audit();
}

/// A count that releases reservations writes to products that it does not name, and those had shown units of reservations
/// that were overdue.
#[test]
fn a_count_sees_no_overdue_reservation_of_what_it_releases() {
    let mut shop = Shop::new();
    shop.ask(vec![count("tea", "north", 5), count("rice", "north", 5)]);
    shop.ask(vec![hold("both", "tea", 600), hold("both", "rice", 600)]);
    for number in 0..300 {
        let product = format!("product-{number}");
        shop.ask(vec![count(&product, "north", 1)]);
        shop.ask(vec![hold(&format!("r{number}"), &product, 60)]);
    }
    shop.ask(vec![hold("overdue", "rice", 61)]);
    shop.clock.set(at(START + 61_001));
    shop.ask(vec![release_down_to("tea", 0)]);
    assert!(shop.open() > 0, "the others are still to expire");
    shop.drain();
    assert_eq!(shop.open(), 0);
    shop.audit();
}

#[test]
fn what_was_extended_in_the_group_before_is_not_due() {
    let mut shop = Shop::new();
    shop.ask(vec![count("tea", "north", 400)]);
    for number in 0..300 {
        shop.ask(vec![hold(&format!("r{number}"), "tea", 60)]);
    }
    shop.clock.set(at(START + 60_000));
    let extend = Command::Extend(Extend {
        reservation: "r7".parse().expect("a plain name"),
        ttl: Ttl::new(60).expect("less than a day"),
    });
    shop.ask(vec![extend]);
    shop.clock.set(at(START + 60_001));
    shop.ask(vec![adjust("tea", "north", -400)]);
    shop.ask(vec![adjust("tea", "north", -399)]);
    shop.ask(vec![commit("r7")]);
    shop.drain();
    assert_eq!(shop.open(), 0);
    shop.audit();
}

/// A synchronisation of products whose carts ran out while the service was down was held up by one entry of half a million
/// events, under one hold of the ledger's lock.
#[test]
fn what_a_request_lapses_is_written_in_entries_of_a_bounded_size() {
    const PRODUCTS: usize = 1_000;
    const STORES: usize = 20;
    let mut shop = Shop::new();
    let level = |at: usize| (format!("p{}", at / STORES), format!("s{}", at % STORES));
    let counted = |at| {
        let (product, store) = level(at);
        count(&product, &store, 1)
    };
    let held = |at| {
        let (product, store) = level(at);
        Command::Hold(Hold {
            reservation: format!("r{at}").parse().expect("a plain name"),
            product: product.parse().expect("a plain name"),
            store: store.parse().expect("a plain name"),
            quantity: Units::new(1).expect("one is something"),
            ttl: Ttl::new(60).expect("less than a day"),
        })
    };
    let all: Vec<_> = (0..PRODUCTS * STORES).collect();
    for levels in all.chunks(REQUEST_LINES_MAX) {
        let counted = levels.iter().copied().map(counted).collect();
        let held = levels.iter().copied().map(held).collect();
        let requests: [_; 2] = [counted, held].map(|lines| Request::unkeyed(lines).expect("lines"));
        let answers = shop.engine.submit(&requests).expect("memory never fails");
        assert!(answers.iter().all(Result::is_ok));
    }
    shop.clock.set(at(START + 60_001));
    let before = shop.log().len();
    let lines = (0..PRODUCTS).map(|product| adjust(&format!("p{product}"), "s0", -1));
    let sync = Request::unkeyed(lines.collect()).expect("lines");
    let answers = shop.engine.submit([&sync]).expect("memory never fails");
    assert!(answers[0].is_ok(), "{answers:?}");
    let written = shop.log().split_off(before);
    let sizes: Vec<_> = written.iter().map(|entry| entry.events.len()).collect();
    assert!(
        sizes.iter().all(|size| *size <= REQUEST_LINES_MAX),
        "{sizes:?}"
    );
    let events = written.iter().flat_map(|entry| &entry.events);
    let movements = events.filter_map(|event| event.movement());
    let lapsed = movements.filter(|movement| movement.kind == MovementKind::Lapsed);
    assert_eq!(lapsed.count(), PRODUCTS * STORES, "{sizes:?}");
    shop.drain();
    assert_eq!(shop.engine.reader().read(Ledger::open_reservations), 0);
    shop.audit();
}
