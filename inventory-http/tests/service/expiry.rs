//! Reservations that end because time passes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use inventory_core::memory::MemoryStorage;
use inventory_core::ports::Ports;
use inventory_core::testing::{AppendFault, Faults, ManualClock};
use serde_json::json;

use crate::lines::{listen, logged};
use crate::world::{World, settings};

/// Within this time readers are to see that a reservation has ended.
const SEEN_WITHIN: Duration = Duration::from_millis(100);

/// Long enough that only a hang takes it.
const PATIENCE: Duration = Duration::from_secs(20);

fn world(storage: &MemoryStorage, clock: &ManualClock) -> World {
    let ports = Ports {
        clock: Arc::new(clock.clone()),
        ..storage.ports()
    };
    World::on(ports, &settings(&[]))
}

fn hold(world: &World, id: &str, quantity: u64, ttl_s: u64) {
    let line = json!({ "storeId": "north", "productId": "tea", "quantity": quantity });
    let body = json!({
        "reservationId": id, "lines": [line], "ttlSeconds": ttl_s, "idempotencyKey": format!("hold-{id}"),
    });
    let reply = world.post("/reservations", &body.to_string());
    assert_eq!(reply.status, 201, "{reply:?}");
}

/// How long it takes until so much tea is available, asking again and again.
fn until_available(world: &World, units: u64) -> Duration {
    let (begun, mut client) = (Instant::now(), world.client());
    loop {
        let reply = client.call("GET", "/inventory/tea", &[], None);
        if reply.json()["available"] == units {
            return begun.elapsed();
        }
        assert!(begun.elapsed() < PATIENCE, "{reply:?}");
    }
}

#[test]
fn readers_see_within_a_tenth_of_a_second_that_a_reservation_has_ended() {
    let clock = ManualClock::default();
    let world = world(&MemoryStorage::new(), &clock);
    world.adjust("tea", "north", 10, "opening");
    let mut took: Vec<_> = (0..11)
        .map(|round| {
            hold(&world, &format!("r{round}"), 4, 60);
            // At its deadline it still holds.
            clock.advance_millis(60_000);
            assert_eq!(world.get("/inventory/tea").json()["available"], 6);
            clock.advance_millis(1);
            until_available(&world, 10)
        })
        .collect();
    // A machine that is busy with other things may be late once.
    took.sort();
    assert!(took[took.len() / 2] < SEEN_WITHIN, "{took:?}");
    let ended = world.get("/reservations/r0").json();
    assert_eq!(
        (&ended["state"], &ended["endedAt"]),
        (&json!("expired"), &json!("1970-01-01T00:01:00.001Z"))
    );
    let page = world.get("/replication/changes?fromOffset=2").json();
    let (lapsed, expired) = (&page["events"][0], &page["events"][1]);
    assert_eq!(
        (&lapsed["type"], &lapsed["reservedDelta"]),
        (&json!("HoldsLapsed"), &json!(-4))
    );
    assert_eq!(
        (&expired["type"], &expired["reservationId"]),
        (&json!("HoldExpired"), &json!("r0"))
    );
    for event in [lapsed, expired] {
        assert_eq!(event["idempotencyKey"], json!(null));
    }
}

#[test]
fn thousands_that_end_at_one_moment_all_end() {
    let clock = ManualClock::default();
    let world = world(&MemoryStorage::new(), &clock);
    world.adjust("tea", "north", 3_000, "opening");
    let mut client = world.client();
    for number in 0..3_000 {
        let body = format!(
            r#"{{"reservationId":"r{number}","lines":[{{"storeId":"north","productId":"tea","quantity":1}}],"ttlSeconds":1,"idempotencyKey":"h{number}"}}"#
        );
        assert_eq!(
            client
                .call("POST", "/reservations", &[], Some(&body))
                .status,
            201
        );
    }
    assert_eq!(world.get("/inventory/tea").json()["available"], 0);
    clock.advance_millis(1_001);
    until_available(&world, 3_000);
}

#[test]
fn after_its_end_a_reservation_cannot_be_committed() {
    let clock = ManualClock::default();
    let world = world(&MemoryStorage::new(), &clock);
    world.adjust("tea", "north", 10, "opening");
    hold(&world, "in-time", 1, 60);
    hold(&world, "late", 2, 60);
    clock.advance_millis(60_000);
    let commit = |id: &str| {
        let body = json!({ "idempotencyKey": format!("commit-{id}") });
        world.post(&format!("/reservations/{id}/commit"), &body.to_string())
    };
    assert_eq!(commit("in-time").status, 200);
    clock.advance_millis(1);
    let late = commit("late");
    assert_eq!(
        late.error(),
        (409, "conflict".into(), "reservationId".into())
    );
    assert_eq!(late.json()["details"][0]["issue"], "reservation_expired");
    // A refusal is not remembered, and what was committed stays so.
    assert_eq!(
        commit("in-time").header("idempotent-replayed"),
        Some("true")
    );
    assert_eq!(world.get("/inventory/tea").json()["available"], 9);
}

#[test]
fn what_ends_while_the_service_is_down_has_ended_once_it_is_up() {
    let (storage, clock) = (MemoryStorage::new(), ManualClock::default());
    let before = world(&storage, &clock);
    before.adjust("tea", "north", 10, "opening");
    hold(&before, "r1", 4, 60);
    before.stop().unwrap();
    clock.advance_millis(60_001);
    let after = world(&storage, &clock);
    until_available(&after, 10);
    assert_eq!(after.get("/reservations/r1").json()["state"], "expired");
}

#[test]
fn a_reservation_that_cannot_end_for_want_of_room_ends_once_there_is_some() {
    listen();
    let (clock, faults) = (ManualClock::default(), Faults::new());
    let ports = Ports {
        clock: Arc::new(clock.clone()),
        ..MemoryStorage::new().ports()
    };
    let world = World::on(faults.wrap(ports), &settings(&[]));
    world.adjust("tea", "north", 10, "opening");
    hold(&world, "r1", 4, 60);
    faults.fail_append(0, AppendFault::NotWritten);
    clock.advance_millis(60_001);
    until_available(&world, 10);
    let line = "reservations that are due could not expire yet";
    let lines = logged();
    let said: Vec<_> = lines.lines().filter(|one| one.contains(line)).collect();
    assert!(
        said.len() == 1 && said[0].contains("WARN") && said[0].contains("error="),
        "{said:?}"
    );
}
