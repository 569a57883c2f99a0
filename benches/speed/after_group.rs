//! A sale after a group of very many lines, beside the same sale without it: what one group needed is given back.

use std::time::{Duration, Instant};

use inventory_core::engine::Engine;
use inventory_core::memory::MemoryStorage;

use crate::arguments::scaled;
use crate::contest::{Aim, Contest, Contests, Row};
use crate::shop::{self, Sales};

const PRODUCTS: usize = 10_000;
const GROUP: usize = 100_000;

pub(crate) fn run(contests: &mut Contests) {
    let row = Row {
        measured: "a sale after a group of 100,000 lines",
        baseline: "a sale without it, of as many keys",
        aim: Aim::TimeAtMost(1.1),
    };
    contests.run(row, || Sides {
        small: Shop::after_groups_of(GROUP / 100),
        large: Shop::after_groups_of(GROUP),
    });
}

struct Sides {
    small: Shop,
    large: Shop,
}

struct Shop {
    engine: Engine,
    sales: Sales,
}

impl Shop {
    /// A shop in memory that has sold as much in either case.
    fn after_groups_of(lines: usize) -> Self {
        let mut engine = shop::open_on(MemoryStorage::new().ports());
        shop::stock(&mut engine, PRODUCTS, 1);
        let mut sales = Sales::of(PRODUCTS);
        let (all, lines) = (scaled(GROUP), scaled(lines));
        for _ in 0..all / lines {
            let answers = engine.submit(&sales.requests(lines as u64));
            assert!(
                answers
                    .expect("memory never fails")
                    .iter()
                    .all(Result::is_ok)
            );
        }
        Self { engine, sales }
    }

    fn sell(&mut self, times: u64) -> Duration {
        let requests = self.sales.requests(times);
        let start = Instant::now();
        for request in &requests {
            drop(self.engine.submit([request]).expect("memory never fails"));
        }
        start.elapsed()
    }
}

impl Contest for Sides {
    fn baseline(&mut self, iterations: u64) -> Duration {
        self.small.sell(iterations)
    }

    fn engine(&mut self, iterations: u64) -> Duration {
        self.large.sell(iterations)
    }
}
