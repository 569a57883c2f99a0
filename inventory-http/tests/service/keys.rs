//! Idempotency keys: whose they are, and for how long they are remembered.

use std::sync::Arc;

use inventory_core::memory::MemoryStorage;
use inventory_core::ports::Ports;
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::Timestamp;
use serde_json::json;

use crate::client::Reply;
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

#[test]
fn a_till_whose_api_key_was_replaced_is_answered_as_before() {
    let storage = MemoryStorage::new();
    let world = World::on(storage.ports(), &settings(&[("API_KEYS", TILLS)]));
    world.adjust("tea", "north", 10, "delivery");
    let first = sell(&world, "secret-a", "receipt-0001");
    world.stop();
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
    let world = World::on(ports, &settings(&[("IDEMPOTENCY_MAX_KEYS", "3")]));
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

    // By then those that are missing would have been forgotten for their age.
    clock.advance_millis(7 * 24 * 3_600_000 + 1);
    let ready = readiness();
    assert_eq!(
        (&ready["status"], &ready["reasons"]),
        (&json!("ready"), &json!([]))
    );
    assert_eq!(ready["keysRememberedSince"], since);
}
