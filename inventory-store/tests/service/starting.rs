//! How a store starts and how it stops.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use inventory_log::disk::Directory;
use inventory_store::cache::{CacheFiles, Cached};
use serde_json::{Value, json};

use crate::logs;
use crate::world::{World, wait};

#[test]
fn a_start_says_what_copy_and_queue_it_has_found_and_what_was_chosen() {
    logs::listen();
    let mut world = World::with(&[("STORE_ID", "says"), ("OUTBOX_MAX", "4711")]);
    let version = concat!("version=\"", env!("CARGO_PKG_VERSION"), "\"");
    let line = ["the store has opened", "store=says", version];
    let first = [&line[..], &["queued=0 parked=0", "OUTBOX_MAX=4711"]].concat();
    assert_eq!(logs::count(&first), 1);
    assert_eq!(
        logs::count(&[&line[..], &["offset="]].concat()),
        0,
        "no copy"
    );
    world.count(5);
    world.in_step();
    world.link.cut();
    world.knows_it_is_alone();
    let sale = json!({
        "storeId": "says", "productId": "tea", "delta": 1, "version": null, "idempotencyKey": "k",
    });
    let sold = world.at_store("POST", "/store/inventory/updates", &sale.to_string());
    assert_eq!(sold.status, 202, "{sold:?}");
    world.stop_store();
    world.clock.advance_millis(3_600_000);
    world.start_store();
    let second = ["offset=1", "copy_age_ms=36", "queued=1 parked=0"];
    assert_eq!(logs::count(&[&line[..], &second].concat()), 1);
    assert_eq!(logs::count(&["the store has opened", "demo"]), 0, "no key");
}

#[test]
fn a_store_that_will_stop_says_so_and_serves() {
    let mut world = World::new();
    world.count(5);
    world.in_step();
    world.stop_store();
    world.choose("DRAIN", "2s");
    world.start_store();
    world.in_step();
    let begun = Instant::now();
    world.tell_store_to_stop();
    let ready = loop {
        let ready = world.at_store("GET", "/readyz", "");
        if ready.status != 200 {
            break ready;
        }
        assert!(begun.elapsed() < Duration::from_secs(1));
    };
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["reasons"], json!(["the store is stopping"]));
    assert_eq!(world.sell(-1, None, "k").status, 200);
    let tea = world.at_store("GET", "/store/inventory/tea", "").json();
    assert_eq!(
        (&tea["storeQuantity"], &tea["stale"]),
        (&json!(4), &json!(false))
    );
    world.store_ends().unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(1_500));
}

#[test]
fn what_of_its_files_cannot_be_used_is_said_by_a_store_that_starts() {
    logs::listen();
    let mut world = World::new();
    world.count(5);
    world.in_step();
    world.stop_store();
    // A crash in the middle of a line, and a copy with a bit that is another one.
    let file = |name: &str| world.directory.path().join(name);
    let mut outbox = OpenOptions::new()
        .append(true)
        .open(file("outbox.log.jsonl"))
        .unwrap();
    outbox.write_all(b"{\"n\":").unwrap();
    let mut copy = fs::read(file("store_state.json")).unwrap();
    let last = copy.len() - 2;
    copy[last] ^= 1;
    fs::write(file("store_state.json"), copy).unwrap();
    world.start_store();
    let torn = "the end of the outbox, of which nobody was told, was cut off";
    assert_eq!(logs::count(&["WARN", torn, "line=2"]), 1);
    assert_eq!(
        logs::count(&["WARN", "a snapshot of central is needed", "reason="]),
        1
    );
    world.in_step();
    assert!(logs::count(&["INFO", "a snapshot of central is followed", "offset=1"]) > 0);
    let tea = world.at_store("GET", "/store/inventory/tea", "").json();
    assert_eq!(tea["storeQuantity"], 5);
}

/// Changes the copy that a store has saved, as another program might have.
fn change_copy(directory: &Path, change: impl FnOnce(&str) -> String) {
    let directory = Directory::open(directory).unwrap();
    let (mut files, cached) = CacheFiles::open(&directory);
    let Cached { position, content } = cached.unwrap();
    let changed = change(&String::from_utf8(content).unwrap());
    let write = |out: &mut dyn Write| out.write_all(changed.as_bytes());
    files.save(write, position).unwrap();
}

#[test]
fn a_copy_that_says_nothing_or_contradicts_itself_is_not_used_and_that_is_said() {
    logs::listen();
    let mut world = World::new();
    world.count(5);
    world.in_step();
    let other = |text: &str| {
        let other = text.replace("\"qty\":5", "\"qty\":6");
        assert_ne!(other, text);
        other
    };
    let nothing = |_: &str| "[]".to_owned();
    let begin = "the saved copy cannot be";
    let end = "a snapshot of central is needed";
    for (change, line) in [
        (&nothing as &dyn Fn(&str) -> String, "read"),
        (&other, "used"),
    ] {
        world.stop_store();
        change_copy(world.directory.path(), change);
        world.start_store();
        let line = format!("{begin} {line}; {end}");
        assert_eq!(logs::count(&["WARN", &line, "error="]), 1);
        world.in_step();
        let tea = world.at_store("GET", "/store/inventory/tea", "").json();
        assert_eq!(tea["storeQuantity"], 5);
    }

    // So may what central sends, if anything in between changes it.
    world.stop_store();
    for file in ["store_state.json", "store_offset.json"] {
        fs::remove_file(world.directory.path().join(file)).unwrap();
    }
    world.link.rename("\"qty\":5", "\"qty\":6");
    world.start_store();
    let line = "central's snapshot cannot be used";
    wait(line, || {
        (logs::count(&["WARN", line, "error="]) > 0).then_some(())
    });
}

/// The clock of a till has lost its battery: a copy of last week was shown as one of this moment.
#[test]
fn nobody_says_how_old_a_copy_is_that_is_younger_than_the_clock() {
    let mut world = World::new();
    world.count(5);
    world.in_step();
    world.link.cut();
    world.knows_it_is_alone();
    world.stop_store();
    let now = world.clock_now();
    world.clock.leap_to(now.minus_millis(3_600_000));
    logs::listen();
    world.start_store();
    let line = "the clock is behind central's: how old the copy is, is not known";
    assert!(logs::count(&["WARN", line, "now=", "copy="]) > 0);
    let tea = world.at_store("GET", "/store/inventory/tea", "").json();
    assert_eq!(
        (&tea["storeQuantity"], &tea["stale"]),
        (&json!(5), &json!(true))
    );
    assert_eq!(tea.get("staleForMs"), None);
    let status = world.status();
    assert_eq!(
        (&status["stale"], status.get("staleForMs")),
        (&json!(true), None)
    );
    let ready = world.at_store("GET", "/readyz", "").json();
    let says = "how old the copy is, is not known: the clock of this machine is behind";
    assert!(ready["reasons"].to_string().contains(says), "{ready}");
    let gauge = || {
        let metrics = world.at_store("GET", "/metrics", "").body;
        let mut lines = metrics.lines().map(str::to_owned);
        lines.find(|line| line.starts_with("inventory_stale_for_ms "))
    };
    assert_eq!(gauge(), None);
    world.link.mend();
    world.in_step();
    assert!(world.status()["staleForMs"].as_u64().unwrap() < 20_000);
    assert!(gauge().is_some());
    let ready = world.at_store("GET", "/readyz", "").json();
    assert_eq!(
        (&ready["status"], &ready["reasons"]),
        (&json!("ready"), &json!([]))
    );
}

/// A till was suspended over night: no poll has failed yet, and what it shows is of yesterday.
#[test]
fn a_copy_is_old_as_soon_as_a_machine_wakes_that_was_suspended() {
    let world = World::new();
    world.count(5);
    world.in_step();
    world.link.freeze(true);
    let fresh = |status: &Value| status["stale"] == false;
    assert!(fresh(&world.status()));
    let asleep = 8 * 3_600_000;
    world.clock.advance_millis(asleep);
    for path in ["/store/status", "/store/inventory/tea"] {
        let shown = world.at_store("GET", path, "").json();
        assert!(!fresh(&shown), "{shown}");
        assert!(shown["staleForMs"].as_u64().unwrap() >= asleep, "{shown}");
    }
    world.link.freeze(false);
    world.in_step();
    assert!(fresh(&world.status()));
}
