//! Transfers from the shipment to the end.

use serde_json::{Value, json};

use crate::client::Reply;
use crate::world::World;

/// The moment at which tests begin.
const BEGIN: &str = "1970-01-01T00:00:00.000Z";

fn line(product: &str, quantity: u64) -> Value {
    json!({ "productId": product, "quantity": quantity })
}

fn ship(world: &World, id: &str, (from, to): (&str, &str), lines: &[Value], key: &str) -> Reply {
    let body = json!({
        "transferId": id, "fromStoreId": from, "toStoreId": to, "lines": lines, "idempotencyKey": key,
    });
    world.post("/transfers", &body.to_string())
}

fn change(world: &World, id: &str, verb: &str, body: Value) -> Reply {
    world.post(&format!("/transfers/{id}/{verb}"), &body.to_string())
}

/// A central with ten units of tea and rice at north.
fn stocked() -> World {
    let world = World::new();
    world.adjust("tea", "north", 10, "tea");
    world.adjust("rice", "north", 10, "rice");
    world
}

/// On hand at a store, as replicas are told.
fn on_hand(world: &World, product: &str, store: &str) -> u64 {
    let snapshot = world.get("/replication/snapshot").json();
    let level = &snapshot["state"][product]["levels"][store]["onHand"];
    level.as_u64().unwrap_or_default()
}

/// Units of a product at all stores and on the way.
fn units(world: &World, product: &str) -> u64 {
    let snapshot = world.get("/replication/snapshot").json();
    let levels = snapshot["state"][product]["levels"].as_object().unwrap();
    let there = levels
        .values()
        .map(|level| level["onHand"].as_u64().unwrap());
    let transfers = world.get("/transfers?limit=1000").json();
    let transfers = transfers["items"].as_array().unwrap().iter();
    let lines = transfers.flat_map(|transfer| transfer["lines"].as_array().unwrap());
    let of_it = lines.filter(|line| line["productId"] == product);
    let under_way = of_it.map(|line| line["inTransit"].as_u64().unwrap());
    there.sum::<u64>() + under_way.sum::<u64>()
}

#[test]
fn what_is_shipped_leaves_its_store_and_arrives_when_it_is_received() {
    let world = stocked();
    let lines = [line("tea", 4), line("rice", 1)];
    let reply = ship(&world, "t1", ("north", "south"), &lines, "s1");
    let expected = json!({
        "transferId": "t1", "lastUpdated": BEGIN, "lines": [
            { "storeId": "north", "productId": "tea", "quantity": 4, "inTransit": 4, "storeQuantity": 6,
              "newQuantity": 6, "newVersion": 2 },
            { "storeId": "north", "productId": "rice", "quantity": 1, "inTransit": 1, "storeQuantity": 9,
              "newQuantity": 9, "newVersion": 2 },
        ],
    });
    assert_eq!((reply.status, reply.json()), (201, expected));
    assert_eq!(world.get("/inventory/tea").json()["available"], 6);

    let some = json!({ "idempotencyKey": "r1", "lines": [line("tea", 3)] });
    let reply = change(&world, "t1", "receive", some);
    let expected = json!({
        "transferId": "t1", "lastUpdated": BEGIN, "lines": [
            { "storeId": "south", "productId": "tea", "quantity": 3, "inTransit": 1, "storeQuantity": 3,
              "newQuantity": 9, "newVersion": 3 },
        ],
    });
    assert_eq!((reply.status, reply.json()), (200, expected));
    let expected = json!({
        "transferId": "t1", "state": "in_transit", "fromStoreId": "north", "toStoreId": "south",
        "shippedAt": BEGIN, "endedAt": null, "lines": [
            { "productId": "tea", "shipped": 4, "received": 3, "missing": 0, "inTransit": 1 },
            { "productId": "rice", "shipped": 1, "received": 0, "missing": 0, "inTransit": 1 },
        ],
    });
    let read = world.get("/transfers/t1");
    assert_eq!((read.status, read.json()), (200, expected));

    let rest = json!({ "idempotencyKey": "r2" });
    assert_eq!(change(&world, "t1", "receive", rest).status, 200);
    let ended = world.get("/transfers/t1").json();
    assert_eq!(
        (&ended["state"], &ended["endedAt"]),
        (&json!("received"), &json!(BEGIN))
    );
    assert_eq!(
        (
            on_hand(&world, "tea", "south"),
            on_hand(&world, "rice", "south")
        ),
        (4, 1)
    );
}

#[test]
fn what_is_missing_comes_back_or_is_lost() {
    for (outcome, north, units_left) in [("returned", 8, 10), ("lost", 6, 8)] {
        let world = stocked();
        ship(&world, "t1", ("north", "south"), &[line("tea", 4)], "s1");
        let some = json!({ "idempotencyKey": "r1", "lines": [line("tea", 2)] });
        change(&world, "t1", "receive", some);
        let body = json!({ "idempotencyKey": "c1", "outcome": outcome });
        let reply = change(&world, "t1", "close", body.clone());
        assert_eq!(reply.status, 200, "{reply:?}");
        let settled = &reply.json()["lines"][0];
        let shown = (
            &settled["quantity"],
            &settled["inTransit"],
            &settled["storeId"],
        );
        assert_eq!(shown, (&json!(2), &json!(0), &json!("north")));
        assert_eq!(on_hand(&world, "tea", "north"), north, "{outcome}");
        assert_eq!(units(&world, "tea"), units_left, "{outcome}");
        let ended = world.get("/transfers/t1").json();
        assert_eq!(
            (&ended["state"], &ended["lines"][0]["missing"]),
            (&json!(outcome), &json!(2))
        );
        let again = change(&world, "t1", "close", body);
        assert_eq!((again.status, &again.body), (200, &reply.body));
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        let late = change(&world, "t1", "receive", json!({ "idempotencyKey": "r2" }));
        assert_eq!(
            late.error(),
            (409, "conflict".to_owned(), "transferId".to_owned())
        );
    }
}

#[test]
fn every_answer_is_given_again_byte_for_byte() {
    let world = stocked();
    let shipped = ship(&world, "t1", ("north", "south"), &[line("tea", 4)], "s1");
    let some = json!({ "idempotencyKey": "r1", "lines": [line("tea", 1)] });
    let received = change(&world, "t1", "receive", some.clone());
    change(&world, "t1", "receive", json!({ "idempotencyKey": "r2" }));
    for (again, first, status) in [
        (
            ship(&world, "t1", ("north", "south"), &[line("tea", 4)], "s1"),
            &shipped,
            201,
        ),
        (change(&world, "t1", "receive", some), &received, 200),
    ] {
        assert_eq!((again.status, &again.body), (status, &first.body));
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
    }
    let other = ship(&world, "t1", ("north", "west"), &[line("tea", 4)], "s1");
    assert_eq!(other.error().0, 422);
}

#[test]
fn what_cannot_be_is_refused_and_changes_nothing() {
    let world = stocked();
    ship(&world, "t1", ("north", "south"), &[line("tea", 4)], "s1");
    let head = world.head();
    let tea = [line("tea", 7)];
    let twice = [line("tea", 1), line("rice", 1), line("tea", 1)];
    for (reply, status, field) in [
        (
            ship(&world, "t2", ("north", "north"), &[line("tea", 1)], "a"),
            422,
            "toStoreId",
        ),
        (
            ship(&world, "t2", ("north", "south"), &tea, "a"),
            422,
            "lines[0].quantity",
        ),
        (
            ship(&world, "t2", ("north", "south"), &twice, "a"),
            422,
            "lines[2]",
        ),
        (
            ship(&world, "t1", ("north", "south"), &[line("tea", 1)], "a"),
            409,
            "transferId",
        ),
        (
            ship(&world, "t2", ("north", "south"), &[], "a"),
            400,
            "lines",
        ),
        (
            ship(&world, "t2", ("north", "south"), &[line("tea", 0)], "a"),
            400,
            "lines[0].quantity",
        ),
        (
            change(
                &world,
                "t1",
                "receive",
                json!({ "idempotencyKey": "a", "lines": [line("tea", 5)] }),
            ),
            422,
            "lines[0].quantity",
        ),
        (
            change(
                &world,
                "t1",
                "receive",
                json!({ "idempotencyKey": "a", "lines": [line("salt", 1)] }),
            ),
            422,
            "lines[0].quantity",
        ),
        (
            change(
                &world,
                "t1",
                "close",
                json!({ "idempotencyKey": "a", "outcome": "eaten" }),
            ),
            400,
            "outcome",
        ),
        (
            change(&world, "t9", "receive", json!({ "idempotencyKey": "a" })),
            404,
            "transferId",
        ),
    ] {
        let (found, _, at) = reply.error();
        assert_eq!((found, at.as_str()), (status, field), "{reply:?}");
    }
    assert_eq!(world.get("/transfers/t9").status, 404);
    assert_eq!(world.head(), head);
}

#[test]
fn units_are_conserved_whatever_the_order() {
    let world = stocked();
    let stores = ["north", "south", "west"];
    for turn in 0..60_usize {
        // A walk over all calls that follows from nothing but its turn.
        let (from, to) = (stores[turn % 3], stores[(turn + 1 + turn / 3 % 2) % 3]);
        let id = format!("t{}", turn / 2 % 9);
        let key = |verb: &str| format!("{verb}-{turn}");
        match turn * 7 % 5 {
            0 | 1 => ship(
                &world,
                &format!("t{turn}"),
                (from, to),
                &[line("tea", 2)],
                &key("s"),
            ),
            2 => change(
                &world,
                &id,
                "receive",
                json!({ "idempotencyKey": key("r"), "lines": [line("tea", 1)] }),
            ),
            3 => change(
                &world,
                &id,
                "receive",
                json!({ "idempotencyKey": key("a") }),
            ),
            _ => change(
                &world,
                &id,
                "close",
                json!({ "idempotencyKey": key("c"), "outcome": "returned" }),
            ),
        };
        assert_eq!(units(&world, "tea"), 10, "turn {turn}");
    }
    let ended = world.get("/transfers?state=returned").json();
    assert!(!ended["items"].as_array().unwrap().is_empty());
}

#[test]
fn a_listing_is_filtered_and_walked_page_by_page() {
    let world = stocked();
    ship(&world, "a", ("north", "south"), &[line("tea", 1)], "a");
    ship(
        &world,
        "b",
        ("north", "west"),
        &[line("rice", 1), line("tea", 1)],
        "b",
    );
    ship(&world, "c", ("north", "west"), &[line("rice", 1)], "c");
    change(&world, "c", "receive", json!({ "idempotencyKey": "d" }));
    let ids = |query: &str| -> (Vec<String>, String) {
        let answer = world.get(&format!("/transfers?{query}")).json();
        let items = answer["items"].as_array().unwrap().iter();
        let ids = items.map(|item| item["transferId"].as_str().unwrap().to_owned());
        (
            ids.collect(),
            answer["nextCursor"].as_str().unwrap().to_owned(),
        )
    };
    for (query, expected) in [
        ("", &["a", "b", "c"][..]),
        ("toStoreId=west", &["b", "c"]),
        ("fromStoreId=west", &[]),
        ("productId=tea", &["a", "b"]),
        ("state=in_transit&toStoreId=west", &["b"]),
        ("state=received", &["c"]),
    ] {
        assert_eq!(ids(query).0, expected, "{query}");
    }
    let (first, cursor) = ids("limit=2");
    let (second, end) = ids(&format!("limit=2&cursor={cursor}"));
    assert_eq!(
        (first.len(), second, end.as_str()),
        (2, vec!["c".to_owned()], "")
    );
    assert_eq!(world.get("/transfers?state=open").error().0, 400);
}

#[test]
fn a_key_of_a_store_ships_from_it_and_receives_at_it() {
    let keys = "demo,north=store:north,south=store:south";
    let world = World::with(&[("API_KEYS", keys)]);
    world.adjust("tea", "north", 10, "tea");
    let call = |api_key: &str, path: &str, body: Value| {
        let head = [("X-API-Key", api_key)];
        world
            .client()
            .call("POST", path, &head, Some(&body.to_string()))
    };
    let shipment = json!({
        "transferId": "t1", "fromStoreId": "north", "toStoreId": "south", "lines": [line("tea", 4)],
        "idempotencyKey": "s1",
    });
    let receipt = json!({ "idempotencyKey": "r1", "lines": [line("tea", 1)] });
    let end = json!({ "idempotencyKey": "c1", "outcome": "returned" });
    for (api_key, path, body, status) in [
        ("south", "/transfers", &shipment, 403),
        ("north", "/transfers", &shipment, 201),
        ("north", "/transfers/t1/receive", &receipt, 403),
        ("south", "/transfers/t1/receive", &receipt, 200),
        ("south", "/transfers/t1/close", &end, 403),
        ("north", "/transfers/t1/close", &end, 200),
    ] {
        assert_eq!(
            call(api_key, path, body.clone()).status,
            status,
            "{api_key} {path}"
        );
    }
}
