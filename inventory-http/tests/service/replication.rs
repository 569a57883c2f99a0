//! What replicas follow.

use std::time::{Duration, Instant};

use inventory_core::memory::MemoryStorage;
use inventory_core::vocabulary::Epoch;
use serde_json::{Value, json};

use crate::world::{World, assert_fields, settings};

pub(crate) fn changes(world: &World, query: &str) -> Value {
    let reply = world.get(&format!("/replication/changes?{query}"));
    assert_eq!(reply.status, 200, "{query}: {reply:?}");
    reply.json()
}

pub(crate) fn offsets(page: &Value) -> Vec<u64> {
    let events = page["events"].as_array().unwrap().iter();
    events.map(|event| event["seq"].as_u64().unwrap()).collect()
}

pub(crate) fn sold(world: &World, events: u64) {
    world.adjust("tea", "north", 1_000, "k0");
    for number in 1..events {
        world.adjust("tea", "north", -1, &format!("k{number}"));
    }
}

#[test]
fn a_snapshot_has_every_level_and_where_to_go_on() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    world.adjust("tea", "south", 5, "k2");
    world.adjust("a \"quoted\" ä", "north", 1, "k3");
    let snapshot = world.get("/replication/snapshot").json();
    let tea = &snapshot["state"]["tea"];
    assert_eq!((&tea["qty"], &tea["version"]), (&json!(15), &json!(2)));
    assert_eq!(
        tea["levels"],
        json!({
            "north": { "onHand": 10, "reserved": 0 }, "south": { "onHand": 5, "reserved": 0 },
        })
    );
    assert_eq!(snapshot["state"]["a \"quoted\" ä"]["qty"], 1);
    assert_eq!(snapshot["lastOffset"], 3);
    let page = changes(&world, "fromOffset=2");
    assert_eq!(snapshot["chain"], page["events"][0]["chain"]);
    assert_eq!(snapshot["epoch"], page["epoch"]);
    let empty = World::new().get("/replication/snapshot").json();
    assert_eq!(
        (&empty["state"], &empty["lastOffset"]),
        (&json!({}), &json!(0))
    );
}

#[test]
fn a_large_snapshot_is_whole() {
    let world = World::new();
    let rows: Vec<_> = (0..5_000)
        .map(|row| json!({ "id": format!("p{row}"), "qty": row }))
        .collect();
    let body = json!({ "storeId": "north", "mode": "overwrite", "products": rows });
    assert_eq!(world.post("/inventory/sync", &body.to_string()).status, 200);
    let reply = world.get("/replication/snapshot");
    assert_eq!(reply.header("transfer-encoding"), Some("chunked"));
    let snapshot = reply.json();
    assert_eq!(snapshot["state"].as_object().unwrap().len(), 5_000);
    assert_eq!(snapshot["state"]["p4999"]["qty"], 4_999);
}

#[test]
fn pages_go_on_where_the_one_before_ended() {
    let world = World::new();
    sold(&world, 12);
    let page = changes(&world, "");
    assert_eq!(offsets(&page), Vec::from_iter(1..=12));
    assert_eq!(
        (&page["nextOffset"], &page["hasMore"]),
        (&json!(12), &json!(false))
    );
    let page = changes(&world, "fromOffset=3&limit=4");
    assert_eq!(offsets(&page), [4, 5, 6, 7]);
    assert_eq!(
        (&page["nextOffset"], &page["hasMore"]),
        (&json!(7), &json!(true))
    );
    let page = changes(&world, "fromOffset=12");
    assert_eq!((offsets(&page).len(), &page["nextOffset"]), (0, &json!(12)));
    let event = &changes(&world, "fromOffset=1&limit=1")["events"][0];
    for (field, value) in [
        ("type", json!("StockDecreased")),
        ("productId", json!("tea")),
        ("storeId", json!("north")),
        ("delta", json!(-1)),
        ("reservedDelta", json!(0)),
        ("newVersion", json!(2)),
        ("newQuantity", json!(999)),
        ("storeQuantity", json!(999)),
        ("idempotencyKey", json!("k1")),
    ] {
        assert_eq!(event[field], value, "{field}");
    }
}

/// The page alone tells its reader how far behind it is: 1,500 events are not "none" because a page holds 500.
#[test]
fn a_page_names_the_end_of_the_log_beside_its_own() {
    let world = World::new();
    sold(&world, 12);
    for (query, next) in [("", 12), ("fromOffset=3&limit=4", 7), ("fromOffset=12", 12)] {
        let page = changes(&world, query);
        assert_eq!(
            (&page["nextOffset"], &page["headOffset"]),
            (&json!(next), &json!(12)),
            "{query}"
        );
    }
}

#[test]
fn a_page_never_splits_a_request() {
    let world = World::new();
    world.adjust("tea", "north", 1, "k1");
    let rows: Vec<_> = (0..10)
        .map(|row| json!({ "id": format!("p{row}"), "qty": row }))
        .collect();
    let body = json!({ "storeId": "north", "mode": "overwrite", "products": rows });
    assert_eq!(world.post("/inventory/sync", &body.to_string()).status, 200);
    let page = changes(&world, "fromOffset=1&limit=3");
    assert_eq!(offsets(&page), Vec::from_iter(2..=11));
}

/// All events of a request carry the chain of its end. Whoever was cut off between two of them has seen no state, and has
/// done nothing wrong.
#[test]
fn a_follower_within_a_request_is_given_all_of_it() {
    let world = World::new();
    world.adjust("tea", "north", 1, "k1");
    let rows: Vec<_> = (0..10)
        .map(|row| json!({ "id": format!("p{row}"), "qty": row }))
        .collect();
    let body = json!({ "storeId": "north", "mode": "overwrite", "products": rows });
    assert_eq!(world.post("/inventory/sync", &body.to_string()).status, 200);
    world.adjust("tea", "north", 1, "k2");
    let whole = changes(&world, "");
    let epoch = whole["epoch"].as_str().unwrap();
    for event in &whole["events"].as_array().unwrap()[1..10] {
        let (seq, chain) = (&event["seq"], event["chain"].as_str().unwrap());
        for known in [
            String::new(),
            format!("&epoch={epoch}"),
            format!("&epoch={epoch}&chain={chain}"),
        ] {
            let page = changes(&world, &format!("fromOffset={seq}&limit=1{known}"));
            assert_eq!(offsets(&page), Vec::from_iter(2..=11), "{seq}{known}");
            assert_eq!(page["nextOffset"], 11);
        }
        let other = format!("/replication/changes?fromOffset={seq}&chain=0123456789abcdef");
        let reply = world.get(&other);
        assert_eq!(reply.json()["position"]["reason"], "chain", "{reply:?}");
    }
}

#[test]
fn a_follower_far_behind_reads_the_log() {
    let world = World::new();
    for batch in 0..6 {
        let rows: Vec<_> = (0..1_000)
            .map(|row| {
                json!({
                    "storeId": "north", "productId": "tea", "delta": 1, "version": null,
                    "idempotencyKey": format!("{batch}-{row}"),
                })
            })
            .collect();
        let reply = world.post("/inventory/batch", &json!({ "updates": rows }).to_string());
        assert_eq!(reply.status, 200);
    }
    let (mut seen, mut next) = (Vec::new(), 0);
    while next < 6_000 {
        let page = changes(&world, &format!("fromOffset={next}&limit=700"));
        seen.extend(offsets(&page));
        next = page["nextOffset"].as_u64().unwrap();
    }
    assert_eq!(seen, Vec::from_iter(1..=6_000));
}

#[test]
fn a_position_that_cannot_be_followed_is_gone_and_says_why() {
    let mut storage = settings(&[]);
    storage.engine.retain_events = Some(2);
    storage.snapshot_interval = Duration::from_millis(5);
    let ports = MemoryStorage::with_epoch(Epoch::from_random(7)).ports();
    let world = World::on(ports, &storage);
    let mut floor = 0;
    let mut number = 0;
    // A snapshot lets the log give up what it covers, at the end of a later group.
    let begun = Instant::now();
    while floor == 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "nothing is purged"
        );
        number += 1;
        world.adjust("tea", "north", 1, &format!("k{number}"));
        let reply = world.get("/replication/changes?fromOffset=0");
        if reply.status == 410 {
            floor = reply.json()["position"]["oldestOffset"].as_u64().unwrap();
        }
    }
    let epoch = world.get("/replication/snapshot").json()["epoch"]
        .as_str()
        .unwrap()
        .to_owned();
    let head = world.head();
    let other = "0".repeat(32);
    for (query, reason) in [
        ("fromOffset=0".to_owned(), "retention"),
        (format!("fromOffset={}", head + 1), "ahead"),
        (format!("fromOffset={head}&epoch={other}"), "epoch"),
        (format!("fromOffset={head}&chain=0000000000000000"), "chain"),
        (
            format!(
                "fromOffset={}&epoch={epoch}&chain=0000000000000000",
                head - 1
            ),
            "chain",
        ),
    ] {
        let reply = world.get(&format!("/replication/changes?longPollSeconds=60&{query}"));
        assert_eq!(reply.error().0, 410, "{query}");
        let position = &reply.json()["position"];
        assert_eq!(position["reason"], reason, "{query}");
        assert_eq!(position["snapshot"], "/replication/snapshot");
        assert_eq!(position["lastOffset"], head);
    }
    let snapshot = world.get("/replication/snapshot").json();
    let chain = snapshot["chain"].as_str().unwrap();
    let page = changes(
        &world,
        &format!("fromOffset={head}&epoch={epoch}&chain={chain}"),
    );
    assert_eq!(page["nextOffset"], head);
}

#[test]
fn a_long_poll_is_answered_by_the_next_event() {
    let world = World::new();
    sold(&world, 2);
    let mut parked: Vec<_> = (0..20)
        .map(|_| {
            let mut client = world.client();
            let head = "GET /replication/changes?fromOffset=2&longPollSeconds=60 HTTP/1.1\r\n";
            client.send(format!("{head}Host: localhost\r\nX-API-Key: demo\r\n\r\n").as_bytes());
            client
        })
        .collect();
    world.adjust("tea", "north", -1, "k9");
    for client in &mut parked {
        let page = client.reply().unwrap().json();
        assert_eq!(offsets(&page), [3]);
    }
}

#[test]
fn a_long_poll_that_sees_nothing_ends_empty() {
    let world = World::new();
    let begun = Instant::now();
    let page = changes(&world, "longPollSeconds=1");
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!((offsets(&page).len(), &page["nextOffset"]), (0, &json!(0)));
}

#[test]
fn followers_are_counted_and_their_lag_is_measured() {
    let world = World::new();
    sold(&world, 3);
    changes(&world, "fromOffset=1");
    let metrics = String::from_utf8(world.get("/metrics").body).unwrap();
    let line = "inventory_follower_lag_events_sum{source=\"feed\"} 2\n";
    assert!(metrics.contains(line), "{metrics}");
    assert_fields(&world.get("/readyz"), &json!({ "status": "ready" }));
}
