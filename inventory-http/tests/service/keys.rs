//! Idempotency keys: whose they are, and for how long they are remembered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use inventory_core::memory::MemoryStorage;
use inventory_core::ports::Ports;
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::Timestamp;
use serde_json::json;

use crate::client::Reply;
use crate::lines::{listen, logged};
use crate::world::{World, settings};

const TILLS: &str = "demo,secret-a=till-a@store:north,secret-b=till-b@store:north";

/// One unit is sold under a till's own number.
fn sell(world: &World, api_key: &str, key: &str) -> Reply {
    let body = json!({
        "storeId": "north", "productId": "tea", "delta": -1, "version": null, "idempotencyKey": key,
    });
    let head = [("X-API-Key", api_key)];
    let body = body.to_string();
    let reply = world
        .client()
        .call("POST", "/inventory/updates", &head, Some(&body));
    assert_eq!(reply.status, 200, "{reply:?}");
    reply
}

fn available(world: &World) -> u64 {
    world.get("/inventory/tea").json()["available"]
        .as_u64()
        .unwrap()
}

#[test]
fn two_tills_that_use_one_number_both_sell() {
    let world = World::with(&[("API_KEYS", TILLS)]);
    world.adjust("tea", "north", 10, "delivery");
    for api_key in ["secret-a", "secret-b"] {
        let first = sell(&world, api_key, "receipt-0001");
        assert_eq!(first.header("idempotent-replayed"), None, "{api_key}");
        let again = sell(&world, api_key, "receipt-0001");
        assert_eq!(
            again.header("idempotent-replayed"),
            Some("true"),
            "{api_key}"
        );
        assert_eq!(again.body, first.body);
    }
    assert_eq!(available(&world), 8);
    let changes = world.get("/replication/changes?fromOffset=0").json();
    let callers = [0, 1, 2].map(|at| changes["events"][at]["caller"].clone());
    assert_eq!(callers, [json!(null), json!("till-a"), json!("till-b")]);
}

/// What is sold at central by somebody with a key, for somebody else.
fn sell_for(world: &World, api_key: &str, till: &str, key: &str) -> Reply {
    let store = api_key.trim_start_matches("secret-");
    let body = json!({
        "storeId": store, "productId": "tea", "delta": -1, "version": null, "idempotencyKey": key,
    });
    let head = [("X-API-Key", api_key), ("On-Behalf-Of", till)];
    let body = body.to_string();
    world
        .client()
        .call("POST", "/inventory/updates", &head, Some(&body))
}

#[test]
fn two_tills_of_one_store_that_use_one_number_both_sell_and_no_store_gets_at_the_keys_of_another() {
    let keys =
        "demo,secret-north=north@store:north,secret-south=south@store:south,secret-east=store:east";
    let world = World::with(&[("API_KEYS", keys)]);
    for store in ["north", "south", "east"] {
        world.adjust("tea", store, 10, &format!("delivery-{store}"));
    }
    let mut expected = Vec::new();
    for (api_key, till, caller) in [
        ("secret-north", "till%201", "north/till 1"),
        ("secret-north", "till%202", "north/till 2"),
        ("secret-south", "till%201", "south/till 1"),
        ("secret-east", "till%201", "store:east/till 1"),
    ] {
        let first = sell_for(&world, api_key, till, "receipt-0001");
        assert_eq!(first.status, 200, "{first:?}");
        assert_eq!(first.header("idempotent-replayed"), None, "{caller}");
        let again = sell_for(&world, api_key, till, "receipt-0001");
        assert_eq!(
            again.header("idempotent-replayed"),
            Some("true"),
            "{caller}"
        );
        assert_eq!(again.body, first.body);
        expected.push(json!([caller, caller]));
    }
    let by_itself = sell(&world, "secret-north", "receipt-0001");
    assert_eq!(by_itself.header("idempotent-replayed"), None);
    expected.push(json!(["north", "north"]));
    let changes = world.get("/replication/changes?fromOffset=3").json();
    let events = changes["events"].as_array().unwrap();
    let recorded: Vec<_> = events
        .iter()
        .map(|event| json!([event["caller"], event["actor"]]))
        .collect();
    assert_eq!(recorded, expected);
    for name in ["", "north%2Ftill%201", "a%0A", "%zz"] {
        let refused = sell_for(&world, "secret-south", name, "receipt-0002");
        assert_eq!(refused.status, 400, "{name}: {refused:?}");
        assert_eq!(refused.json()["details"][0]["field"], "On-Behalf-Of");
    }
}

#[test]
fn each_row_of_a_batch_has_its_till() {
    let world = World::with(&[("API_KEYS", "demo,secret-north=north@store:north")]);
    world.adjust("tea", "north", 10, "delivery");
    let row = |till: Option<&str>| {
        let mut row = json!({
            "storeId": "north", "productId": "tea", "delta": -1, "version": null, "idempotencyKey": "receipt-0001",
        });
        if let Some(till) = till {
            row["onBehalfOf"] = json!(till);
        }
        row
    };
    let body =
        json!({ "updates": [row(Some("till 1")), row(Some("till 2")), row(None)] }).to_string();
    let head = [("X-API-Key", "secret-north"), ("On-Behalf-Of", "server")];
    let post = || {
        world
            .client()
            .call("POST", "/inventory/batch", &head, Some(&body))
    };
    let first = post();
    assert_eq!(
        first.json()["summary"],
        json!({ "applied": 3, "refused": 0 })
    );
    assert_eq!(available(&world), 7, "{first:?}");
    assert_eq!(post().json()["results"][2]["idempotentReplayed"], true);
    assert_eq!(available(&world), 7);
    let changes = world.get("/replication/changes?fromOffset=1").json();
    let actors = [0, 1, 2].map(|at| changes["events"][at]["actor"].clone());
    assert_eq!(
        actors,
        ["north/till 1", "north/till 2", "north/server"].map(|name| json!(name))
    );
    let alone = sell_for(&world, "secret-north", "till%202", "receipt-0001");
    assert_eq!(alone.header("idempotent-replayed"), Some("true"));
    let bad = body.replace("till 2", "south/till");
    let bad = world
        .client()
        .call("POST", "/inventory/batch", &head, Some(&bad));
    assert_eq!(
        (bad.status, &bad.json()["details"][0]["field"]),
        (400, &json!("updates[1].onBehalfOf"))
    );
}

#[test]
fn a_till_whose_api_key_was_replaced_is_answered_as_before() {
    let storage = MemoryStorage::new();
    let world = World::on(storage.ports(), &settings(&[("API_KEYS", TILLS)]));
    world.adjust("tea", "north", 10, "delivery");
    let first = sell(&world, "secret-a", "receipt-0001");
    world.stop().unwrap();
    let rotated = "demo,other-secret=till-a@store:north";
    let world = World::on(storage.ports(), &settings(&[("API_KEYS", rotated)]));
    let again = sell(&world, "other-secret", "receipt-0001");
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!((again.body, available(&world)), (first.body, 9));
}

#[test]
fn a_key_of_a_commit_is_looked_for_among_its_callers_own() {
    let world = World::with(&[("API_KEYS", TILLS)]);
    world.adjust("tea", "north", 10, "delivery");
    let call = |api_key: &str, path: &str, body: &str| {
        let head = [("X-API-Key", api_key)];
        world.client().call("POST", path, &head, Some(body))
    };
    let hold = r#"{"reservationId":"r1","ttlSeconds":60,"idempotencyKey":"h","lines":[{"storeId":"north","productId":"tea","quantity":1}]}"#;
    assert_eq!(call("secret-a", "/reservations", hold).status, 201);
    let commit = r#"{"idempotencyKey":"c"}"#;
    assert_eq!(
        call("secret-a", "/reservations/r1/commit", commit).status,
        200
    );
    let again = call("secret-a", "/reservations/r1/commit", commit);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    // The keys of those for whom it asks are others.
    let head = [("X-API-Key", "secret-a"), ("On-Behalf-Of", "scanner")];
    let other = world
        .client()
        .call("POST", "/reservations/r1/commit", &head, Some(commit));
    assert_eq!(other.status, 409);
    // Another till's key of that name was never used: the reservation has ended.
    assert_eq!(
        call("secret-b", "/reservations/r1/commit", commit).status,
        409
    );
}

#[test]
fn an_alert_that_was_set_to_what_it_was_is_answered_the_same_later() {
    let world = World::new();
    world.adjust("tea", "north", 3, "delivery");
    let set = |low: u64, key: &str| {
        let body = json!({ "low": low, "replenished": 9, "idempotencyKey": key });
        let body = body.to_string();
        let path = "/alerts/north/tea";
        world.client().call("PUT", path, &[], Some(&body))
    };
    set(2, "first");
    let same = set(2, "same");
    assert_eq!(
        (same.status, same.json()["isLow"].as_bool()),
        (200, Some(false))
    );
    set(4, "colleague");
    world.adjust("tea", "north", -2, "sale");
    let again = set(2, "same");
    assert_eq!((again.status, &again.body), (200, &same.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(world.get("/alerts/north/tea").json()["low"], 4);
}

#[test]
fn keys_that_are_forgotten_before_their_age_degrade_the_service() {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH.plus_millis(1_000));
    let ports = Ports {
        clock: Arc::new(clock.clone()),
        ..MemoryStorage::new().ports()
    };
    let mut settings = settings(&[]);
    settings.engine.window.keys_max = 3;
    settings.keys_look = Duration::from_millis(20);
    listen();
    let world = World::on(ports, &settings);
    let readiness = || world.get("/readyz").json();
    let never = "1970-01-01T00:00:00.000Z";
    assert_eq!(readiness()["keysRememberedSince"], never);
    for number in 0..5 {
        world.adjust("tea", "north", 1, &format!("k{number}"));
    }
    let ready = readiness();
    assert_eq!(ready["status"], "degraded", "{ready}");
    let reason = ready["reasons"][0].as_str().unwrap();
    assert!(reason.contains("are not all remembered"), "{reason}");
    let since = ready["keysRememberedSince"].as_str().unwrap();
    assert!(
        since > never && reason.contains(since),
        "{since} in {reason}"
    );
    let snapshot = world.get("/replication/snapshot").json();
    assert_eq!(snapshot["keysRememberedSince"], since);
    // One line, or one for each of the two.
    let line = "idempotency keys were forgotten before their age: since then all are remembered";
    let told = || {
        let lines = logged();
        let lines = lines.lines().filter(|one| {
            one.contains("WARN") && one.contains(line) && one.contains(&format!("since={since}"))
        });
        let keys = lines.map(|one| {
            let (_, keys) = one.split_once("keys=").unwrap();
            keys.split(' ').next().unwrap().parse::<u64>().unwrap()
        });
        keys.sum::<u64>()
    };
    let begun = Instant::now();
    while told() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", logged());
    }
    assert_eq!(told(), 2);

    // By then those that are missing would have been forgotten for their age.
    clock.advance_millis(7 * 24 * 3_600_000 + 1);
    let ready = readiness();
    assert_eq!(
        (&ready["status"], &ready["reasons"]),
        (&json!("ready"), &json!([]))
    );
    assert_eq!(ready["keysRememberedSince"], since);
}
