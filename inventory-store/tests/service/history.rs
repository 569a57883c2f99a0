//! A central that has another history than the store's copy.

use inventory_core::memory::MemoryStorage;
use serde_json::json;

use crate::logs;
use crate::world::{World, wait};

/// Connections that a store may make while it finds out: a tight loop makes thousands.
const CONNECTIONS_MAX: usize = 200;

#[test]
fn a_store_follows_a_central_that_was_restored_from_nothing() {
    logs::listen();
    let mut world = World::new();
    world.count(5);
    world.in_step();
    world.link.cut();
    world.knows_it_is_alone();
    world.replace_central(MemoryStorage::new());
    world.count(7);
    world.link.mend();
    let line = "central cannot be followed from here";
    wait(line, || {
        (logs::count(&["WARN", line, "reason="]) > 0).then_some(())
    });
    wait("the other history", || {
        let tea = world.at_store("GET", "/store/inventory/tea", "").json();
        (tea["storeQuantity"] == 7 && tea["stale"] == false).then_some(())
    });
    assert!(world.link.connections() < CONNECTIONS_MAX);
}

#[test]
fn a_store_that_was_away_for_too_long_takes_a_snapshot() {
    let mut world = World::with(&[("RETAIN_EVENTS", "1"), ("SNAPSHOT_INTERVAL", "10ms")]);
    world.count(1);
    world.in_step();
    world.link.cut();
    world.knows_it_is_alone();
    let mut units = 1;
    // Purging follows a write after a snapshot: each write makes it likelier that the store's position is gone.
    wait("the purge", || {
        units += 1;
        world.count(units);
        let gone = world.at_central("GET", "/replication/changes?fromOffset=1", "");
        (gone.status == 410).then_some(())
    });
    world.link.mend();
    world.in_step();
    let tea = world.at_store("GET", "/store/inventory/tea", "").json();
    assert_eq!(tea["storeQuantity"], json!(units));
    // A central that starts again on the same storage is followed on.
    world.replace_central(world.storage.clone());
    world.count(3);
    world.in_step();
    assert!(world.link.connections() < CONNECTIONS_MAX);
}

/// A log in which an event says something else than the copy comes to: whoever is right, central is believed.
#[test]
fn a_store_whose_copy_central_contradicts_takes_a_snapshot_and_says_why() {
    logs::listen();
    let mut world = World::with(&[("STORE_ID", "contradicted")]);
    let change = |delta: i64, key: &str| {
        let body = json!({
            "storeId": "contradicted", "productId": "tea", "delta": delta, "version": null, "idempotencyKey": key,
        });
        let body = body.to_string();
        assert_eq!(
            world.at_central("POST", "/inventory/updates", &body).status,
            200
        );
    };
    change(5, "k1");
    world.in_step();
    world
        .link
        .rename("\"newQuantity\":12", "\"newQuantity\":13");
    change(7, "k2");
    wait("the line", || {
        let line = "central's log does not continue this copy; a snapshot is taken";
        (logs::count(&["WARN", line, "error="]) > 0).then_some(())
    });
    world.in_step();
    assert!(logs::count(&["INFO", "a snapshot of central is followed", "offset=2"]) > 0);
    let tea = world.at_store("GET", "/store/inventory/tea", "").json();
    assert_eq!(tea["storeQuantity"], 12);
    world.stop_store();
}
