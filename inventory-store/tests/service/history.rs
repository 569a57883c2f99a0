//! A central that has another history than the store's copy.

use inventory_core::memory::MemoryStorage;
use serde_json::json;

use crate::world::{World, wait};

/// Connections that a store may make while it finds out: a tight loop makes thousands.
const CONNECTIONS_MAX: usize = 200;

#[test]
fn a_store_follows_a_central_that_was_restored_from_nothing() {
    let mut world = World::new();
    world.count(5);
    world.in_step();
    world.link.cut();
    world.knows_it_is_alone();
    world.replace_central(MemoryStorage::new());
    world.count(7);
    world.link.mend();
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
