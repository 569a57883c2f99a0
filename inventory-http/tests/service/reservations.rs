//! Reservations from the hold to the end.

use serde_json::{Value, json};

use crate::client::Reply;
use crate::world::{World, assert_fields};

/// The moment at which tests begin, and a minute later.
const BEGIN: &str = "1970-01-01T00:00:00.000Z";
const MINUTE: &str = "1970-01-01T00:01:00.000Z";

fn line(store: &str, product: &str, quantity: u64) -> Value {
    json!({ "storeId": store, "productId": product, "quantity": quantity })
}

fn hold(world: &World, id: &str, lines: &[Value], key: &str) -> Reply {
    let body =
        json!({ "reservationId": id, "lines": lines, "ttlSeconds": 60, "idempotencyKey": key });
    world.post("/reservations", &body.to_string())
}

fn change(world: &World, id: &str, verb: &str, body: Value) -> Reply {
    world.post(&format!("/reservations/{id}/{verb}"), &body.to_string())
}

/// A central with ten units of tea and rice at north.
fn stocked() -> World {
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
fn a_hold_takes_all_of_its_lines_or_none() {
    let world = stocked();
    let head = world.head();
    for (lines, status, code, field) in [
        (
            vec![line("north", "tea", 4), line("north", "rice", 11)],
            422,
            "unprocessable",
            "lines[1].quantity",
        ),
        (
            vec![line("south", "tea", 1)],
            422,
            "unprocessable",
            "lines[0].quantity",
        ),
        (
            vec![line("north", "tea", 1), line("north", "tea", 1)],
            422,
            "unprocessable",
            "lines[1]",
        ),
        (
            vec![line("north", "tea", 1), line("north", "rice", 0)],
            400,
            "bad_request",
            "lines[1].quantity",
        ),
        (
            vec![line("north", "tea", 1 << 53)],
            400,
            "bad_request",
            "lines[0].quantity",
        ),
        (
            vec![line("", "tea", 1)],
            400,
            "bad_request",
            "lines[0].storeId",
        ),
        (
            vec![json!({ "storeId": "north", "productId": "tea" })],
            400,
            "bad_request",
            "lines[0].quantity",
        ),
        (vec![json!([])], 400, "bad_request", "lines[0]"),
        (vec![], 400, "bad_request", "lines"),
        (
            vec![line("north", "tea", 1); 1_001],
            400,
            "bad_request",
            "lines",
        ),
    ] {
        let reply = hold(&world, "r1", &lines, "h1");
        assert_eq!(
            reply.error(),
            (status, code.to_owned(), field.to_owned()),
            "{field}"
        );
    }
    let stale = hold(&world, "r1", &[line("north", "tea", 11)], "h1").json();
    assert_eq!(
        stale["message"],
        "product tea has 10 available at north, too few for -11"
    );
    assert_eq!(world.head(), head);
    assert_eq!(world.get("/reservations/r1").error().0, 404);
    // A thousand lines are one request.
    let rows: Vec<_> = (0..1_000)
        .map(|row| json!({ "id": format!("p{row}"), "qty": 1 }))
        .collect();
    let body = json!({ "storeId": "north", "mode": "overwrite", "products": rows });
    assert_eq!(world.post("/inventory/sync", &body.to_string()).status, 200);
    let lines: Vec<_> = (0..1_000)
        .map(|row| line("north", &format!("p{row}"), 1))
        .collect();
    let reply = hold(&world, "r1", &lines, "h1");
    assert_eq!(
        (
            reply.status,
            reply.json()["lines"].as_array().unwrap().len()
        ),
        (201, 1_000)
    );
}

#[test]
fn what_a_reservation_does_not_allow_is_refused_with_what_is_true() {
    let world = stocked();
    assert_eq!(
        hold(&world, "r1", &[line("north", "tea", 4)], "h1").status,
        201
    );
    let commit = |lines: &[Value]| json!({ "idempotencyKey": "x", "lines": lines });
    let day = json!({ "idempotencyKey": "x", "ttlSeconds": 86_401 });
    for (id, verb, body, status, field) in [
        (
            "r1",
            "commit",
            commit(&[line("north", "tea", 5)]),
            422,
            "lines[0].quantity",
        ),
        (
            "r1",
            "commit",
            commit(&[line("north", "tea", 1), line("south", "tea", 1)]),
            422,
            "lines[1].quantity",
        ),
        (
            "r1",
            "commit",
            commit(&[line("north", "tea", 1), line("north", "tea", 1)]),
            422,
            "lines[1]",
        ),
        ("r1", "commit", commit(&[]), 400, "lines"),
        (
            "r1",
            "commit",
            json!({ "idempotencyKey": "x", "lines": null }),
            400,
            "lines",
        ),
        ("r1", "extend", day, 400, "ttlSeconds"),
        (
            "r1",
            "extend",
            json!({ "idempotencyKey": "x" }),
            400,
            "ttlSeconds",
        ),
        (
            "r1",
            "release",
            json!({ "idempotencyKey": "x", "lines": [] }),
            400,
            "lines",
        ),
        (
            "r2",
            "commit",
            json!({ "idempotencyKey": "x" }),
            404,
            "reservationId",
        ),
        (
            "r2",
            "release",
            json!({ "idempotencyKey": "x" }),
            404,
            "reservationId",
        ),
        (
            "r2",
            "extend",
            json!({ "idempotencyKey": "x", "ttlSeconds": 1 }),
            404,
            "reservationId",
        ),
        (
            "%00",
            "release",
            json!({ "idempotencyKey": "x" }),
            400,
            "reservationId",
        ),
    ] {
        let reply = change(&world, id, verb, body.clone());
        let (found, _, named) = reply.error();
        assert_eq!(
            (found, named.as_str()),
            (status, field),
            "{verb} {id} {body}"
        );
    }
    assert_eq!(
        hold(&world, "r1", &[line("north", "tea", 1)], "h2").json()["details"][0]["issue"],
        "reservation_exists"
    );
    assert_eq!(
        change(&world, "r1", "commit", json!({ "idempotencyKey": "c1" })).status,
        200
    );
    for verb in ["commit", "release", "extend"] {
        let ttl = json!({ "idempotencyKey": "x", "ttlSeconds": 1 });
        let body = if verb == "extend" {
            ttl
        } else {
            json!({ "idempotencyKey": "x" })
        };
        let reply = change(&world, "r1", verb, body);
        assert_eq!(
            (reply.status, &reply.json()["details"][0]["issue"]),
            (409, &json!("reservation_committed"))
        );
    }
}

#[test]
fn a_key_of_some_stores_deals_with_reservations_of_these_only() {
    let world = World::with(&[("API_KEYS", "demo,read=reader,shop=store:north+south")]);
    for store in ["north", "south", "east"] {
        world.adjust("tea", store, 10, store);
    }
    let call = |key: &str, path: &str, body: &Value| {
        let headers = [("X-API-Key", key)];
        world
            .client()
            .call("POST", path, &headers, Some(&body.to_string()))
            .status
    };
    let hold = |id: &str, stores: &[&str]| {
        let lines: Vec<_> = stores.iter().map(|store| line(store, "tea", 1)).collect();
        json!({ "reservationId": id, "lines": lines, "ttlSeconds": 60, "idempotencyKey": format!("h-{id}") })
    };
    let (own, mixed) = (
        hold("own", &["north", "south"]),
        hold("mixed", &["north", "east"]),
    );
    for (key, body, status) in [
        ("read", &own, 403),
        ("shop", &mixed, 403),
        ("shop", &own, 201),
        ("demo", &mixed, 201),
    ] {
        assert_eq!(call(key, "/reservations", body), status, "{key} {body}");
    }
    let head = world.head();
    for verb in ["extend", "commit", "release"] {
        let mut body = json!({ "idempotencyKey": verb });
        if verb == "extend" {
            body["ttlSeconds"] = json!(60);
        }
        let path = |id: &str| format!("/reservations/{id}/{verb}");
        assert_eq!(call("shop", &path("mixed"), &body), 403, "{verb}");
        assert_eq!(call("read", &path("own"), &body), 403, "{verb}");
        assert_eq!(call("shop", &path("unknown"), &body), 404, "{verb}");
    }
    assert_eq!(world.head(), head);
    let body = json!({ "idempotencyKey": "end", "lines": [line("north", "tea", 1)] });
    assert_eq!(call("shop", "/reservations/own/commit", &body), 200);
    let read = world
        .client()
        .call("GET", "/reservations/mixed", &[("X-API-Key", "read")], None);
    assert_eq!(read.json()["state"], "open");
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
    change(&world, "r1", "commit", json!({ "idempotencyKey": "c1" }));
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
}
