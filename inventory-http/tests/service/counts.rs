//! Counts.

use std::sync::Arc;

use inventory_core::engine::{Engine, Settings};
use inventory_core::machine::{Hold, Request};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{EventLog, Ports};
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{Quantity, Sequence, Ttl, Units};
use serde_json::{Value, json};

use crate::client::Reply;
use crate::world::{World, assert_fields, settings};

fn count(world: &World, body: &Value) -> Reply {
    world.post("/inventory/counts", &body.to_string())
}

/// A count of tea in the north.
fn tea(counted: u64, key: &str, beside: &Value) -> Value {
    let mut body = json!({
        "storeId": "north", "productId": "tea", "counted": counted, "idempotencyKey": key,
    });
    let fields = beside.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(fields);
    body
}

#[test]
fn a_count_sets_the_stock_at_a_version_or_at_any() {
    let world = World::new();
    let first = count(&world, &tea(10, "k1", &json!({ "version": 0 })));
    assert_eq!(first.status, 200, "{first:?}");
    assert_fields(
        &first,
        &json!({
            "productId": "tea", "storeId": "north", "counted": 10, "newQuantity": 10, "newVersion": 1,
            "storeQuantity": 10, "onHand": 10, "reserved": 0, "delta": 10, "released": [],
        }),
    );
    let stale = count(&world, &tea(9, "k2", &json!({ "version": 0 })));
    assert_eq!(
        stale.error(),
        (409, "conflict".to_owned(), "version".to_owned())
    );
    let any = count(&world, &tea(7, "k3", &json!({ "version": null })));
    assert_fields(&any, &json!({ "onHand": 7, "delta": -3, "newVersion": 2 }));
    let again = count(&world, &tea(10, "k1", &json!({ "version": 0 })));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body, first.body);
    let other = count(&world, &tea(11, "k1", &json!({ "version": 0 })));
    assert_eq!(other.status, 422);
}

#[test]
fn sales_during_a_count_survive_it() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    let began = world.head();
    world.adjust("tea", "north", -3, "sold");
    // Nine were on the shelf when counting began, not ten.
    let body = tea(9, "counted", &json!({ "asOfOffset": began }));
    let first = count(&world, &body);
    assert_fields(&first, &json!({ "counted": 9, "onHand": 6, "delta": -1 }));
    let again = count(&world, &body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body, first.body);
    let body = tea(8, "found", &json!({ "asOfOffset": world.head() }));
    assert_fields(&count(&world, &body), &json!({ "onHand": 8, "delta": 2 }));
    let ahead = count(&world, &tea(2, "ahead", &json!({ "asOfOffset": 99 })));
    assert_eq!(
        ahead.error(),
        (400, "bad_request".to_owned(), "asOfOffset".to_owned())
    );
    let below = count(
        &world,
        &tea(0, "below", &json!({ "asOfOffset": world.head() })),
    );
    assert_eq!(below.status, 200, "all of it is gone");
}

#[test]
fn a_count_that_began_before_another_one_is_a_conflict() {
    let world = World::new();
    world.adjust("tea", "north", 12, "k1");
    let began = json!({ "asOfOffset": world.head() });
    assert_eq!(count(&world, &tea(10, "one", &began)).status, 200);
    let other = count(&world, &tea(10, "other", &began));
    let (status, code, field) = other.error();
    assert_eq!(
        (status, code.as_str(), field.as_str()),
        (409, "conflict", "asOfOffset")
    );
    let details = &other.json()["details"];
    assert_eq!(details[0]["issue"], "counted_since");
    assert_eq!(details[1], json!({ "field": "countedAt", "issue": "2" }));
    // What was answered is answered again all the same.
    let again = count(&world, &tea(10, "one", &began));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}

#[test]
fn a_count_names_what_it_is_compared_with() {
    let world = World::new();
    for (beside, field) in [
        (json!({}), "version"),
        (json!({ "version": null, "asOfOffset": 0 }), "asOfOffset"),
        (json!({ "version": 0, "asOfOffset": 0 }), "asOfOffset"),
        (json!({ "asOfOffset": null }), "asOfOffset"),
        (json!({ "asOfOffset": -1 }), "asOfOffset"),
        (json!({ "version": 0.5 }), "version"),
        (
            json!({ "version": 0, "releaseHolds": null }),
            "releaseHolds",
        ),
        (json!({ "version": 0, "delta": 1 }), "delta"),
        (json!({ "version": 0, "counted": -1 }), "counted"),
    ] {
        let reply = count(&world, &tea(1, "k1", &beside));
        let expected = (400, "bad_request".to_owned(), field.to_owned());
        assert_eq!(reply.error(), expected, "{beside}");
    }
    assert_eq!(world.head(), 0);
}

#[test]
fn a_store_counts_for_itself() {
    let world = World::with(&[("API_KEYS", "s1=store:south,r=reader")]);
    let body = tea(1, "k1", &json!({ "version": 0 })).to_string();
    for key in ["s1", "r"] {
        let headers = [("X-API-Key", key)];
        let mut client = world.client();
        let reply = client.call("POST", "/inventory/counts", &headers, Some(&body));
        assert_eq!(reply.status, 403, "{key}");
    }
}

/// Ports of a storage in which ten of tea are in the north, and three reservations hold three each.
fn held() -> (MemoryStorage, impl Fn() -> Ports) {
    let storage = MemoryStorage::new();
    let clock = ManualClock::default();
    let ports = {
        let storage = storage.clone();
        move || Ports {
            clock: Arc::new(clock.clone()),
            ..storage.ports()
        }
    };
    let mut opened = Engine::open(ports(), Settings::default()).unwrap();
    let mut submit = |line| {
        let request = Request::unkeyed(vec![line]).unwrap();
        opened.engine.submit([&request]).unwrap().remove(0).unwrap();
    };
    submit(inventory_core::conformance::count("tea", "north", 10));
    for (reservation, seconds) in [("r1", 60), ("r2", 70), ("r3", 80)] {
        submit(
            Hold {
                reservation: reservation.parse().unwrap(),
                product: "tea".parse().unwrap(),
                store: "north".parse().unwrap(),
                quantity: Units::new(3).unwrap(),
                ttl: Ttl::new(seconds).unwrap(),
            }
            .into(),
        );
    }
    opened.snapshotter.save().unwrap();
    (storage, ports)
}

#[test]
fn a_count_below_what_is_promised_is_refused_or_releases_the_youngest() {
    let (_storage, ports) = held();
    let world = World::on(ports(), &settings(&[]));
    let refused = count(&world, &tea(5, "k1", &json!({ "version": null })));
    assert_eq!(
        refused.error(),
        (422, "unprocessable".to_owned(), "counted".to_owned())
    );
    let body = tea(5, "k1", &json!({ "version": null, "releaseHolds": true }));
    let first = count(&world, &body);
    assert_fields(
        &first,
        &json!({
            "counted": 5, "onHand": 5, "reserved": 3, "storeQuantity": 2, "newQuantity": 2, "delta": -5,
            "released": ["r3", "r2"],
        }),
    );
    let again = count(&world, &body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body, first.body);
    let history = world.get("/history?productId=tea&limit=3").json();
    let kinds: Vec<_> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (&item["type"], &item["reservationId"]))
        .collect();
    assert_eq!(
        kinds,
        [
            (&json!("StockCounted"), &Value::Null),
            (&json!("HoldReleased"), &json!("r2")),
            (&json!("HoldReleased"), &json!("r3")),
        ]
    );
}

#[test]
fn a_count_since_a_moment_that_is_gone_is_refused_unless_it_was_taken_before() {
    let (storage, ports) = held();
    let body = tea(11, "k1", &json!({ "asOfOffset": 1 }));
    let first = {
        let world = World::on(ports(), &settings(&[]));
        let first = count(&world, &body);
        assert_fields(&first, &json!({ "onHand": 11, "delta": 1 }));
        world.stop().unwrap();
        first
    };
    storage.log().purge(Sequence::new(4)).unwrap();
    let world = World::on(ports(), &settings(&[]));
    let again = count(&world, &body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body, first.body);
    let gone = count(&world, &tea(11, "k2", &json!({ "asOfOffset": 1 })));
    assert_eq!(
        gone.error(),
        (410, "gone".to_owned(), "asOfOffset".to_owned())
    );
    let most = Quantity::MAX.units();
    let other = count(&world, &tea(most, "k1", &json!({ "asOfOffset": 1 })));
    assert_eq!(other.error().0, 422);
}
