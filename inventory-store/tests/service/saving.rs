//! When the copy is saved, and what is said when it cannot be.

use std::fs;

use inventory_http::server::{EndError, GivenUp};
use inventory_log::testing::HangingFile;
use serde_json::{Value, json};

use crate::logs;
use crate::world::{World, wait};

/// Counts so many products at once, each with a name of some length.
fn count(world: &World, products: usize, units: u64) {
    let product = |number: usize| json!({ "id": format!("{number:0>100}"), "qty": units });
    let products: Vec<_> = (0..products).map(product).collect();
    let body = json!({ "storeId": "north", "mode": "overwrite", "products": products });
    let counted = world.at_central("POST", "/inventory/sync", &body.to_string());
    assert_eq!(counted.status, 200, "{counted:?}");
    world.in_step();
}

/// How far the copy is that was saved.
fn saved(world: &World) -> u64 {
    let path = world.directory.path().join("store_offset.json");
    let saved: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    saved["offset"].as_u64().unwrap()
}

#[test]
fn a_copy_that_cannot_be_saved_is_said_once_with_its_cause_and_shown_until_it_can_be() {
    logs::listen();
    let mut world = World::new();
    world.stop_store();
    let in_the_way = world.directory.path().join("store_state.json.tmp");
    fs::create_dir_all(in_the_way.join("saving-is-impossible")).unwrap();
    world.start_store();
    count(&world, 200, 1);
    let ready = world.reason("the copy cannot be saved, since ");
    assert_eq!(ready["status"], "degraded");
    assert!(ready["reasons"].to_string().contains("os error"), "{ready}");
    // It is tried once more when the store stops.
    world.stop_store();
    let line = [
        "the copy cannot be saved",
        "Is a directory (os error",
        "WARN",
    ];
    assert_eq!(logs::count(&line), 1);

    world.start_store();
    count(&world, 200, 2);
    world.reason("the copy cannot be saved, since ");
    fs::remove_dir_all(&in_the_way).unwrap();
    wait("a save", || {
        let ready = world.at_store("GET", "/readyz", "").json();
        (ready["status"] == "ready").then_some(())
    });
    assert_eq!(logs::count(&["it is over: the copy cannot be saved"]), 1);
    assert_eq!(saved(&world), world.status()["lastOffset"]);
}

/// A disk that hangs keeps the last copy, and no store.
#[test]
fn a_store_that_is_told_to_stop_ends_though_its_copy_cannot_be_saved() {
    logs::listen();
    let mut world = World::with(&[("DISK_PATIENCE_MS", "100")]);
    world.stop_store();
    let _hanging = HangingFile::new(&world.directory.path().join("store_state.json.tmp"));
    world.start_store();
    count(&world, 200, 1);
    world.tell_store_to_stop();
    let EndError::GivenUp(GivenUp { part, .. }) = world.store_ends().unwrap_err() else {
        panic!("no part has failed");
    };
    assert_eq!(part, "saving the copy");
    let line =
        "saving the copy had not ended after 200ms and was given up: what was answered is on disk";
    assert_eq!(logs::count(&["ERROR", line]), 1);
}

/// A store that did not know how large its copy is wrote all of it after every hundred events.
#[test]
fn a_large_copy_waits_until_what_has_happened_is_worth_writing_it() {
    let mut world = World::new();
    count(&world, 3_000, 1);
    world.stop_store();
    world.start_store();
    let path = world.directory.path().join("store_state.json");
    let bytes = fs::metadata(&path).unwrap().len();
    let worth_it = bytes / 2_048;
    assert!(worth_it > 300, "{bytes} bytes");
    let (mut events, first) = (0, saved(&world));
    while events + 120 < worth_it {
        count(&world, 120, 2 + events);
        events += 120;
        assert_eq!(saved(&world), first, "after {events} events of {worth_it}");
    }
    count(&world, 300, 2 + events);
    wait("a save", || (saved(&world) > first).then_some(()));
    count(&world, 120, 3 + events);
    assert!(saved(&world) < world.status()["lastOffset"].as_u64().unwrap());
}
