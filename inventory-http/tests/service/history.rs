//! What has happened.

use serde_json::{Value, json};

use crate::world::World;

/// All items of a history, a few at a time.
fn walk(world: &World, query: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world
            .get(&format!("/history?{query}&limit={limit}&cursor={cursor}"))
            .json();
        let found = page["items"].as_array().unwrap();
        assert!(found.len() <= limit);
        assert_eq!(page["complete"], true);
        items.extend(found.iter().cloned());
        cursor = page["nextCursor"].as_str().unwrap().to_owned();
        if cursor.is_empty() {
            return items;
        }
    }
}

fn offsets(items: &[Value]) -> Vec<u64> {
    let offsets = items.iter().map(|item| item["seq"].as_u64().unwrap());
    offsets.collect()
}

#[test]
fn a_history_is_walked_from_the_newest_event_and_every_event_is_seen_once() {
    let world = World::new();
    for number in 0..12 {
        let product = ["tea", "rice"][number % 2];
        let store = ["north", "south", "east"][number % 3];
        world.adjust(product, store, 3, &format!("k{number}"));
    }
    for limit in [1, 5, 6, 7, 1_000] {
        let tea = walk(&world, "productId=tea", limit);
        assert_eq!(offsets(&tea), [11, 9, 7, 5, 3, 1], "limit {limit}");
        let level = walk(&world, "productId=tea&storeId=south", limit);
        assert_eq!(offsets(&level), [11, 5], "limit {limit}");
    }
    assert_eq!(walk(&world, "productId=coffee", 5), [] as [Value; 0]);
    assert_eq!(walk(&world, "reference=none", 5), [] as [Value; 0]);
    // A cursor stays where it was while the log grows.
    let first = world.get("/history?productId=tea&limit=2").json();
    world.adjust("tea", "north", 1, "later");
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = world
        .get(&format!("/history?productId=tea&limit=2&cursor={cursor}"))
        .json();
    assert_eq!(offsets(second["items"].as_array().unwrap()), [7, 5]);
}

#[test]
fn an_event_says_what_it_found_and_what_it_left() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    world.adjust("tea", "south", 5, "k2");
    world.adjust("tea", "north", -4, "k3");
    let mut newest = world.get("/history?productId=tea&limit=1").json()["items"][0].take();
    assert!(newest["ts"].take().is_string());
    assert_eq!(
        newest,
        json!({
            "seq": 3, "ts": null, "type": "StockDecreased", "productId": "tea", "storeId": "north",
            "delta": -4, "reservedDelta": 0,
            "before": { "onHand": 10, "reserved": 0 }, "after": { "onHand": 6, "reserved": 0 },
            "newQuantity": 11, "version": 3,
            "reason": null, "note": null, "reference": null, "actor": "demo", "reservationId": null, "transferId": null, "key": "k3",
        })
    );
}

#[test]
fn a_history_of_nothing_in_particular_is_refused() {
    let world = World::new();
    for query in ["", "storeId=north", "limit=5"] {
        let error = world.get(&format!("/history?{query}")).error();
        assert_eq!((error.0, &*error.2), (400, "productId"), "{query}");
    }
}
