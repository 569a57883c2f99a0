//! Alerts: asked for, told once per edge, and no longer asked for.

use serde_json::{Value, json};

use crate::client::Reply;
use crate::world::World;

const TEA: &str = "/alerts/north/tea";

fn set(world: &World, path: &str, low: u64, replenished: u64) -> Reply {
    let body = json!({ "low": low, "replenished": replenished });
    world
        .client()
        .call("PUT", path, &[], Some(&body.to_string()))
}

/// What was told of alerts, in order.
fn told(world: &World) -> Vec<(String, Value)> {
    let changes = world.get("/replication/changes?limit=10000").json();
    let events = changes["events"].as_array().unwrap().iter();
    let told = events.filter_map(|event| match event["type"].as_str().unwrap() {
        kind @ ("StockLow" | "StockReplenished" | "AlertSet" | "AlertRemoved") => {
            Some((kind.to_owned(), event["storeQuantity"].clone()))
        }
        _ => None,
    });
    told.collect()
}

#[test]
fn an_alert_is_set_read_listed_and_removed() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    world.adjust("tea", "south", 10, "k2");
    let reply = set(&world, TEA, 2, 5);
    let expected = json!({ "storeId": "north", "productId": "tea", "low": 2, "replenished": 5, "isLow": false });
    assert_eq!((reply.status, reply.json()), (200, expected.clone()));
    assert_eq!(world.get(TEA).json(), expected);
    let head = world.head();
    assert_eq!(set(&world, TEA, 2, 5).json(), expected);
    assert_eq!(world.head(), head, "the same again writes nothing");
    assert_eq!(set(&world, "/alerts/south/tea", 0, 1).status, 200);
    let stores = |query: &str| -> Vec<String> {
        let page = world.get(&format!("/alerts?{query}")).json();
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|alert| alert["storeId"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(stores(""), ["north", "south"]);
    assert_eq!(stores("storeId=south"), ["south"]);
    let first = world.get("/alerts?limit=1").json();
    let cursor = first["nextCursor"].as_str().unwrap();
    assert_eq!(stores(&format!("cursor={cursor}")), ["south"]);
    let removed = world.client().call("DELETE", TEA, &[], None);
    assert_eq!((removed.status, removed.json()), (200, expected));
    assert_eq!(world.get(TEA).status, 404);
    assert_eq!(world.client().call("DELETE", TEA, &[], None).status, 404);
    assert_eq!(stores(""), ["south"]);
}

#[test]
fn each_edge_is_told_once_whatever_has_moved_the_stock() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    set(&world, TEA, 2, 5);
    // A sale, up and down between the thresholds, a hold, its release, a count, a shipment and its return.
    world.adjust("tea", "north", -8, "k2");
    world.adjust("tea", "north", 2, "k3");
    world.adjust("tea", "north", -3, "k4");
    world.adjust("tea", "north", 4, "k5");
    let hold = r#"{"reservationId":"r1","ttlSeconds":60,"idempotencyKey":"h1","lines":[{"storeId":"north","productId":"tea","quantity":4}]}"#;
    assert_eq!(world.post("/reservations", hold).status, 201);
    let release = r#"{"idempotencyKey":"l1"}"#;
    assert_eq!(world.post("/reservations/r1/release", release).status, 200);
    let count =
        r#"{"storeId":"north","productId":"tea","counted":1,"version":null,"idempotencyKey":"n1"}"#;
    assert_eq!(world.post("/inventory/counts", count).status, 200);
    let sync = r#"{"storeId":"north","mode":"overwrite","products":[{"id":"tea","qty":6}]}"#;
    let synced = world.post("/inventory/sync", sync).json();
    assert_eq!(
        synced["updated"], 1,
        "a row that raises an alert is a row all the same"
    );
    let ship = r#"{"transferId":"t1","fromStoreId":"north","toStoreId":"south","idempotencyKey":"t1","lines":[{"productId":"tea","quantity":5}]}"#;
    assert_eq!(world.post("/transfers", ship).status, 201);
    let close = r#"{"idempotencyKey":"c1","outcome":"returned"}"#;
    assert_eq!(world.post("/transfers/t1/close", close).status, 200);
    let expected = [
        ("AlertSet", 10),
        ("StockLow", 2),
        ("StockReplenished", 5),
        ("StockLow", 1),
        ("StockReplenished", 5),
        ("StockLow", 1),
        ("StockReplenished", 6),
        ("StockLow", 1),
        ("StockReplenished", 6),
    ];
    let expected = expected.map(|(kind, available)| (kind.to_owned(), json!(available)));
    assert_eq!(told(&world), expected);
    assert_eq!(world.get("/inventory/tea").json()["available"], 6);
}

#[test]
fn a_level_that_is_low_already_is_told_at_once() {
    let world = World::new();
    world.adjust("tea", "north", 2, "k1");
    assert_eq!(set(&world, TEA, 2, 5).json()["isLow"], true);
    let expected = [("AlertSet", 2), ("StockLow", 2)];
    let expected = expected.map(|(kind, available)| (kind.to_owned(), json!(available)));
    assert_eq!(told(&world), expected);
}

#[test]
fn an_alert_before_the_first_delivery_makes_no_product() {
    let world = World::new();
    let reply = set(&world, "/alerts/north/coffee", 1, 2);
    assert_eq!(reply.json()["isLow"], true, "nothing is there");
    assert_eq!(world.get("/inventory/coffee").status, 404);
    assert_eq!(world.get("/inventory/global/coffee").status, 404);
    assert_eq!(world.get("/inventory").json()["items"], json!([]));
    let snapshot = world.get("/replication/snapshot").json();
    assert_eq!(snapshot["state"], json!({}));
    assert_eq!(world.get("/alerts/north/coffee").status, 200);
    world.adjust("coffee", "north", 3, "k1");
    assert_eq!(world.get("/inventory/coffee").json()["version"], 1);
    let told = told(&world);
    let told: Vec<_> = told.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(told, ["AlertSet", "StockLow", "StockReplenished"]);
}

#[test]
fn what_cannot_be_is_refused() {
    let world = World::with(&[("API_KEYS", "demo,south=store:south,read=reader")]);
    world.adjust("tea", "north", 10, "k1");
    for (reply, status, field) in [
        (set(&world, TEA, 5, 5), 422, "replenished"),
        (set(&world, TEA, 1 << 53, 2), 400, "low"),
    ] {
        let (found, _, at) = reply.error();
        assert_eq!((found, at.as_str()), (status, field), "{reply:?}");
    }
    for key in ["south", "read"] {
        let head = [("X-API-Key", key)];
        let body = r#"{"low":1,"replenished":2}"#;
        let mut client = world.client();
        assert_eq!(client.call("PUT", TEA, &head, Some(body)).status, 403);
        assert_eq!(client.call("DELETE", TEA, &head, None).status, 403);
    }
    assert_eq!(world.head(), 1);
}
