//! Durable updates in large submissions, several of them under way, beside a bare append of the same bytes and one sync
//! for each.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use inventory_core::engine::{Answer, EngineError};
use inventory_core::writer::{Writer, WriterLimits};
use tempfile::TempDir;

use crate::contest::{Aim, Contest, Contests, Row};
use crate::raw::{self, RawFile};
use crate::shop::{self, Sales};

const PRODUCTS: usize = 10_000;
const REQUESTS: u64 = 8_192;

/// Submissions under way: one is committed, one waits, one has just been answered.
const UNDER_WAY_MAX: u64 = 3;

pub(crate) fn run(contests: &mut Contests) {
    let row = Row {
        measured: "8,192 requests at a time",
        baseline: "append of the same bytes + fdatasync",
        aim: Aim::RateAtLeast(0.4),
    };
    contests.run(row, Bulk::stocked);
}

struct Bulk {
    writer: Writer,
    sales: Sales,
    bytes: Vec<u8>,
    raw: RawFile,
    /// Last, so that it outlives the files.
    _directory: TempDir,
}

impl Bulk {
    fn stocked() -> Self {
        let directory = raw::directory();
        let log = directory.path().join("log");
        let mut engine = shop::open_stocked(&log, PRODUCTS);
        let mut sales = Sales::of(PRODUCTS);
        engine.submit(&sales.requests(REQUESTS)).expect("durable");
        Self {
            writer: Writer::start(engine, WriterLimits::default())
                .expect("the system has a thread"),
            sales,
            bytes: raw::last_lines(&log, REQUESTS as usize),
            raw: RawFile::create(directory.path()),
            _directory: directory,
        }
    }
}

impl Contest for Bulk {
    const BASELINE_UPDATES: u64 = REQUESTS;
    const ENGINE_UPDATES: u64 = REQUESTS;

    fn baseline(&mut self, iterations: u64) -> Duration {
        self.raw.append(&self.bytes, iterations)
    }

    /// The requests are made while the clock runs, as a server would make them: on this thread, beside the writer's.
    fn engine(&mut self, iterations: u64) -> Duration {
        let (answered, answers) = mpsc::channel::<Result<Vec<Answer>, EngineError>>();
        let start = Instant::now();
        for number in 0..iterations {
            let requests = self.sales.requests(REQUESTS);
            if number >= UNDER_WAY_MAX {
                answers
                    .recv()
                    .expect("every submission is answered")
                    .expect("durable");
            }
            let answered = answered.clone();
            let reply = move |answers| drop(answered.send(answers));
            self.writer.submit(requests, reply).expect("there is room");
        }
        drop(answered);
        for answers in answers {
            assert_eq!(answers.expect("durable").len() as u64, REQUESTS);
        }
        start.elapsed()
    }
}
