//! Crashes of stores and central, `kill -9` while tills write: acknowledged sales have one effect, and the copy is right again.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::process::{Program, call, command, store_command};
use crate::stores::wait;

const TILLS: usize = 4;
const SALES: usize = 60;
const KILLS: usize = 6;

struct Shared {
    store: Mutex<String>,
    acknowledged: AtomicUsize,
    queued: AtomicUsize,
}

/// A till: each sale is sent under its key until somebody says 200 or 202.
fn till(shared: &Shared, till: usize) {
    for number in 0..SALES {
        let sale = json!({
            "storeId": "north", "productId": format!("p{}", number % 5), "delta": 1, "version": null,
            "idempotencyKey": format!("t{till}-{number}"),
        })
        .to_string();
        loop {
            let store = shared.store.lock().clone();
            match call(&store, "POST", "/store/inventory/updates", &sale) {
                Some((200, _)) => break,
                Some((202, _)) => {
                    shared.queued.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                Some((503, _)) | None => thread::yield_now(),
                Some(other) => panic!("{other:?}"),
            }
        }
        shared.acknowledged.fetch_add(1, Ordering::Relaxed);
    }
}

/// All events of a log.
fn events(central: &str) -> Vec<Value> {
    let page = call(central, "GET", "/replication/changes?limit=10000", "")
        .unwrap()
        .1;
    assert_eq!(page["hasMore"], false);
    page["events"].as_array().unwrap().clone()
}

#[test]
fn every_acknowledged_sale_has_one_effect_whoever_is_killed() {
    let (of_central, of_store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut central = Program::start(&mut command(of_central.path()));
    let address = central.address().to_owned();
    let port = address.rsplit_once(':').unwrap().1.to_owned();
    let start_central = || Program::start(command(of_central.path()).env("PORT", &port));
    let start_store = || Program::start(&mut store_command(of_store.path(), &address));
    let mut store = start_store();
    let shared = Shared {
        store: Mutex::new(store.address().to_owned()),
        acknowledged: AtomicUsize::new(0),
        queued: AtomicUsize::new(0),
    };
    let all = TILLS * SALES;
    thread::scope(|scope| {
        for number in 0..TILLS {
            let shared = &shared;
            scope.spawn(move || till(shared, number));
        }
        for kill in 1..=KILLS {
            while shared.acknowledged.load(Ordering::Relaxed) < all * kill / (KILLS + 1) {
                thread::yield_now();
            }
            // Central, the store, and both: with what is queued meanwhile.
            if kill % 3 != 2 {
                central.kill();
            }
            if kill % 3 != 1 {
                store.kill();
                store = start_store();
                *shared.store.lock() = store.address().to_owned();
            }
            if kill % 3 != 2 {
                let queued = shared.queued.load(Ordering::Relaxed);
                let done = || shared.acknowledged.load(Ordering::Relaxed) == all;
                while shared.queued.load(Ordering::Relaxed) == queued && !done() {
                    thread::yield_now();
                }
                central = start_central();
            }
        }
    });
    wait(store.address(), |status| {
        status["outbox"]["queued"] == 0 && status["stale"] == false && status["lastOffset"] == all
    });
    assert!(
        shared.queued.load(Ordering::Relaxed) > 0,
        "nothing was ever queued"
    );

    let mut effects: BTreeMap<String, usize> = BTreeMap::new();
    for event in events(central.address()) {
        let key = event["idempotencyKey"].as_str().unwrap().to_owned();
        *effects.entry(key).or_default() += 1;
    }
    assert_eq!(effects.len(), all);
    assert!(effects.values().all(|effects| *effects == 1));
    for product in ["p0", "p1", "p2", "p3", "p4"] {
        let of_store = call(
            store.address(),
            "GET",
            &format!("/store/inventory/{product}"),
            "",
        );
        let of_central = call(
            central.address(),
            "GET",
            &format!("/inventory/{product}"),
            "",
        );
        let (of_store, of_central) = (of_store.unwrap().1, of_central.unwrap().1);
        for field in ["available", "version", "lastUpdated"] {
            assert_eq!(of_store[field], of_central[field], "{product}: {field}");
        }
        assert_eq!(of_central["available"], all / 5);
    }
}
