//! Durable updates of many threads, each of which waits for its own, beside those of one thread.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use inventory_core::machine::Request;
use inventory_core::writer::{Writer, WriterLimits};
use tempfile::TempDir;

use crate::contest::{Aim, Contest, Contests, Row};
use crate::raw;
use crate::shop::{self, Sales};

const CALLERS: u64 = 64;
const PRODUCTS: usize = 10_000;

/// Far above the keys of the other sales: no key is used twice.
const HOT_KEYS_FROM: u64 = 1 << 32;

/// Updates per iteration when one caller makes them: as long as it takes many callers to make one each, roughly.
const LONE_UPDATES: u64 = 4;

pub(crate) fn run(contests: &mut Contests) {
    let spread = Row {
        measured: "64 callers, 10 k products",
        baseline: "one caller, through the writer",
        aim: Aim::RateAtLeast(15.0),
    };
    let hot = Row {
        measured: "64 callers, one hot product",
        baseline: "64 callers, 10 k products",
        aim: Aim::RateAtLeast(0.9),
    };
    contests.run(spread, || Spread(Callers::stocked()));
    contests.run(hot, || Hot(Callers::stocked()));
}

struct Callers {
    writer: Writer,
    spread: Sales,
    hot: Sales,
    /// Last, so that it outlives the files.
    _directory: TempDir,
}

impl Callers {
    fn stocked() -> Self {
        let directory = raw::directory();
        let engine = shop::open_stocked(&directory.path().join("log"), PRODUCTS);
        Self {
            writer: Writer::start(engine, WriterLimits::default())
                .expect("the system has a thread"),
            spread: Sales::of(PRODUCTS),
            hot: Sales::of(1).with_keys_from(HOT_KEYS_FROM),
            _directory: directory,
        }
    }

    /// Lets each caller make its requests, one at a time; all start together.
    fn time(&self, of_callers: Vec<Vec<Request>>) -> Duration {
        let start_line = Barrier::new(of_callers.len() + 1);
        thread::scope(|scope| {
            let callers: Vec<_> = of_callers
                .into_iter()
                .map(|requests| {
                    let start_line = &start_line;
                    scope.spawn(move || {
                        start_line.wait();
                        for request in requests {
                            self.writer.submit_and_wait(vec![request]).expect("durable");
                        }
                    })
                })
                .collect();
            start_line.wait();
            let start = Instant::now();
            for caller in callers {
                caller.join().expect("a caller does not panic");
            }
            start.elapsed()
        })
    }

    fn time_spread(&mut self, callers: u64, updates_each: u64) -> Duration {
        let requests = (0..callers)
            .map(|_| self.spread.requests(updates_each))
            .collect();
        self.time(requests)
    }

    fn time_hot(&mut self, updates_each: u64) -> Duration {
        let requests = (0..CALLERS)
            .map(|_| self.hot.requests(updates_each))
            .collect();
        self.time(requests)
    }
}

struct Spread(Callers);

impl Contest for Spread {
    const BASELINE_UPDATES: u64 = LONE_UPDATES;
    const ENGINE_UPDATES: u64 = CALLERS;

    fn baseline(&mut self, iterations: u64) -> Duration {
        self.0.time_spread(1, LONE_UPDATES * iterations)
    }

    fn engine(&mut self, iterations: u64) -> Duration {
        self.0.time_spread(CALLERS, iterations)
    }
}

struct Hot(Callers);

impl Contest for Hot {
    const BASELINE_UPDATES: u64 = CALLERS;
    const ENGINE_UPDATES: u64 = CALLERS;

    fn baseline(&mut self, iterations: u64) -> Duration {
        self.0.time_spread(CALLERS, iterations)
    }

    fn engine(&mut self, iterations: u64) -> Duration {
        self.0.time_hot(iterations)
    }
}
