//! A ledger at one moment: what an image keeps, and what thaws from it.

use std::ops::Bound;
use std::sync::Arc;

use inventory_core::conformance::{History, adjust, assert_same_image};
use inventory_core::machine::replica::{
    Image, ImageBuilder, ImageEntry, ImageProduct, InvalidImage, KeysForgotten, StoreIx, apply,
};
use inventory_core::machine::{
    Alert, Buried, Entry, Head, Hold, Ledger, Level, Request, Ship, Thresholds, WindowLimits,
};
use inventory_core::vocabulary::{
    ProductId, Quantity, Sequence, StoreId, Timestamp, Ttl, Units, Version,
};

/// More products than an arena chunk has, more keys than a window chunk has.
fn large_history(entries: usize) -> (History, Vec<Arc<Entry>>) {
    let mut history = History::new();
    let mut written = Vec::new();
    for number in 0..entries {
        let product = format!("product-{}", number % 200);
        let lines = vec![adjust(&product, "north", 2), adjust(&product, "south", 1)];
        let key = format!("key-{number}").parse().unwrap();
        written.push(history.write(&Request::new(key, lines).unwrap()));
    }
    (history, written)
}

#[test]
fn an_image_is_the_ledger_at_one_moment() {
    let (mut history, _) = large_history(2_500);
    let image = history.ledger().freeze();
    let thawed = image.clone().thaw(WindowLimits::default());
    assert_same_image(&thawed.freeze(), &image);
    assert_eq!(thawed.level_count(), history.ledger().level_count());
    assert_eq!(thawed.key_count(), 2_500);

    // What is written afterwards shows in the ledger, not in the image.
    let before: Vec<_> = versions(&image);
    history.deliveries(1_100);
    assert_eq!(versions(&image), before);
    assert_same_image(&thawed.freeze(), &image);
}

fn versions(image: &Image) -> Vec<(Version, Quantity)> {
    let products = image.products();
    products
        .map(|product| (product.version(), product.total()))
        .collect()
}

#[test]
fn a_ledger_that_was_frozen_on_the_way_is_no_other() {
    let (_, written) = large_history(3_000);
    // An entry a millisecond: bounded by age, by count, and by the size of a chunk.
    for (age_ms, keys_max) in [
        (100, 5_000),
        (5_000, 100),
        (1_200, 1_024),
        (0, 10),
        (9, 1),
        (9, 0),
    ] {
        let limits = WindowLimits::default()
            .with_age_ms(age_ms)
            .with_keys_max(keys_max);
        let (mut straight, mut frozen) = (Ledger::new(limits), Ledger::new(limits));
        for (number, entry) in written.iter().enumerate() {
            apply(&mut straight, entry).unwrap();
            apply(&mut frozen, entry).unwrap();
            if number % 333 == 0 {
                frozen = frozen.freeze().thaw(limits);
            }
        }
        assert_same_image(&frozen.freeze(), &straight.freeze());
        let (young, newest) = (age_ms as usize + 1, written.len() - 1);
        let kept = young.min(keys_max);
        assert_eq!(straight.key_count(), kept, "{limits:?}");
        assert_eq!(
            straight.keys_evicted_early() > 0,
            keys_max < young,
            "{limits:?}"
        );
        for (number, entry) in written.iter().enumerate() {
            let key = &entry.intent.as_ref().unwrap().key;
            let remembered = newest - number < kept;
            assert_eq!(
                straight.find(None, key).is_some(),
                remembered,
                "key {number}, {limits:?}"
            );
        }
    }
}

#[test]
fn an_image_is_thawed_under_limits_that_have_changed() {
    let (history, written) = large_history(3_000);
    let image = history.ledger().freeze();
    let (age_ms, keys_max) = (2_000, 500);
    let thawed = image.thaw(
        WindowLimits::default()
            .with_age_ms(age_ms)
            .with_keys_max(keys_max),
    );
    assert_eq!(thawed.key_count(), 500);
    // As if they had been remembered under these limits: each was young when the 500th after it came.
    assert_eq!(thawed.keys_evicted_early(), 2_500);
    let newest = &written[2_999].intent.as_ref().unwrap().key;
    assert!(thawed.find(None, newest).is_some());
    let wide = thawed.freeze().thaw(WindowLimits::default());
    assert_eq!(wide.key_count(), 500, "what was forgotten is gone");
}

/// A listing is ordered by id, whatever the order of first events, and so after a snapshot.
#[test]
fn products_are_listed_in_the_order_of_their_ids() {
    let mut history = History::new();
    for id in ["tea", "b", "a", "té", "te", "T"] {
        history.write(&Request::unkeyed(vec![adjust(id, "north", 1)]).unwrap());
    }
    let thawed = history.ledger().freeze().thaw(WindowLimits::default());
    for ledger in [history.ledger(), &thawed] {
        let from = |start| {
            let products = ledger.products_from(start);
            products
                .map(|view| view.id().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(from(Bound::Unbounded), ["T", "a", "b", "te", "tea", "té"]);
        assert_eq!(from(Bound::Excluded("b")), ["te", "tea", "té"]);
        assert_eq!(from(Bound::Included("te")), ["te", "tea", "té"]);
        assert_eq!(from(Bound::Included("tf")), ["té"]);
    }
}

#[test]
fn no_image_has_a_reservation_a_transfer_or_an_alert_twice() {
    let mut history = History::new();
    let alert = Alert {
        thresholds: Thresholds::new(Quantity::ZERO, Quantity::MAX).unwrap(),
        is_low: false,
    };
    let (product, store): (ProductId, StoreId) = ("tea".parse().unwrap(), "north".parse().unwrap());
    let units = Units::new(1).unwrap();
    let hold = Hold {
        reservation: "cart".parse().unwrap(),
        product: product.clone(),
        store: store.clone(),
        quantity: units,
        ttl: Ttl::MAX,
    };
    let ship = Ship {
        transfer: "van".parse().unwrap(),
        source: store.clone(),
        destination: "south".parse().unwrap(),
        product: product.clone(),
        quantity: units,
    };
    let lines = vec![adjust("tea", "north", 2), hold.into(), ship.into()];
    history.write(&Request::unkeyed(lines).unwrap());

    let ledger = history.ledger();
    let mut image = ImageBuilder::new(ledger.head());
    let stores = ledger.freeze();
    let places: Vec<_> = stores
        .stores()
        .map(|known| image.store(known.clone()).unwrap())
        .collect();
    let (none, at) = (Quantity::ZERO, Timestamp::UNIX_EPOCH);
    let with = |levels: &[_]| {
        let (id, levels) = (product.clone(), levels.iter().copied());
        ImageProduct::new(id, Version::NEVER_WRITTEN, none, at, false, levels)
    };
    let level = |store| (store, Level::default(), Sequence::START);
    let (first, unlisted) = (places[0], StoreIx(places.len() as u32));
    let refused = |store| InvalidImage::Level {
        product: product.clone(),
        store,
    };
    let twice = with(&[level(first), level(first)]);
    assert_eq!(twice.err(), Some(refused(first)));
    let elsewhere = with(&[level(first), level(unlisted)]).unwrap();
    assert_eq!(image.product(elsewhere), Err(refused(unlisted)));
    image.product(with(&[level(first)]).unwrap()).unwrap();
    let twice = |id: &str| Err(InvalidImage::Twice { id: id.to_owned() });
    let cart = ledger.reservation(&"cart".parse().unwrap()).unwrap();
    image.reservation(cart.clone()).unwrap();
    assert_eq!(image.reservation(cart.clone()), twice("cart"));
    let van = ledger.transfer(&"van".parse().unwrap()).unwrap();
    image.transfer(van.clone()).unwrap();
    assert_eq!(image.transfer(van.clone()), twice("van"));
    image.alert(&product, &store, alert).unwrap();
    let again = image.alert(&product, &store, alert);
    assert_eq!(again, twice("north"));
    let image = image.finish(KeysForgotten::default());
    assert_eq!(image.reservations().collect::<Vec<_>>(), [cart]);
    assert_eq!(image.transfers().collect::<Vec<_>>(), [van]);
}

#[test]
fn an_entry_or_a_burial_that_is_out_of_place_is_refused() {
    let (history, _) = large_history(4);
    let entries: Vec<_> = history.ledger().freeze().window_by_places().collect();
    let head = Head::after(&entries[2]);
    let mut image = ImageBuilder::new(head);
    for store in ["north", "south"] {
        image.store(store.parse().unwrap()).unwrap();
    }
    for number in 0..3 {
        let id = format!("product-{number}").parse().unwrap();
        let (none, at) = (Quantity::ZERO, Timestamp::UNIX_EPOCH);
        let product = ImageProduct::new(id, Version::NEVER_WRITTEN, none, at, false, []);
        image.product(product.unwrap()).unwrap();
    }
    image.remember(&entries[1]).unwrap();
    let [before, same, after, beyond] = [0, 1, 2, 3].map(|at: usize| entries[at].clone());
    let early = ImageEntry {
        recorded_at: before.recorded_at,
        ..after.clone()
    };
    let late = ImageEntry {
        recorded_at: after.recorded_at,
        ..before.clone()
    };
    for odd in [before, same, early, late, beyond] {
        let out = Err(InvalidImage::OutOfPlace {
            sequence: odd.first,
        });
        assert_eq!(image.remember(&odd), out, "{odd:?}");
    }
    image.remember(&after).unwrap();

    let buried = |suspected_until| Buried {
        product: None,
        version: None,
        suspected_until: Some(Sequence::new(suspected_until)),
        reason: "odd".into(),
    };
    let end = head.sequence.number();
    for (at, until) in [(2, 2), (3, 2), (2, end + 1), (end + 1, end + 2)] {
        let sequence = Sequence::new(at);
        let out = Err(InvalidImage::OutOfPlace { sequence });
        assert_eq!(image.bury(sequence, buried(until)), out, "{at} to {until}");
    }
    image.bury(Sequence::new(2), buried(3)).unwrap();
    image.bury(Sequence::new(3), buried(end)).unwrap();
}
