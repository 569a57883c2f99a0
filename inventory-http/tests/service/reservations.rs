//! Reservations from the hold to the end.

use serde_json::{Value, json};

use crate::client::Reply;
use crate::world::{World, assert_fields};

/// The moment at which tests begin, and a minute later.
const BEGIN: &str = "1970-01-01T00:00:00.000Z";
const MINUTE: &str = "1970-01-01T00:01:00.000Z";

pub(crate) fn line(store: &str, product: &str, quantity: u64) -> Value {
    json!({ "storeId": store, "productId": product, "quantity": quantity })
}

pub(crate) fn hold(world: &World, id: &str, lines: &[Value], key: &str) -> Reply {
    let body =
        json!({ "reservationId": id, "lines": lines, "ttlSeconds": 60, "idempotencyKey": key });
    world.post("/reservations", &body.to_string())
}

pub(crate) fn change(world: &World, id: &str, verb: &str, body: Value) -> Reply {
    world.post(&format!("/reservations/{id}/{verb}"), &body.to_string())
}

/// A central with ten units of tea and rice at north.
pub(crate) fn stocked() -> World {
    let world = World::new();
    world.adjust("tea", "north", 10, "tea");
    world.adjust("rice", "north", 10, "rice");
    world
}

#[test]
fn what_is_held_is_not_available_and_what_is_committed_is_gone() {
    let world = stocked();
    let lines = [line("north", "tea", 4), line("north", "rice", 1)];
    let reply = hold(&world, "r1", &lines, "h1");
    let expected = json!({
        "reservationId": "r1", "state": "open", "expiresAt": MINUTE, "lastUpdated": BEGIN, "lines": [
            { "storeId": "north", "productId": "tea", "quantity": 4, "storeQuantity": 6, "newQuantity": 6, "newVersion": 2 },
            { "storeId": "north", "productId": "rice", "quantity": 1, "storeQuantity": 9, "newQuantity": 9, "newVersion": 2 },
        ],
    });
    assert_eq!((reply.status, reply.json()), (201, expected));
    assert_eq!(world.get("/inventory/tea").json()["available"], 6);
    let open = json!({
        "reservationId": "r1", "state": "open", "createdAt": BEGIN, "expiresAt": MINUTE, "endedAt": null, "lines": [
            { "storeId": "north", "productId": "tea", "quantity": 4, "committed": 0 },
            { "storeId": "north", "productId": "rice", "quantity": 1, "committed": 0 },
        ],
    });
    let read = world.get("/reservations/r1");
    assert_eq!((read.status, read.json()), (200, open));

    let reply = change(&world, "r1", "commit", json!({ "idempotencyKey": "c1" }));
    let expected = json!({
        "reservationId": "r1", "state": "committed", "lastUpdated": BEGIN, "lines": [
            { "storeId": "north", "productId": "tea", "committed": 4, "returned": 0, "storeQuantity": 6,
              "newQuantity": 6, "newVersion": 3 },
            { "storeId": "north", "productId": "rice", "committed": 1, "returned": 0, "storeQuantity": 9,
              "newQuantity": 9, "newVersion": 3 },
        ],
    });
    assert_eq!((reply.status, reply.json()), (200, expected));
    let ended = world.get("/reservations/r1").json();
    assert_eq!(
        (
            &ended["state"],
            &ended["endedAt"],
            &ended["lines"][0]["committed"]
        ),
        (&json!("committed"), &json!(BEGIN), &json!(4))
    );
}

#[test]
fn what_is_not_committed_is_available_again() {
    let world = stocked();
    let lines = [line("north", "tea", 4), line("north", "rice", 1)];
    assert_eq!(hold(&world, "r1", &lines, "h1").status, 201);
    let body = json!({ "idempotencyKey": "c1", "lines": [line("north", "tea", 3)] });
    let reply = change(&world, "r1", "commit", body);
    let of = |field: &str| {
        let lines = reply.json();
        let lines = lines["lines"].as_array().unwrap().iter();
        lines.map(|line| line[field].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("productId"), ["tea", "rice"]);
    assert_eq!(
        (of("committed"), of("returned")),
        (vec![json!(3), json!(0)], vec![json!(1), json!(1)])
    );
    assert_eq!(of("newQuantity"), [7, 10]);
    assert_eq!(world.get("/inventory/tea").json()["available"], 7);
}

#[test]
fn a_release_sets_everything_free_and_an_extension_moves_the_end() {
    let world = stocked();
    assert_eq!(
        hold(&world, "r1", &[line("north", "tea", 4)], "h1").status,
        201
    );
    let body = json!({ "idempotencyKey": "e1", "ttlSeconds": 120 });
    let reply = change(&world, "r1", "extend", body);
    let later = "1970-01-01T00:02:00.000Z";
    let expected =
        json!({ "reservationId": "r1", "state": "open", "expiresAt": later, "lastUpdated": BEGIN });
    assert_eq!((reply.status, reply.json()), (200, expected));
    assert_eq!(world.get("/reservations/r1").json()["expiresAt"], later);
    let reply = change(&world, "r1", "release", json!({ "idempotencyKey": "d1" }));
    let expected = json!({
        "reservationId": "r1", "state": "released", "lastUpdated": BEGIN, "lines": [
            { "storeId": "north", "productId": "tea", "returned": 4, "storeQuantity": 10, "newQuantity": 10,
              "newVersion": 3 },
        ],
    });
    assert_eq!((reply.status, reply.json()), (200, expected));
    assert_fields(
        &world.get("/reservations/r1"),
        &json!({ "state": "released", "endedAt": BEGIN }),
    );
}

#[test]
fn every_change_is_answered_again_as_it_was_first() {
    let world = stocked();
    let both = [line("north", "tea", 4), line("north", "rice", 1)];
    let first = hold(&world, "r1", &both, "h1");
    let extension = json!({ "idempotencyKey": "e1", "ttlSeconds": 90 });
    let extended = change(&world, "r1", "extend", extension.clone());
    let commit = json!({ "idempotencyKey": "c1", "lines": [line("north", "rice", 1)] });
    let committed = change(&world, "r1", "commit", commit.clone());
    assert_eq!(hold(&world, "r2", &both, "h2").status, 201);
    let released = change(&world, "r2", "release", json!({ "idempotencyKey": "d2" }));
    world.adjust("tea", "north", 5, "more");
    let head = world.head();
    let release = json!({ "idempotencyKey": "d2" });
    for (again, first, status) in [
        (hold(&world, "r1", &both, "h1"), first, 201),
        (change(&world, "r1", "extend", extension), extended, 200),
        (change(&world, "r1", "commit", commit), committed, 200),
        (change(&world, "r2", "release", release), released, 200),
    ] {
        assert_eq!(first.header("idempotent-replayed"), None);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!((again.status, first.status), (status, status));
        assert_eq!(String::from_utf8(again.body), String::from_utf8(first.body));
    }
    assert_eq!(world.head(), head);
}

#[test]
fn a_key_may_stand_in_the_head_and_means_one_thing() {
    let world = stocked();
    assert_eq!(
        hold(&world, "r1", &[line("north", "tea", 4)], "h1").status,
        201
    );
    let in_head = |verb: &str, key: &str| {
        let path = format!("/reservations/r1/{verb}");
        let headers = [("Idempotency-Key", key)];
        world.client().call("POST", &path, &headers, Some("{}"))
    };
    let reused = in_head("release", "h1");
    assert_eq!(
        reused.error(),
        (422, "unprocessable".into(), "idempotencyKey".into())
    );
    assert_eq!(in_head("release", "d1").status, 200);
    assert_eq!(
        in_head("release", "d1").header("idempotent-replayed"),
        Some("true")
    );
    let missing = change(&world, "r1", "release", json!({}));
    assert_eq!(
        missing.error(),
        (400, "bad_request".into(), "idempotencyKey".into())
    );
}

#[test]
fn followers_are_told_of_each_step() {
    let world = stocked();
    assert_eq!(
        hold(&world, "r1", &[line("north", "tea", 4)], "h1").status,
        201
    );
    change(
        &world,
        "r1",
        "extend",
        json!({ "idempotencyKey": "e1", "ttlSeconds": 90 }),
    );
    let said =
        json!({ "idempotencyKey": "c1", "reason": "sale", "note": "paid", "reference": "order-7" });
    change(&world, "r1", "commit", said);
    hold(&world, "r2", &[line("north", "tea", 1)], "h2");
    change(&world, "r2", "release", json!({ "idempotencyKey": "d2" }));
    let page = world.get("/replication/changes?fromOffset=2").json();
    let told = page["events"].as_array().unwrap().iter();
    let told: Vec<_> = told
        .map(|event| {
            (
                event["type"].as_str().unwrap(),
                event["reservationId"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("StockHeld", "r1"),
        ("HoldExtended", "r1"),
        ("HoldCommitted", "r1"),
        ("StockHeld", "r2"),
        ("HoldReleased", "r2"),
    ];
    assert_eq!(told, expected);
    assert_eq!(page["events"][0]["deadline"], MINUTE);
    let said = ["reason", "note", "reference"].map(|field| page["events"][2][field].clone());
    assert_eq!(said, ["sale", "paid", "order-7"]);
}
