//! POST /inventory/transactions.

use serde_json::{Value, json};

use crate::client::Reply;
use crate::world::World;

const TRANSACTIONS: &str = "/inventory/transactions";

fn line(store: &str, product: &str, delta: i64, version: Option<u64>) -> Value {
    json!({ "storeId": store, "productId": product, "delta": delta, "version": version })
}

fn transact(world: &World, lines: &[Value], key: &str) -> Reply {
    let body = json!({ "lines": lines, "idempotencyKey": key });
    world.post(TRANSACTIONS, &body.to_string())
}

#[test]
fn all_lines_apply_at_once_and_each_is_answered() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    let lines = [
        line("north", "tea", -3, Some(1)),
        line("south", "tea", 3, Some(2)),
        line("south", "rice", 7, Some(0)),
        line("north", "tea", -1, None),
    ];
    let reply = transact(&world, &lines, "t1");
    let level = |store: &str, product: &str, at_store: u64, total: u64, version: u64| {
        json!({
            "storeId": store, "productId": product, "storeQuantity": at_store, "newQuantity": total,
            "newVersion": version,
        })
    };
    let expected = json!({ "applied": true, "lastUpdated": "1970-01-01T00:00:00.000Z", "lines": [
        level("north", "tea", 7, 7, 2),
        level("south", "tea", 3, 10, 3),
        level("south", "rice", 7, 7, 1),
        level("north", "tea", 6, 9, 4),
    ]});
    assert_eq!((reply.status, reply.json()), (200, expected));
    let page = world.get("/replication/changes?fromOffset=1").json();
    let events = page["events"].as_array().unwrap().iter();
    assert!(
        events
            .clone()
            .all(|event| event["requestSeq"] == 2 && event["requestEvents"] == 4)
    );
    // The same again, with versions that are stale by now.
    world.adjust("tea", "north", 1, "k2");
    let again = transact(&world, &lines, "t1");
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(String::from_utf8(again.body), String::from_utf8(reply.body));
    assert_eq!(world.head(), 6);
}

#[test]
fn the_first_refusal_names_its_line_and_nothing_is_done() {
    let world = World::new();
    world.adjust("tea", "north", 10, "k1");
    world.adjust("full", "north", (1 << 53) - 1, "k2");
    let good = line("north", "tea", -1, Some(1));
    for (bad, status, code, field) in [
        (
            line("north", "tea", -1, Some(1)),
            409,
            "conflict",
            "lines[1].version",
        ),
        (
            line("north", "tea", -10, None),
            422,
            "unprocessable",
            "lines[1].delta",
        ),
        (
            line("south", "tea", -1, None),
            422,
            "unprocessable",
            "lines[1].delta",
        ),
        (
            line("north", "full", 1, None),
            422,
            "unprocessable",
            "lines[1].delta",
        ),
        (
            line("north", "tea", 0, None),
            400,
            "bad_request",
            "lines[1].delta",
        ),
        (
            line("", "tea", 1, None),
            400,
            "bad_request",
            "lines[1].storeId",
        ),
        (
            json!({ "storeId": "north", "productId": "tea", "delta": 1 }),
            400,
            "bad_request",
            "lines[1].version",
        ),
        (json!("tea"), 400, "bad_request", "lines[1]"),
    ] {
        let reply = transact(&world, &[good.clone(), bad.clone()], "t1");
        assert_eq!(
            reply.error(),
            (status, code.to_owned(), field.to_owned()),
            "{bad}"
        );
    }
    let stale = transact(&world, &[good.clone(), good.clone()], "t1").json();
    let current = json!({ "version": 2, "available": 9, "storeQuantity": 9 });
    assert_eq!(
        (&stale["current"], stale["message"].as_str()),
        (&current, Some("product tea is at version 2, not 1"))
    );
    for lines in [vec![], vec![good; 1_001]] {
        let reply = transact(&world, &lines, "t1");
        assert_eq!(
            reply.error(),
            (400, "bad_request".to_owned(), "lines".to_owned())
        );
    }
    assert_eq!(world.head(), 2);
    let many = vec![line("north", "tea", 1, None); 1_000];
    assert_eq!(transact(&world, &many, "t1").status, 200);
    assert_eq!(world.get("/inventory/tea").json()["available"], 1_010);
}

#[test]
fn a_key_means_the_same_lines() {
    let world = World::new();
    let first = [
        line("north", "tea", 1, None),
        line("north", "rice", 1, None),
    ];
    assert_eq!(transact(&world, &first, "t1").status, 200);
    for (lines, field) in [
        (vec![first[0].clone()], "idempotencyKey"),
        (
            vec![first[0].clone(), line("north", "rice", 2, None)],
            "lines[1].delta",
        ),
        (
            vec![first[0].clone(), line("south", "rice", 1, None)],
            "lines[1].storeId",
        ),
        (
            vec![first[0].clone(), line("north", "salt", 1, None)],
            "lines[1].productId",
        ),
    ] {
        let reply = transact(&world, &lines, "t1");
        assert_eq!(reply.status, 422, "{field}");
        assert_eq!(reply.json()["details"][1]["field"], field);
    }
    let body = json!({ "lines": first, "reason": "sale" }).to_string();
    let headers = [("Idempotency-Key", "t1")];
    let again = world
        .client()
        .call("POST", TRANSACTIONS, &headers, Some(&body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(world.post(TRANSACTIONS, &body).error().2, "idempotencyKey");
    assert_eq!(world.head(), 2);
}

#[test]
fn a_key_of_some_stores_changes_these_only() {
    let world = World::with(&[("API_KEYS", "demo,read=reader,shop=store:north")]);
    for (key, stores, status) in [
        ("read", &["north"][..], 403),
        ("shop", &["north", "south"], 403),
        ("shop", &["north", "north"], 200),
        ("demo", &["north", "south"], 200),
    ] {
        let lines: Vec<_> = stores
            .iter()
            .map(|store| line(store, "tea", 1, None))
            .collect();
        let body =
            json!({ "lines": lines, "idempotencyKey": format!("{key}-{}", stores.join("-")) });
        let reply = world.client().call(
            "POST",
            TRANSACTIONS,
            &[("X-API-Key", key)],
            Some(&body.to_string()),
        );
        assert_eq!(reply.status, status, "{key} {stores:?}");
    }
    assert_eq!(world.head(), 4);
}
