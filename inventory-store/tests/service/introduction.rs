//! What central says of a store to itself: whose key it has, who else is there, and for how long keys are remembered.

use std::sync::Arc;

use serde_json::json;

use crate::link::Link;
use crate::logs;
use crate::world::{World, call, wait};

#[test]
fn a_key_of_another_store_is_told_once_central_is_there_and_until_it_is_right() {
    logs::listen();
    let mut world = World::with(&[
        ("STORE_ID", "misplaced"),
        ("API_KEYS", "demo,k1=other@store:south"),
        ("CENTRAL_API_KEY", "k1"),
    ]);
    let said = "CENTRAL_API_KEY is the key other, which may write for south and not for misplaced";
    world.reason(said);
    world.stop_store();
    world.link.cut();
    world.start_store();
    // Nobody can say anything about the key yet, and the store serves.
    let ready = world.at_store("GET", "/readyz", "");
    assert_eq!(ready.status, 200);
    assert!(!ready.body.contains("CENTRAL_API_KEY"), "{ready:?}");
    for _ in 0..2 {
        world.link.mend();
        let ready = world.reason(said);
        assert_eq!(ready["status"], "degraded");
        world.link.cut();
        world.knows_it_is_alone();
    }
    let line = ["store=misplaced", "CENTRAL_API_KEY is the key other"];
    // Once for each of the two processes.
    assert_eq!(logs::count(&line), 2);
    world.choose("API_KEYS", "demo,k1=other@store:south+misplaced");
    world.replace_central(world.storage.clone());
    world.link.mend();
    wait("readiness", || {
        let ready = world.at_store("GET", "/readyz", "").json();
        (ready == json!({ "status": "ready", "reasons": [] })).then_some(())
    });
    assert_eq!(logs::count(&["store=misplaced", "well again"]), 1);
}

#[test]
fn two_nodes_of_one_store_are_told_of_each_other() {
    logs::listen();
    let world = World::with(&[("STORE_ID", "doubled")]);
    let introduced = |link: &Link, times: usize| {
        wait("an introduction", || {
            (link.asked("GET /whoami") >= times).then_some(())
        });
    };
    introduced(&world.link, 1);
    let link = Link::to(world.central_address());
    let directory = tempfile::tempdir().unwrap();
    let other = world.run_store(&link, directory.path(), Arc::new(world.going_clock()));
    introduced(&link, 1);
    let said = "another node runs with STORE_ID=doubled";
    assert!(
        !world.at_store("GET", "/readyz", "").body.contains(said),
        "one was started after the other"
    );
    world.link.cut();
    world.knows_it_is_alone();
    world.link.mend();
    assert_eq!(world.reason(said)["status"], "degraded");
    link.cut();
    wait("the news", || {
        let status = call(other.address(), "GET", "/store/status", "", "").json();
        (status["connected"] == false).then_some(())
    });
    link.mend();
    wait("the other one", || {
        let ready = call(other.address(), "GET", "/readyz", "", "");
        ready.body.contains(said).then_some(())
    });
    assert_eq!(
        logs::count(&["store=doubled", said]),
        2,
        "each says it once"
    );
}

#[test]
fn a_central_that_forgets_keys_before_intents_are_given_up_is_told() {
    logs::listen();
    let world = World::with(&[("STORE_ID", "forgotten"), ("KEYS_MAX", "3")]);
    let sell = |key: &str| {
        let body = json!({
            "storeId": "forgotten", "productId": "tea", "delta": 1, "version": null, "idempotencyKey": key,
        });
        world
            .at_store("POST", "/store/inventory/updates", &body.to_string())
            .status
    };
    for number in 0..6 {
        assert_eq!(sell(&format!("k{number}")), 200);
    }
    world.in_step();
    world.link.cut();
    world.knows_it_is_alone();
    assert_eq!(sell("queued"), 202);
    world.link.mend();
    let ready = world.reason("OUTBOX_MAX_AGE is 259200");
    assert_eq!(ready["status"], "degraded");
    world.in_step();
    let line = [
        "store=forgotten",
        "central remembers idempotency keys since",
    ];
    assert_eq!(logs::count(&line), 1);
}

/// The answer to a sale is lost, and by the time that it is sent again central has forgotten its key: whether it was applied,
/// nobody knows.
#[test]
fn what_central_may_have_applied_and_has_forgotten_is_parked() {
    let mut world = World::with(&[("KEYS_MAX", "3"), ("FORWARD_TIMEOUT", "300ms")]);
    world.count(9);
    world.in_step();
    world.link.swallow(true);
    assert_eq!(world.sell(-1, None, "lost").status, 202);
    world.link.cut();
    world.link.swallow(false);
    world.stop_store();
    assert_eq!(world.units(), 8, "it was applied");
    for number in 0..6 {
        let body = json!({
            "storeId": "north", "productId": "jam", "delta": 1, "version": null, "idempotencyKey": format!("j{number}"),
        });
        let reply = world.at_central("POST", "/inventory/updates", &body.to_string());
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    world.link.mend();
    world.start_store();
    world.in_step();
    let status = world.status();
    assert_eq!(
        status["parked"][0]["reason"]["code"], "forgotten",
        "{status}"
    );
    assert_eq!(world.units(), 8, "it was not applied again");
}
