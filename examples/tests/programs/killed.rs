//! Crashes, `kill -9` under load: what was acknowledged is there, and a key has one effect however often it is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::process::{Program, call, command};

const CLIENTS: usize = 6;
const UPDATES: usize = 60;
/// Clients of a web shop, and the baskets of each.
const SHOPPERS: usize = 3;
const BASKETS: usize = 30;
const KILLS: usize = 4;

/// Where central is now; clients ask again when a connection breaks.
struct Shared {
    address: Mutex<String>,
    acknowledged: AtomicUsize,
    /// The first answer that each key got.
    answers: Mutex<BTreeMap<String, Value>>,
    failed: AtomicBool,
}

impl Shared {
    /// Asks until the answer is known; then once more, as a client that lost it would.
    fn ask(&self, path: &str, key: &str, expected: u16, mut body: Value) {
        body["idempotencyKey"] = key.into();
        let mut known = 0;
        while known < 2 && !self.failed.load(Ordering::Relaxed) {
            let address = self.address.lock().clone();
            let Some((status, answer)) = call(&address, "POST", path, &body.to_string()) else {
                thread::yield_now();
                continue;
            };
            if status == 503 {
                continue;
            }
            let mut answers = self.answers.lock();
            let first = answers.entry(key.to_owned());
            let first = first.or_insert_with(|| answer.clone());
            if status != expected || answer != *first {
                self.failed.store(true, Ordering::Relaxed);
                panic!("{key}: {status} {answer} instead of {first}");
            }
            known += 1;
        }
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
    }
}

fn client(shared: &Shared, client: usize) {
    for number in 0..UPDATES {
        let body = json!({
            "storeId": "north", "productId": format!("p{}", number % 5), "delta": 1, "version": null,
        });
        let key = format!("c{client}-{number}");
        shared.ask("/inventory/updates", &key, 200, body);
    }
}

/// Sets units aside, and buys them, or puts them back, or goes away.
fn shopper(shared: &Shared, shopper: usize) {
    for number in 0..BASKETS {
        let basket = format!("s{shopper}-{number}");
        let line = json!({"storeId": "north", "productId": "tea", "quantity": 2});
        let body = json!({"reservationId": basket, "ttlSeconds": 3_600, "lines": [line]});
        shared.ask("/reservations", &format!("{basket} hold"), 201, body);
        let end = match number % 3 {
            0 => "commit",
            1 => "release",
            _ => continue,
        };
        let path = format!("/reservations/{basket}/{end}");
        shared.ask(&path, &format!("{basket} end"), 200, json!({}));
    }
}

/// How often each type of event was written for each reservation.
fn lives(events: &[Value]) -> BTreeMap<&str, Vec<&str>> {
    let mut lives: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for event in events {
        if let Some(reservation) = event["reservationId"].as_str() {
            let life = lives.entry(reservation).or_default();
            life.push(event["type"].as_str().unwrap());
        }
    }
    lives
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
    let delivery = json!({"storeId": "north", "productId": "tea", "delta": 1_000, "version": null});
    shared.ask("/inventory/updates", "delivery", 200, delivery);
    let ended = BASKETS / 3 * 2;
    let all = CLIENTS * UPDATES + SHOPPERS * (BASKETS + ended);
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let shared = &shared;
            scope.spawn(move || client(shared, number));
        }
        for number in 0..SHOPPERS {
            let shared = &shared;
            scope.spawn(move || shopper(shared, number));
        }
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
    let available = |item: &Value| item["available"].as_u64().unwrap();
    let (tea, others): (Vec<_>, Vec<_>) = items.iter().partition(|item| item["productId"] == "tea");
    let total: u64 = others.iter().map(|item| available(item)).sum();
    assert_eq!((others.len(), total), (5, (CLIENTS * UPDATES) as u64));
    // A third was bought, and a third is set aside.
    let taken = 2 * SHOPPERS * BASKETS / 3 * 2;
    assert_eq!(available(tea[0]), 1_000 - taken as u64);
    let changes = call(&address, "GET", "/replication/changes?limit=10000", "")
        .unwrap()
        .1;
    let events = changes["events"].as_array().unwrap();
    let keys: BTreeSet<_> = events
        .iter()
        .map(|event| event["idempotencyKey"].as_str().unwrap())
        .collect();
    assert_eq!((events.len(), keys.len()), (all + 1, all + 1));
    let lives = lives(events);
    assert_eq!(lives.len(), SHOPPERS * BASKETS);
    for (basket, life) in lives {
        let number: usize = basket.rsplit_once('-').unwrap().1.parse().unwrap();
        let expected = match number % 3 {
            0 => &["StockHeld", "HoldCommitted"][..],
            1 => &["StockHeld", "HoldReleased"],
            _ => &["StockHeld"],
        };
        assert_eq!(life, expected, "{basket}");
    }
    assert!(central.terminate().success());
}
