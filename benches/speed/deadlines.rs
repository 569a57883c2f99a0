//! How long a sale waits while deadlines of open reservations pass, beside the same sale where nothing is reserved.
//!
//! Both engines sell in turns, a few at a time, so that a machine that is busy for a while is busy for both. The clock
//! goes forward when it is told to, so that exactly so many deadlines pass between two sales.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use inventory_core::engine::Engine;
use inventory_core::machine::{Ledger, Request};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{Clock, Ports};
use inventory_core::vocabulary::{TTL_SECONDS_MAX, Timestamp, Uptime};

use crate::arguments::scaled;
use crate::raw;
use crate::shop::{self, Sales};
use crate::tills::{hold, reservation};

/// What a filter of the command line may name.
pub(crate) const NAME: &str = "deadlines";

const PRODUCTS: usize = 10_000;
const HOLDS: usize = 1_000_000;
const CARTS_OF_ONE: usize = 500_000;

/// Reservations that are due from one sale to the next where they come in a stream: one for each line of a large basket.
const DUE_PER_SALE: usize = 16;

/// Until the first deadline. One second of the clock passes from one sale to the next.
const TTL_SECONDS: u64 = 900;

const STREAM_SALES: usize = 10_000;
/// Few enough for the reservations that are due at one moment to last: each sale takes some hundred of them along.
const MOMENT_SALES: usize = 2_000;
const SALES_PER_TURN: usize = 50;

/// Reservations that are made durable together while the shop is filled.
const HOLDS_PER_GROUP: usize = 8_192;

/// How long sales took: with reservations whose deadlines pass, and where there are none.
#[derive(Debug)]
pub(crate) struct Deadlines {
    pub(crate) measured: &'static str,
    /// Reservations that were open when the first sale began.
    pub(crate) holds: usize,
    pub(crate) without: Latency,
    pub(crate) with: Latency,
    /// The first sale after the deadlines have passed, in seconds.
    pub(crate) first: f64,
}

/// Seconds.
#[derive(Debug)]
pub(crate) struct Latency {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Latency {
    fn of(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        let at = |percent: usize| seconds[seconds.len() * percent / 100];
        Self {
            p50: at(50),
            p99: at(99),
        }
    }
}

pub(crate) fn measure() -> Vec<Deadlines> {
    let holds = std::env::var("BENCH_HOLDS");
    let holds = holds.map_or(HOLDS, |holds| holds.parse().expect("a number"));
    let holds = scaled(holds);
    let without = MemoryStorage::new().ports();
    let with = MemoryStorage::new().ports();
    let names = [
        "in memory, deadlines in a stream",
        "in memory, all due at one moment",
    ];
    let mut measured = measure_on(without, with, holds, names);

    let directory = raw::directory();
    let without = shop::files(&directory.path().join("without"));
    let with = shop::files(&directory.path().join("with"));
    let names = [
        "durable, deadlines in a stream",
        "durable, all due at one moment",
    ];
    measured.extend(measure_on(without, with, holds, names));
    measured.push(measure_one_product(
        MemoryStorage::new().ports(),
        MemoryStorage::new().ports(),
        scaled(CARTS_OF_ONE),
    ));
    measured
}

fn measure_on(
    without: Ports,
    with: Ports,
    holds: usize,
    names: [&'static str; 2],
) -> Vec<Deadlines> {
    let [stream, moment] = names;
    let (mut without, mut with) = (
        Shop::stocked(without, PRODUCTS),
        Shop::stocked(with, PRODUCTS),
    );
    with.hold(holds);
    // The first deadline passes with the first sale.
    with.clock.forward(TTL_SECONDS);
    let mut measured = Vec::new();
    measured.push(take_turns(stream, &mut without, &mut with, STREAM_SALES));
    // Whatever is still open.
    with.clock.forward(TTL_SECONDS_MAX);
    measured.push(take_turns(moment, &mut without, &mut with, MOMENT_SALES));
    measured
}

/// Very many carts of one product are left behind at one moment.
fn measure_one_product(without: Ports, with: Ports, holds: usize) -> Deadlines {
    let (mut without, mut with) = (Shop::stocked(without, 1), Shop::stocked(with, 1));
    with.millis_per_hold = 1;
    with.hold(holds);
    with.clock.forward(TTL_SECONDS_MAX);
    take_turns(
        "in memory, all of one product, due at one moment",
        &mut without,
        &mut with,
        MOMENT_SALES,
    )
}

fn take_turns(
    measured: &'static str,
    without: &mut Shop,
    with: &mut Shop,
    sales: usize,
) -> Deadlines {
    let holds = with.open_holds();
    let (mut seconds_without, mut seconds_with) = (Vec::new(), Vec::new());
    for turn in 0..scaled(sales).div_ceil(SALES_PER_TURN) {
        if turn % 2 == 0 {
            without.sell(SALES_PER_TURN, &mut seconds_without);
            with.sell(SALES_PER_TURN, &mut seconds_with);
        } else {
            with.sell(SALES_PER_TURN, &mut seconds_with);
            without.sell(SALES_PER_TURN, &mut seconds_without);
        }
    }
    assert!(with.open_holds() < holds, "deadlines have passed");
    let first = seconds_with[0];
    Deadlines {
        measured,
        holds,
        without: Latency::of(seconds_without),
        with: Latency::of(seconds_with),
        first,
    }
}

struct Shop {
    engine: Engine,
    clock: Arc<Hands>,
    sales: Sales,
    /// How much time passes from one reservation to the next, so that each has a deadline of its own.
    millis_per_hold: u64,
}

impl Shop {
    fn stocked(mut ports: Ports, products: usize) -> Self {
        let clock = Arc::new(Hands::default());
        ports.clock = Arc::<Hands>::clone(&clock);
        let mut engine = shop::open_on(ports);
        shop::stock(&mut engine, products, 1);
        Self {
            engine,
            clock,
            sales: Sales::of(products),
            millis_per_hold: 0,
        }
    }

    /// Reserves units of products in no order. The deadlines of so many pass between one sale and the next.
    fn hold(&mut self, holds: usize) {
        let numbers: Vec<_> = (0..holds).collect();
        let together = match self.millis_per_hold {
            0 => HOLDS_PER_GROUP,
            _ => 1,
        };
        for group in numbers.chunks(together) {
            self.clock.forward_millis(self.millis_per_hold);
            let requests: Vec<_> = group.iter().map(|&number| self.reserve(number)).collect();
            let answers = self.engine.submit(&requests).expect("durable");
            assert!(answers.iter().all(Result::is_ok));
        }
    }

    fn reserve(&mut self, number: usize) -> Request {
        let (product, _) = self.sales.next_sale();
        let later = (number / DUE_PER_SALE) as u64;
        let ttl_seconds = (TTL_SECONDS + later).min(TTL_SECONDS_MAX);
        let hold = hold(reservation(number as u64), product, ttl_seconds);
        Request::unkeyed(vec![hold]).expect("one line")
    }

    fn open_holds(&self) -> usize {
        let reader = self.engine.reader();
        reader.read(Ledger::open_reservations)
    }

    /// Sells so many units, each once the one before is durable, and notes how long each took.
    fn sell(&mut self, sales: usize, seconds: &mut Vec<f64>) {
        for request in self.sales.requests(sales as u64) {
            self.clock.forward(1);
            let start = Instant::now();
            let answers = self.engine.submit([&request]).expect("durable");
            seconds.push(start.elapsed().as_secs_f64());
            assert!(answers.iter().all(Result::is_ok));
        }
    }
}

/// A clock that goes forward by the second when it is told to.
#[derive(Debug, Default)]
struct Hands(AtomicU64);

impl Hands {
    fn forward(&self, seconds: u64) {
        self.forward_millis(seconds * 1_000);
    }

    fn forward_millis(&self, millis: u64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        let millis = self.0.load(Ordering::Relaxed);
        Timestamp::from_millis(millis).expect("within some weeks of 1970")
    }

    fn uptime(&self) -> Uptime {
        Uptime::from_millis(self.0.load(Ordering::Relaxed))
    }
}
