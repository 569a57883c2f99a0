//! What may not be done to a reservation, and by whom.

use serde_json::{Value, json};

use crate::reservations::{change, hold, line, stocked};
use crate::world::World;

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
