//! While the link is down, and when it is back.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::world::{World, wait};

fn alone(chosen: &[(&'static str, &'static str)]) -> World {
    let world = World::with(chosen);
    world.count(5);
    world.in_step();
    world.link.cut();
    world.knows_it_is_alone();
    world
}

#[test]
fn reads_go_on_and_say_that_they_are_old() {
    let world = alone(&[]);
    let tea = world.at_store("GET", "/store/inventory/tea", "").json();
    assert_eq!(
        (&tea["stale"], &tea["storeQuantity"], &tea["queuedDelta"]),
        (&json!(true), &json!(5), &json!(0))
    );
    let ready = world.at_store("GET", "/readyz", "");
    assert_eq!(
        (ready.status, &ready.json()["status"]),
        (200, &json!("degraded"))
    );
    assert_eq!(world.sell(-2, None, "k").status, 202);
    let tea = world.at_store("GET", "/store/inventory/tea", "").json();
    assert_eq!(
        (&tea["storeQuantity"], &tea["queuedDelta"]),
        (&json!(5), &json!(-2))
    );
    world.count(7);
    world.link.mend();
    world.in_step();
    let tea = world.at_store("GET", "/store/inventory/tea", "").json();
    assert_eq!(
        (&tea["stale"], &tea["storeQuantity"], &tea["queuedDelta"]),
        (&json!(false), &json!(5), &json!(0))
    );
}

const MOMENT: Duration = Duration::from_millis(50);

/// Central takes connections and calls, and answers none: nothing breaks.
#[test]
fn a_frozen_central_is_noticed_within_eight_seconds_and_by_the_first_sale_that_waits() {
    let world = World::with(&[("FORWARD_TIMEOUT", "300ms")]);
    world.count(5);
    world.in_step();
    world.link.freeze(true);
    let frozen = Instant::now();
    wait("the news", || {
        (world.status()["stale"] == true).then_some(())
    });
    let frozen_for = frozen.elapsed();
    assert!(frozen_for < Duration::from_secs(8));
    // What was on its way when the link froze may have been taken in a moment later, and no proof after that.
    let age = Duration::from_millis(world.status()["staleForMs"].as_u64().unwrap());
    assert!(age + MOMENT >= frozen_for, "{age:?} of {frozen_for:?}");
    let tea = world.at_store("GET", "/store/inventory/tea", "").json();
    assert_eq!(tea["stale"], true);
    assert_eq!(
        world.at_store("GET", "/readyz", "").json()["status"],
        "degraded"
    );
    world.link.freeze(false);
    world.in_step();

    world.link.freeze(true);
    assert_eq!(world.sell(-1, None, "waits").status, 202);
    let status = world.status();
    assert_eq!(
        (&status["connected"], &status["stale"]),
        (&json!(false), &json!(true))
    );
    world.link.freeze(false);
    world.in_step();
    assert_eq!(world.units(), 4);
}

/// What is in between has forgotten the connections, and tells neither end: all of them look open, and new ones work.
#[test]
fn half_open_connections_are_noticed_within_eight_seconds_and_replaced() {
    let world = World::with(&[("FORWARD_TIMEOUT", "300ms")]);
    world.count(50);
    world.in_step();
    // Many are idle: each of them would cost a call its time.
    std::thread::scope(|scope| {
        for number in 0..12 {
            let world = &world;
            scope.spawn(move || world.sell(-1, None, &format!("before{number}")));
        }
    });
    world.in_step();
    world.link.forget();
    let forgotten = Instant::now();
    wait("the news", || {
        (world.status()["stale"] == true).then_some(())
    });
    assert!(forgotten.elapsed() < Duration::from_secs(8));
    world.in_step();
    assert!(
        forgotten.elapsed() < Duration::from_secs(14),
        "{:?}",
        forgotten.elapsed()
    );
    wait("a sale", || {
        let key = format!("after{}", forgotten.elapsed().as_millis());
        (world.sell(-1, None, &key).status == 200).then_some(())
    });
}

#[test]
fn what_becomes_of_intents_is_counted_and_the_oldest_has_an_age() {
    let world = alone(&[]);
    assert_eq!(world.sell(-1, None, "sold").status, 202);
    world.clock.advance_millis(5_000);
    assert_eq!(world.sell(-9, None, "too many").status, 202);
    assert_eq!(
        world.sell(-2, None, "sold").status,
        422,
        "another intent under its key"
    );
    for line in [
        "inventory_outbox_queued 2",
        "inventory_outbox_parked 0",
        "inventory_outbox_queued_total 2",
        "inventory_outbox_sent_total 0",
        "inventory_outbox_parked_total 0",
        "inventory_outbox_refused_total 1",
    ] {
        world.metric(line);
    }
    let metrics = world.at_store("GET", "/metrics", "").body;
    let mut lines = metrics.lines();
    let oldest = lines.find_map(|line| line.strip_prefix("inventory_outbox_oldest_ms "));
    let oldest: u64 = oldest.unwrap().parse().unwrap();
    assert!((5_000..25_000).contains(&oldest), "{oldest}");
    world.link.mend();
    world.in_step();
    for line in [
        "inventory_outbox_queued 0",
        "inventory_outbox_parked 1",
        "inventory_outbox_oldest_ms 0",
        "inventory_outbox_queued_total 2",
        "inventory_outbox_sent_total 1",
        "inventory_outbox_parked_total 1",
        "inventory_outbox_refused_total 1",
    ] {
        world.metric(line);
    }
    let again = world.at_store(
        "POST",
        "/store/parked/too%20many/retry",
        r#"{"version":null}"#,
    );
    assert_eq!(again.status, 200, "{again:?}");
    world.metric("inventory_outbox_queued_total 3");
}

#[test]
fn a_write_is_queued_and_applied_once() {
    let world = alone(&[]);
    for _ in 0..2 {
        let reply = world.sell(-1, None, "k");
        assert_eq!(reply.status, 202);
        assert_eq!(
            reply.json(),
            json!({ "queued": true, "idempotencyKey": "k" })
        );
    }
    let other = world.sell(-2, None, "k");
    assert_eq!(
        (other.status, &other.json()["code"]),
        (422, &json!("unprocessable"))
    );
    assert_eq!(world.units(), 5);
    world.link.mend();
    world.in_step();
    assert_eq!(world.units(), 4);
    let after = world.sell(-1, None, "k");
    assert_eq!(after.header("idempotent-replayed"), Some("true"));
    assert_eq!(world.units(), 4);
}

#[test]
fn a_queued_write_keeps_what_it_says_of_itself() {
    let mut world = alone(&[]);
    let body = |note: &str| {
        json!({
            "storeId": "north", "productId": "tea", "delta": -1, "version": null, "idempotencyKey": "k",
            "reason": "sale", "note": note, "reference": "order-7",
        })
    };
    // What is said is no part of the intent: the same write, said otherwise, is queued once and as it was first.
    for note in ["first", "second"] {
        let queued = world.at_store("POST", "/store/inventory/updates", &body(note).to_string());
        assert_eq!(queued.status, 202, "{queued:?}");
    }
    world.stop_store();
    world.start_store();
    world.link.mend();
    world.in_step();
    assert_eq!(world.units(), 4);
    let event = world.last_change();
    let said = ["reason", "note", "reference", "actor"].map(|field| event[field].as_str());
    assert_eq!(said, ["sale", "first", "order-7", "demo"].map(Some));
}

#[test]
fn a_store_that_may_not_queue_refuses() {
    let world = alone(&[("OFFLINE_WRITES", "reject")]);
    let reply = world.sell(-1, None, "k");
    assert_eq!(
        (reply.status, &reply.json()["code"]),
        (503, &json!("unavailable"))
    );
    assert!(reply.header("retry-after").is_some());
    world.link.mend();
    world.in_step();
    assert_eq!(world.units(), 5);
}

#[test]
fn a_stale_version_waits_for_a_person_who_retries_or_discards_it() {
    let world = alone(&[("OFFLINE_CONFLICT", "park")]);
    for key in ["a", "b", "c"] {
        assert_eq!(world.sell(-1, Some(1), key).status, 202);
    }
    world.link.mend();
    world.in_step();
    assert_eq!(world.units(), 4, "the first one had the version");
    let status = world.status();
    let parked = status["parked"].as_array().unwrap();
    let keys: Vec<_> = parked
        .iter()
        .map(|parked| &parked["idempotencyKey"])
        .collect();
    assert_eq!(keys, ["b", "c"]);
    assert_eq!(parked[0]["reason"]["code"], "conflict");
    assert_eq!(parked[0]["delta"], -1);
    let readiness = world.at_store("GET", "/readyz", "");
    assert_eq!(
        (readiness.status, &readiness.json()["status"]),
        (200, &json!("degraded"))
    );
    assert_eq!(world.sell(-1, Some(1), "b").status, 409);

    let retried = world.at_store("POST", "/store/parked/b/retry", r#"{"version":null}"#);
    assert_eq!(retried.status, 200, "{retried:?}");
    world.in_step();
    assert_eq!(world.units(), 3);
    let discarded = world.at_store("POST", "/store/parked/c/discard", "{}");
    assert_eq!(
        (discarded.status, &discarded.json()["parked"]),
        (200, &json!([]))
    );
    assert_eq!(
        world
            .at_store("POST", "/store/parked/c/discard", "{}")
            .status,
        404
    );
}

#[test]
fn a_store_sends_a_stale_version_without_it_unless_it_is_told_to_park() {
    let world = alone(&[]);
    for key in ["a", "b", "c"] {
        assert_eq!(world.sell(-1, Some(1), key).status, 202);
    }
    world.link.mend();
    world.in_step();
    assert_eq!(world.units(), 2);
    assert_eq!(world.status()["parked"], json!([]));
}

#[test]
fn a_store_that_starts_alone_has_its_copy_and_its_queue() {
    let mut world = alone(&[]);
    assert_eq!(world.sell(-1, None, "k").status, 202);
    world.stop_store();
    world.start_store();
    let tea = world.at_store("GET", "/store/inventory/tea", "").json();
    assert_eq!(
        (&tea["stale"], &tea["storeQuantity"]),
        (&json!(true), &json!(5))
    );
    assert_eq!(world.status()["outbox"]["queued"], 1);
    world.link.mend();
    world.in_step();
    assert_eq!(world.units(), 4);
}

/// What a store lags behind was what it knew of, which was what it had: always 0.
#[test]
fn a_store_that_catches_up_says_how_far_it_is_behind() {
    let mut world = World::new();
    world.count(5);
    world.in_step();
    world.stop_store();
    // A page has whole requests.
    for hundreds in 0..25 {
        let product = |number: u64| json!({ "id": format!("p{hundreds}-{number}"), "qty": 1 });
        let products: Vec<_> = (0..100).map(product).collect();
        let body = json!({ "storeId": "north", "mode": "overwrite", "products": products });
        let counted = world.at_central("POST", "/inventory/sync", &body.to_string());
        assert_eq!(counted.status, 200, "{counted:?}");
    }
    // It goes no further than the first page.
    world
        .link
        .freeze_at("GET /replication/changes?fromOffset=2001&");
    world.start_store();
    wait("the question about the second page", || {
        world.link.is_frozen().then_some(())
    });
    assert_eq!(world.status()["lastOffset"], 2_001);
    assert_eq!(world.status()["centralOffset"], 2_501);
    world.metric("inventory_replica_offset 2001");
    world.metric("inventory_replica_lag_events 500");
    world.link.freeze(false);
    world.in_step();
    world.metric("inventory_replica_lag_events 0");
}
