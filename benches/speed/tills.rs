//! What a till does with several lines or in two steps, beside the sale of a single unit.

use std::time::{Duration, Instant};

use inventory_core::engine::Engine;
use inventory_core::machine::dry_run::Staging;
use inventory_core::machine::{Command, Commit, Hold, Ledger, Request};
use inventory_core::vocabulary::{ReservationId, Timestamp, Ttl, Units};
use tempfile::TempDir;

use crate::contest::{Aim, Contest, Contests, Row};
use crate::cpu;
use crate::one_adjust::{decide_and_apply, stocked};
use crate::raw;
use crate::shop::{self, Sales, keyed, product_name, sale, sale_at};

const PRODUCTS: usize = 10_000;
pub(crate) const STORES: usize = 2;
const LINES_PER_TRANSACTION: usize = 10;

/// What is done per iteration in memory. Each iteration begins with nothing remembered.
const STEPS_IN_MEMORY: u64 = 50_000;

/// What is timed at once: requests are handled soon after they came in, while they are in a cache still.
const STEPS_AT_ONCE: u64 = 500;

/// Longer than any key or ended reservation is remembered.
const LONG_AFTER_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// Longer than any row runs: what is held here is committed before.
const TTL_SECONDS: u64 = 3_600;

pub(crate) fn run(contests: &mut Contests) {
    let rows: [(&str, &str, MakeStep, f64); 2] = [
        (
            "hold + commit, in memory",
            "hold + commit, durable",
            hold_and_commit,
            3.0,
        ),
        (
            "transaction of ten lines, in memory",
            "transaction of ten lines, durable",
            transaction,
            6.0,
        ),
    ];
    for (in_memory, durable, step, most) in rows {
        let row = |measured, baseline| Row {
            measured,
            baseline,
            aim: Aim::TimeAtMost(most),
        };
        contests.run(row(in_memory, "one sale in memory"), || {
            InMemory::stocked(step)
        });
        contests.run(row(durable, "one durable sale"), || Durable::stocked(step));
    }
}

/// Appends the requests of one step.
pub(crate) type MakeStep = fn(&mut Sales, &mut Vec<Request>);

pub(crate) fn one_sale(sales: &mut Sales, requests: &mut Vec<Request>) {
    let (product, key) = sales.next_sale();
    requests.push(keyed(key, vec![sale(product)]));
}

/// Holds a unit, then takes it out of the stock: two requests, as a cart and its checkout are.
fn hold_and_commit(sales: &mut Sales, requests: &mut Vec<Request>) {
    let (product, key) = sales.next_sale();
    let reservation = reservation(key);
    requests.push(keyed(
        key,
        vec![hold(reservation.clone(), product, TTL_SECONDS)],
    ));
    let commit = Command::Commit(Commit {
        reservation,
        lines: None,
    });
    let (_, key) = sales.next_sale();
    requests.push(keyed(key, vec![commit]));
}

/// Sells ten products from two stores, all or none.
pub(crate) fn transaction(sales: &mut Sales, requests: &mut Vec<Request>) {
    let (first, key) = sales.next_sale();
    let others = (1..LINES_PER_TRANSACTION).map(|_| sales.next_sale().0);
    let products = [first].into_iter().chain(others);
    let lines = products
        .enumerate()
        .map(|(at, product)| sale_at(product, at % STORES));
    requests.push(keyed(key, lines.collect()));
}

pub(crate) fn reservation(number: u64) -> ReservationId {
    let name = format!("reservation-{number:010}");
    name.parse().expect("a short id")
}

/// Holds one unit at the first store.
pub(crate) fn hold(reservation: ReservationId, product: usize, ttl_seconds: u64) -> Command {
    Command::Hold(Hold {
        reservation,
        product: product_name(product).parse().expect("a short id"),
        store: "store-0".parse().expect("a short id"),
        quantity: Units::new(1).expect("not zero"),
        ttl: Ttl::new(ttl_seconds).expect("in range"),
    })
}

/// Decide and apply, without a log between the two.
struct InMemory {
    ledger: Ledger,
    staging: Staging,
    sales: Sales,
    step: MakeStep,
    now: Timestamp,
}

impl InMemory {
    fn stocked(step: MakeStep) -> Self {
        Self {
            ledger: stocked(PRODUCTS, STORES),
            staging: Staging::default(),
            sales: Sales::of(PRODUCTS),
            step,
            now: Timestamp::UNIX_EPOCH,
        }
    }

    fn time(&mut self, step: MakeStep, iterations: u64) -> Duration {
        let mut elapsed = Duration::ZERO;
        for _ in 0..iterations {
            self.forget();
            for _ in 0..STEPS_IN_MEMORY / STEPS_AT_ONCE {
                elapsed += self.time_some(step, STEPS_AT_ONCE);
            }
        }
        elapsed
    }

    fn time_some(&mut self, step: MakeStep, steps: u64) -> Duration {
        let mut requests = Vec::new();
        (0..steps).for_each(|_| step(&mut self.sales, &mut requests));
        let start = cpu::Start::now();
        for request in &requests {
            decide_and_apply(&mut self.ledger, &mut self.staging, request, self.now);
        }
        start.elapsed()
    }

    /// Keys and reservations go when the next one comes.
    fn forget(&mut self) {
        self.now = self.now.plus_millis(LONG_AFTER_MS);
        self.time_some(hold_and_commit, 1);
    }
}

impl Contest for InMemory {
    const BASELINE_UPDATES: u64 = STEPS_IN_MEMORY;
    const ENGINE_UPDATES: u64 = STEPS_IN_MEMORY;

    fn baseline(&mut self, iterations: u64) -> Duration {
        self.time(one_sale, iterations)
    }

    fn engine(&mut self, iterations: u64) -> Duration {
        self.time(self.step, iterations)
    }
}

/// One request at a time, each of them durable before the next is made.
struct Durable {
    engine: Engine,
    sales: Sales,
    step: MakeStep,
    /// Last, so that it outlives the files.
    _directory: TempDir,
}

impl Durable {
    fn stocked(step: MakeStep) -> Self {
        let directory = raw::directory();
        let mut engine = shop::open(&directory.path().join("log"));
        shop::stock(&mut engine, PRODUCTS, STORES);
        Self {
            engine,
            sales: Sales::of(PRODUCTS),
            step,
            _directory: directory,
        }
    }

    fn time(&mut self, step: MakeStep, iterations: u64) -> Duration {
        let mut requests = Vec::new();
        (0..iterations).for_each(|_| step(&mut self.sales, &mut requests));
        let start = Instant::now();
        for request in &requests {
            let answers = self.engine.submit([request]).expect("durable");
            assert!(answers.iter().all(Result::is_ok));
        }
        start.elapsed()
    }
}

impl Contest for Durable {
    fn baseline(&mut self, iterations: u64) -> Duration {
        self.time(one_sale, iterations)
    }

    fn engine(&mut self, iterations: u64) -> Duration {
        self.time(self.step, iterations)
    }
}
