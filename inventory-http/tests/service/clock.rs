//! A clock that somebody sets while central runs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use inventory_core::engine::OpenError;
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{Clock as _, Ports};
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::Timestamp;
use inventory_http::central::{self, Settings, StartError};
use serde_json::{Value, json};

use crate::client::Reply;
use crate::lines::{listen, said};
use crate::world::{World, settings};

const DAY_MS: u64 = 86_400_000;

/// Long enough that only a hang takes it.
const PATIENCE: Duration = Duration::from_secs(20);

fn right() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn ports(storage: &MemoryStorage, clock: &ManualClock) -> Ports {
    Ports {
        clock: Arc::new(clock.clone()),
        ..storage.ports()
    }
}

/// A shop with ten units of tea, two of them in a cart for a minute.
fn shop(clock: &ManualClock) -> World {
    let world = World::on(ports(&MemoryStorage::new(), clock), &settings(&[]));
    world.adjust("tea", "north", 10, "opening");
    let line = json!({ "storeId": "north", "productId": "tea", "quantity": 2 });
    let cart = json!({
        "reservationId": "cart", "lines": [line], "ttlSeconds": 60, "idempotencyKey": "cart",
    });
    let reply = world.post("/reservations", &cart.to_string());
    assert_eq!(reply.status, 201, "{reply:?}");
    world
}

fn sell(world: &World, key: &str) -> Reply {
    let sale = json!({
        "storeId": "north", "productId": "tea", "delta": -1, "version": null, "idempotencyKey": key,
    });
    world.post("/inventory/updates", &sale.to_string())
}

fn readiness(world: &World) -> (u16, Value, String) {
    let ready = world.get("/readyz");
    let body = ready.json();
    let reason = body["reasons"][0].as_str().unwrap_or_default();
    (ready.status, body["status"].clone(), reason.to_owned())
}

fn metric(world: &World, line: &str) -> bool {
    let reply = world.get("/metrics");
    let text = String::from_utf8(reply.body).unwrap();
    text.lines().any(|found| found == line)
}

#[track_caller]
fn until(is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE);
        std::thread::yield_now();
    }
}

fn start(ports: Ports, settings: &Settings) -> Option<StartError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(central::start(ports, settings)).err()
}

fn state(world: &World) -> Value {
    world.get("/reservations/cart").json()["state"].clone()
}

#[test]
fn a_clock_that_has_leapt_is_503_with_its_reason_until_it_is_right_again() {
    let clock = ManualClock::at(right());
    let world = shop(&clock);
    assert_eq!(sell(&world, "before").status, 200);
    let head = world.head();
    clock.leap_to(right().plus_millis(8 * DAY_MS));

    let refused = sell(&world, "during");
    assert_eq!(refused.error().0, 503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    let message = refused.json()["message"].to_string();
    assert!(
        message.contains("clock") && message.contains("nothing was done"),
        "{message}"
    );
    let (status, ready, reason) = readiness(&world);
    assert_eq!((status, ready), (200, json!("degraded")));
    assert!(
        reason.contains("8 d 0 h ahead") && reason.contains("nothing is written"),
        "{reason}"
    );
    assert!(metric(
        &world,
        &format!("inventory_clock_ahead_ms {}", 8 * DAY_MS)
    ));
    assert!(metric(
        &world,
        "inventory_updates_total{outcome=\"not_written\"} 1"
    ));
    assert_eq!(
        world.get("/inventory/tea").json()["available"],
        7,
        "reads go on"
    );

    clock.leap_to(right());
    assert_eq!(readiness(&world), (200, json!("ready"), String::new()));
    assert!(metric(&world, "inventory_clock_ahead_ms 0"));
    let again = sell(&world, "before");
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!((world.head(), state(&world)), (head, json!("open")));
    assert_eq!(sell(&world, "during").status, 200);
}

/// Whoever looked for what is due once asked the clock: a glitch of a third of a second ended every open cart.
#[test]
fn a_glitch_ends_no_cart_though_central_looks_at_the_clock_all_the_time() {
    listen();
    for (ahead, text) in [
        (59 * 60_000, "59 min 0 s ahead"),
        (DAY_MS, "1 d 0 h ahead"),
        (400 * DAY_MS, "400 d 0 h ahead"),
    ] {
        let clock = ManualClock::at(right());
        let world = shop(&clock);
        clock.leap_to(right().plus_millis(ahead));
        // By then it has looked.
        until(|| said(text) == 1);
        clock.leap_to(right());
        clock.advance_millis(60_000);
        assert_eq!(state(&world), "open");
        clock.advance_millis(1);
        until(|| state(&world) == "expired");
    }
}

#[test]
fn a_leap_that_stands_for_a_minute_is_believed_and_what_is_due_then_ends() {
    let clock = ManualClock::at(right());
    let world = shop(&clock);
    clock.leap_to(right().plus_millis(DAY_MS / 2));
    assert_eq!(sell(&world, "early").status, 503);
    for _ in 0..60 {
        clock.advance_millis(1_000);
        readiness(&world);
    }
    assert_eq!(sell(&world, "late").status, 200);
    until(|| state(&world) == "expired");
    assert_eq!(readiness(&world).1, "ready");
}

#[test]
fn a_clock_behind_the_log_is_said_and_carts_end_all_the_same() {
    let clock = ManualClock::at(right());
    let world = shop(&clock);
    clock.leap_to(Timestamp::UNIX_EPOCH);
    let (status, ready, reason) = readiness(&world);
    assert_eq!((status, ready), (200, json!("degraded")));
    assert!(reason.contains("20513 d 12 h behind the log"), "{reason}");
    assert!(metric(
        &world,
        &format!("inventory_clock_behind_ms {}", right().millis())
    ));
    clock.advance_millis(60_001);
    until(|| state(&world) == "expired");
}

#[test]
fn a_start_with_a_clock_a_year_ahead_is_refused_until_that_time_is_accepted() {
    let (storage, clock) = (MemoryStorage::new(), ManualClock::at(right()));
    let world = World::on(ports(&storage, &clock), &settings(&[]));
    world.adjust("tea", "north", 10, "opening");
    world.stop().unwrap();
    clock.leap_to(right().plus_millis(366 * DAY_MS));
    let started = start(ports(&storage, &clock), &settings(&[]));
    let Some(StartError::Engine(OpenError::ClockAhead(leap))) = started.as_ref() else {
        panic!("{started:?}");
    };
    let said = leap.to_string();
    assert!(
        said.contains("366 d 0 h ahead") && said.contains("accept that time"),
        "{said}"
    );
    let named = settings(&[("ACCEPT_TIME", "2027-03-02T00:00:00Z")]);
    let world = World::on(ports(&storage, &clock), &named);
    assert_eq!(sell(&world, "late").status, 200);
    assert_eq!(clock.now(), right().plus_millis(366 * DAY_MS));
}

#[test]
fn a_line_says_once_that_the_clock_has_leapt_and_one_that_it_is_right() {
    listen();
    let clock = ManualClock::at(right());
    let world = shop(&clock);
    clock.leap_to(right().plus_millis(3 * DAY_MS));
    until(|| said("3 d 0 h ahead") == 1);
    for key in ["a", "b", "c", "d"] {
        assert_eq!(sell(&world, key).status, 503);
    }
    let rights = said("the clock is right");
    clock.leap_to(right());
    until(|| said("the clock is right") > rights);
    assert_eq!(said("3 d 0 h ahead"), 1);
}
