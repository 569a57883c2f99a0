//! decide + apply of one Adjust in memory with a full window of keys, beside a number in a hash map and a key in a hash set.

use std::sync::Arc;
use std::time::Duration;

use inventory_core::machine::dry_run::{Decision, Draft, Staging, apply_decided, decide};
use inventory_core::machine::{Entry, Ledger, Request, WindowLimits};
use inventory_core::vocabulary::Timestamp;
use rapidhash::{RapidHashMap, RapidHashSet};

use crate::arguments::scaled;
use crate::contest::{Aim, Contest, Contests, Row};
use crate::cpu;
use crate::shop::{Sales, count, key_name, product_name};

/// Updates per iteration.
const UPDATES: u64 = 200_000;

/// Updates that are timed at once: requests are handled soon after they came in, while they are in a cache still.
const UPDATES_AT_ONCE: u64 = 1_000;

/// Keys that the engine remembers, all through: each further one makes it forget another. The baseline forgets none until it has as
/// many, and then all.
const KEYS: usize = 1_000_000;

pub(crate) fn run(contests: &mut Contests) {
    for (measured, products) in [
        ("decide + apply, 10 k products", 10_000),
        ("decide + apply, 1 M products", scaled(1_000_000)),
    ] {
        let row = Row {
            measured,
            baseline: "hash-map update + key insert",
            aim: Aim::TimeAtMost(2.5),
        };
        contests.run(row, || InMemory::stocked(products));
    }
}

struct InMemory {
    stock: RapidHashMap<String, u64>,
    keys: RapidHashSet<String>,
    ledger: Ledger,
    staging: Staging,
    baseline_sales: Sales,
    engine_sales: Sales,
}

impl InMemory {
    fn stocked(products: usize) -> Self {
        let keys = scaled(KEYS);
        let limits = WindowLimits::new().with_keys_max(keys);
        let mut stocked = Self {
            stock: (0..products)
                .map(|product| (product_name(product), 1_000_000_000))
                .collect(),
            keys: RapidHashSet::default(),
            ledger: stocked_within(limits, products, 1),
            staging: Staging::default(),
            baseline_sales: Sales::of(products),
            engine_sales: Sales::of(products),
        };
        stocked.keys.reserve(keys);
        for _ in 0..keys as u64 / UPDATES_AT_ONCE {
            stocked.time_engine();
        }
        assert_eq!(stocked.ledger.key_count(), keys);
        stocked
    }

    /// Both sides are given what they must keep a copy of.
    fn time_baseline(&mut self) -> Duration {
        if self.keys.len() >= scaled(KEYS) {
            self.keys.clear();
        }
        let sales = (0..UPDATES_AT_ONCE).map(|_| self.baseline_sales.next_sale());
        let sales: Vec<_> = sales
            .map(|(product, key)| (key_name(key), product_name(product)))
            .collect();
        let start = cpu::Start::now();
        for (key, product) in &sales {
            if self.keys.insert(key.clone()) {
                *self
                    .stock
                    .get_mut(product)
                    .expect("all products are stocked") -= 1;
            }
        }
        start.elapsed()
    }

    fn time_engine(&mut self) -> Duration {
        let requests = self.engine_sales.requests(UPDATES_AT_ONCE);
        let now = Timestamp::UNIX_EPOCH;
        let start = cpu::Start::now();
        for request in &requests {
            decide_and_apply(&mut self.ledger, &mut self.staging, request, now);
        }
        start.elapsed()
    }
}

impl Contest for InMemory {
    const BASELINE_UPDATES: u64 = UPDATES;
    const ENGINE_UPDATES: u64 = UPDATES;

    fn baseline(&mut self, iterations: u64) -> Duration {
        let times = iterations * (UPDATES / UPDATES_AT_ONCE);
        (0..times).map(|_| self.time_baseline()).sum()
    }

    fn engine(&mut self, iterations: u64) -> Duration {
        let times = iterations * (UPDATES / UPDATES_AT_ONCE);
        (0..times).map(|_| self.time_engine()).sum()
    }
}

/// A ledger of products with stock at so many stores each.
pub(crate) fn stocked(products: usize, levels_per_product: usize) -> Ledger {
    stocked_within(WindowLimits::default(), products, levels_per_product)
}

fn stocked_within(limits: WindowLimits, products: usize, levels_per_product: usize) -> Ledger {
    let (mut ledger, mut staging) = (Ledger::new(limits), Staging::default());
    for product in 0..products {
        let lines = (0..levels_per_product)
            .map(|store| count(product, store))
            .collect();
        let request = Request::unkeyed(lines).expect("at least one line");
        decide_and_apply(&mut ledger, &mut staging, &request, Timestamp::UNIX_EPOCH);
    }
    ledger
}

/// Decides a request and applies it, without a log between the two.
pub(crate) fn decide_and_apply(
    ledger: &mut Ledger,
    staging: &mut Staging,
    request: &Request,
    now: Timestamp,
) -> Arc<Entry> {
    let entry = {
        let mut draft = Draft::new(ledger, staging, now);
        let Ok(Decision::New(effects)) = decide(&mut draft, request) else {
            panic!("every request has a key of its own and stock to take from");
        };
        draft.record(Some(request), effects)
    };
    apply_decided(ledger, &entry);
    entry
}
