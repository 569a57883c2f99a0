//! Products as they were.

use std::sync::Arc;

use inventory_core::conformance::adjust;
use inventory_core::engine::{Engine, Settings};
use inventory_core::machine::Request;
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{EventLog, Ports};
use inventory_core::testing::{Call, Faults, ManualClock};
use inventory_core::vocabulary::{Sequence, Timestamp};
use serde_json::json;

use crate::client::Reply;
use crate::lines::{listen, logged};
use crate::world::{World, assert_fields, settings};

/// One second after the other, each with one event: tea and rice in turn, at north and south in turn.
fn seconds(count: u64, purged: u64) -> World {
    let storage = MemoryStorage::new();
    let clock = ManualClock::default();
    let ports = || Ports {
        clock: Arc::new(clock.clone()),
        ..storage.ports()
    };
    let opened = Engine::open(ports(), Settings::default()).unwrap();
    let (mut engine, mut snapshotter) = (opened.engine, opened.snapshotter);
    for second in 1..=count {
        clock.set(Timestamp::from_millis(second * 1_000).unwrap());
        let product = ["tea", "rice"][second as usize % 2];
        let store = ["north", "south"][second as usize / 2 % 2];
        let line = adjust(product, store, second as i64);
        engine
            .submit([&Request::unkeyed(vec![line]).unwrap()])
            .unwrap()
            .remove(0)
            .unwrap();
    }
    snapshotter.save().unwrap();
    drop(engine);
    storage.log().purge(Sequence::new(purged)).unwrap();
    World::on(ports(), &settings(&[]))
}

fn time(second: u64) -> String {
    let time = Timestamp::from_millis(second * 1_000).unwrap();
    time.to_string()
}

/// What was written of a product up to a second, and how often.
fn truth(product: &str, until: u64) -> (u64, u64) {
    let seconds = (1..=until).filter(|second| ["tea", "rice"][*second as usize % 2] == product);
    (seconds.clone().sum(), seconds.count() as u64)
}

fn ids(reply: &Reply) -> Vec<(String, u64)> {
    let listing = reply.json();
    let items = listing["items"].as_array().unwrap().iter();
    let shown = items.map(|item| {
        let id = item["productId"].as_str().unwrap();
        (id.to_owned(), item["available"].as_u64().unwrap())
    });
    shown.collect()
}

#[test]
fn a_product_is_read_as_it_was_at_an_offset_and_at_a_time() {
    let world = seconds(8, 0);
    for second in 0..=8 {
        let offset = second.to_string();
        for as_of in [&offset, &time(second)] {
            for product in ["tea", "rice"] {
                let reply = world.get(&format!("/inventory/{product}?asOf={as_of}"));
                let (available, version) = truth(product, second);
                if version == 0 {
                    assert_eq!(reply.status, 404, "{product} as of {as_of}");
                    continue;
                }
                let last = (1..=second)
                    .rev()
                    .find(|&at| truth(product, at) != truth(product, at - 1));
                assert_fields(
                    &reply,
                    &json!({
                        "productId": product, "available": available, "version": version,
                        "lastUpdated": time(last.unwrap()),
                    }),
                );
                let tag = reply.header("etag").unwrap();
                assert!(tag.ends_with(&format!("-{version}\"")), "{tag}");
            }
        }
    }
    let now = world.get("/inventory/tea");
    for as_of in ["8", "9999-12-31T23:59:59Z"] {
        let then = world.get(&format!("/inventory/tea?asOf={as_of}"));
        assert_eq!(then.body, now.body);
    }
    let global = world.get("/inventory/global/tea?asOf=5").json();
    assert_eq!(global["perStore"], json!({ "south": 2, "north": 4 }));
    let then = world.get("/inventory/tea?asOf=3");
    let headers = [("If-None-Match", then.header("etag").unwrap())];
    let then = world
        .client()
        .call("GET", "/inventory/tea?asOf=3", &headers, None);
    assert_eq!(then.status, 304);
}

/// Four of ten units go from north to south, in one request: nobody has ever seen six.
#[test]
fn between_the_events_of_a_request_there_is_no_state() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    let line = |store: &str, delta: i64| json!({ "productId": "tea", "storeId": store, "delta": delta, "version": null });
    let moved = json!({ "idempotencyKey": "k2", "lines": [line("north", -4), line("south", 4)] });
    let reply = world.post("/inventory/transactions", &moved.to_string());
    assert_eq!(reply.status, 200, "{reply:?}");
    for (offset, north, south) in [(1, 10, None), (2, 10, None), (3, 6, Some(4))] {
        let global = world
            .get(&format!("/inventory/global/tea?asOf={offset}"))
            .json();
        assert_eq!(global["totalAvailable"], 10, "at {offset}");
        let per_store = &global["perStore"];
        assert_eq!(
            (&per_store["north"], per_store.get("south")),
            (&json!(north), south.map(|units: u64| json!(units)).as_ref())
        );
        let listed = world.get(&format!("/inventory?asOf={offset}"));
        assert_eq!(ids(&listed), [("tea".to_owned(), 10)]);
        let at_north = world.get(&format!("/inventory?asOf={offset}&storeId=north"));
        assert_eq!(ids(&at_north), [("tea".to_owned(), north)]);
    }
}

/// A count that began within a request began before it.
#[test]
fn a_count_since_an_offset_within_a_request_is_since_the_one_before() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    let line = |product: &str, delta: i64| json!({ "productId": product, "storeId": "north", "delta": delta, "version": null });
    let moved = json!({ "idempotencyKey": "k2", "lines": [line("tea", -4), line("rice", 4)] });
    assert_eq!(
        world
            .post("/inventory/transactions", &moved.to_string())
            .status,
        200
    );
    let count = json!({
        "storeId": "north", "productId": "tea", "counted": 9, "asOfOffset": 2, "idempotencyKey": "k3",
    });
    let reply = world.post("/inventory/counts", &count.to_string());
    assert_eq!(reply.status, 200, "{reply:?}");
    // One of ten was missing; four were sold since.
    assert_eq!(world.get("/inventory/tea").json()["available"], 5);
}

#[test]
fn a_listing_shows_what_was_there_then() {
    let world = seconds(8, 0);
    for (query, expected) in [
        ("asOf=0", vec![]),
        ("asOf=1", vec![("rice", 1)]),
        ("asOf=4", vec![("rice", 4), ("tea", 6)]),
        ("asOf=4&limit=1", vec![("rice", 4)]),
        ("asOf=4&prefix=t", vec![("tea", 6)]),
        ("asOf=4&below=5", vec![("rice", 4)]),
        (
            "asOf=1970-01-01T00:00:04.500Z&storeId=south",
            vec![("rice", 3), ("tea", 2)],
        ),
        ("asOf=2&storeId=south", vec![("tea", 2)]),
        ("asOf=8", vec![("rice", 16), ("tea", 20)]),
    ] {
        let reply = world.get(&format!("/inventory?{query}"));
        let expected = expected.iter().map(|&(id, units)| (id.to_owned(), units));
        assert_eq!(ids(&reply), expected.collect::<Vec<_>>(), "{query}");
    }
    let first = world.get("/inventory?asOf=4&limit=1").json();
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = world.get(&format!("/inventory?asOf=4&limit=1&cursor={cursor}"));
    assert_eq!(ids(&second), [("tea".to_owned(), 6)]);
    assert_eq!(second.json()["nextCursor"], "");
}

#[test]
fn a_past_that_was_purged_is_gone_and_one_that_has_not_happened_is_refused() {
    let world = seconds(8, 5);
    for path in ["/inventory/tea", "/inventory/global/tea", "/inventory"] {
        for as_of in ["0", "4", &time(0), &time(4), &time(5)] {
            let reply = world.get(&format!("{path}?asOf={as_of}"));
            assert_eq!(
                reply.error(),
                (410, "gone".to_owned(), "asOf".to_owned()),
                "{path} as of {as_of}"
            );
            assert_eq!(reply.json()["position"]["oldestOffset"], 5);
        }
        let reply = world.get(&format!("{path}?asOf=9"));
        assert_eq!(
            reply.error(),
            (400, "bad_request".to_owned(), "asOf".to_owned())
        );
    }
    // What is kept still tells what was there when it began, but not since when.
    for (product, available, version) in [("tea", 6, 2), ("rice", 9, 3)] {
        let reply = world.get(&format!("/inventory/{product}?asOf=5"));
        assert_fields(
            &reply,
            &json!({ "available": available, "version": version, "lastUpdated": null }),
        );
    }
    assert_eq!(
        world.get("/inventory/global/tea?asOf=5").json()["perStore"],
        json!({ "south": 2, "north": 4 })
    );
}

#[test]
fn a_log_that_cannot_be_read_now_is_503_for_the_past_and_said_with_the_cause() {
    listen();
    let faults = Faults::new();
    let world = World::on(faults.wrap(MemoryStorage::new().ports()), &settings(&[]));
    world.adjust("tea", "north", 1, "k1");
    world.adjust("tea", "north", 2, "k2");
    let then = || world.get("/inventory/tea?asOf=1");
    assert_eq!(then().json()["available"], 1);
    for _ in 0..3 {
        faults.fail(0, Call::Read);
        let reply = then();
        assert_eq!(reply.error().1, "unavailable", "{reply:?}");
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    let line = "the log could not be read for the past";
    let lines = logged();
    let mut said = lines.lines().filter(|one| one.contains(line));
    assert!(said.all(|one| one.contains("ERROR") && one.contains("cause=")));
    assert!(logged().contains(line));
    assert_eq!(then().json()["available"], 1);
}
