//! `kill -9` under load: what was acknowledged is there, and a key has one effect however often it is sent.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::process::{Program, call, command};

const CLIENTS: usize = 8;
const UPDATES: usize = 60;
const KILLS: usize = 4;

/// Where central is now; clients ask again when a connection breaks.
struct Shared {
    address: Mutex<String>,
    acknowledged: AtomicUsize,
    /// The first answer that each key got.
    answers: Mutex<BTreeMap<String, Value>>,
    failed: AtomicBool,
}

fn client(shared: &Shared, client: usize) {
    for number in 0..UPDATES {
        let key = format!("c{client}-{number}");
        let body = json!({
            "storeId": "north", "productId": format!("p{}", number % 5), "delta": 1, "version": null,
            "idempotencyKey": key,
        })
        .to_string();
        // Until it is known; then once more, as a client that lost the answer would.
        let mut known = 0;
        while known < 2 && !shared.failed.load(Ordering::Relaxed) {
            let address = shared.address.lock().clone();
            let Some((status, answer)) = call(&address, "POST", "/inventory/updates", &body) else {
                thread::yield_now();
                continue;
            };
            if status == 503 {
                continue;
            }
            let first = shared
                .answers
                .lock()
                .entry(key.clone())
                .or_insert_with(|| answer.clone())
                .clone();
            if status != 200 || answer != first {
                shared.failed.store(true, Ordering::Relaxed);
                panic!("{key}: {status} {answer} instead of {first}");
            }
            known += 1;
        }
        shared.acknowledged.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn nothing_acknowledged_is_lost_and_every_key_has_one_effect() {
    let data = tempfile::tempdir().unwrap();
    let mut central = Program::start(&mut command(data.path()));
    let shared = Shared {
        address: Mutex::new(central.address().to_owned()),
        acknowledged: AtomicUsize::new(0),
        answers: Mutex::new(BTreeMap::new()),
        failed: AtomicBool::new(false),
    };
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let shared = &shared;
            scope.spawn(move || client(shared, number));
        }
        let all = CLIENTS * UPDATES;
        for kill in 1..=KILLS {
            while shared.acknowledged.load(Ordering::Relaxed) < all * kill / (KILLS + 1)
                && !shared.failed.load(Ordering::Relaxed)
            {
                thread::yield_now();
            }
            central.kill();
            central = Program::start(&mut command(data.path()));
            *shared.address.lock() = central.address().to_owned();
        }
    });
    let address = central.address().to_owned();
    let listing = call(&address, "GET", "/inventory?limit=1000", "")
        .unwrap()
        .1;
    let items = listing["items"].as_array().unwrap();
    let total: u64 = items
        .iter()
        .map(|item| item["available"].as_u64().unwrap())
        .sum();
    assert_eq!((items.len(), total), (5, (CLIENTS * UPDATES) as u64));
    let changes = call(&address, "GET", "/replication/changes?limit=10000", "")
        .unwrap()
        .1;
    let events = changes["events"].as_array().unwrap();
    let keys: std::collections::BTreeSet<_> = events
        .iter()
        .map(|event| event["idempotencyKey"].as_str().unwrap())
        .collect();
    assert_eq!(
        (events.len(), keys.len()),
        (CLIENTS * UPDATES, CLIENTS * UPDATES)
    );
    assert!(central.terminate().success());
}
