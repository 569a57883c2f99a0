//! From a log to a ledger, beside a bare parse of the same lines as JSON.

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use inventory_core::machine::Request;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tempfile::TempDir;

use crate::arguments::scaled;
use crate::contest::{Aim, Contest, Contests, Row};
use crate::raw;
use crate::shop::{self, Sales, keyed, sale};

const PRODUCTS: usize = 10_000;
const LINES_PER_BASKET: usize = 10;

pub(crate) fn run(contests: &mut Contests) {
    let events = scaled(500_000);
    let fewer = scaled(100_000);
    let aim = Aim::TimeAtMost(1.2);
    let single = Row {
        measured: "recovery, requests of one line",
        baseline: "parse into borrowed structs",
        aim,
    };
    let baskets = Row {
        measured: "recovery, baskets of ten lines",
        baseline: "parse into borrowed structs",
        aim,
    };
    let untyped = Row {
        measured: "recovery, requests of one line, untyped",
        baseline: "parse into serde_json::Value",
        aim: Aim::Time,
    };
    contests.run(single, || Recovery::of(events, 1, parse_typed));
    contests.run(baskets, || {
        Recovery::of(events, LINES_PER_BASKET, parse_typed)
    });
    contests.run(untyped, || Recovery::of(fewer, 1, parse_untyped));
}

struct Recovery {
    log: PathBuf,
    parse: fn(&[u8]),
    /// Last, so that it outlives the files.
    _directory: TempDir,
}

impl Recovery {
    /// A log of so many events that was closed in good order and has no snapshot.
    fn of(events: usize, lines_per_request: usize, parse: fn(&[u8])) -> Self {
        let directory = raw::directory();
        let log = directory.path().join("log");
        let mut engine = shop::open_stocked(&log, PRODUCTS);
        let mut sales = Sales::of(PRODUCTS);
        let requests: Vec<_> = (0..events / lines_per_request)
            .map(|_| basket(&mut sales, lines_per_request))
            .collect();
        for group in requests.chunks(1_024) {
            engine.submit(group).expect("durable");
        }
        Self {
            log,
            parse,
            _directory: directory,
        }
    }
}

fn basket(sales: &mut Sales, lines: usize) -> Request {
    let (first, key) = sales.next_sale();
    let others = (1..lines).map(|_| sales.next_sale().0);
    keyed(key, [first].into_iter().chain(others).map(sale).collect())
}

impl Contest for Recovery {
    fn baseline(&mut self, iterations: u64) -> Duration {
        let start = Instant::now();
        for _ in 0..iterations {
            raw::log_files(&self.log)
                .iter()
                .flat_map(|file| raw::lines(file))
                .for_each(self.parse);
        }
        start.elapsed()
    }

    fn engine(&mut self, iterations: u64) -> Duration {
        let mut elapsed = Duration::ZERO;
        for _ in 0..iterations {
            let start = Instant::now();
            let engine = shop::open(&self.log);
            elapsed += start.elapsed();
            drop(engine);
        }
        elapsed
    }
}

/// A record as the least that holds all it says, without a copy of any text.
#[derive(Deserialize)]
#[expect(dead_code, reason = "parsed to see how long it takes")]
struct Record<'a> {
    seq: u64,
    n: u64,
    group: u64,
    ts: &'a str,
    key: Option<&'a str>,
    fp: Option<&'a str>,
    #[serde(borrow)]
    events: Vec<Event<'a>>,
    chain: &'a str,
    crc: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "parsed to see how long it takes")]
struct Event<'a> {
    r#type: &'a str,
    product: &'a str,
    store: &'a str,
    delta: i64,
    reserved_delta: i64,
    on_hand: u64,
    reserved: u64,
    version: u64,
    total: u64,
}

fn parse_typed(line: &[u8]) {
    match serde_json::from_slice::<Record<'_>>(line) {
        Ok(record) => drop(black_box(record)),
        // The header of a file is no record.
        Err(_) => drop(serde_json::from_slice::<IgnoredAny>(line).expect("every line is JSON")),
    }
}

fn parse_untyped(line: &[u8]) {
    let value: serde_json::Value = serde_json::from_slice(line).expect("every line is JSON");
    drop(black_box(value));
}
