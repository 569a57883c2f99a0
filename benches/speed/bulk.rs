//! Durable updates in large submissions, several of them under way, beside a bare append of the same bytes and one sync
//! for each.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use inventory_core::engine::{Answer, EngineError};
use inventory_core::machine::Request;
use inventory_core::writer::{Writer, WriterLimits};
use tempfile::TempDir;

use crate::contest::{Aim, Contest, Contests, Row};
use crate::raw::{self, RawFile};
use crate::shop::{self, Sales};
use crate::tills::{MakeStep, STORES, one_sale, transaction};

const PRODUCTS: usize = 10_000;

/// Submissions under way: one is committed, one waits, one has just been answered.
const UNDER_WAY_MAX: u64 = 3;

pub(crate) fn run(contests: &mut Contests) {
    let row = |measured, least| Row {
        measured,
        baseline: "append of the same bytes + fdatasync",
        aim: Aim::RateAtLeast(least),
    };
    let (sales, baskets) = (
        "8,192 requests at a time",
        "1,024 baskets of ten lines at a time",
    );
    contests.run(row(sales, 0.4), || Bulk::<8_192>::stocked(one_sale));
    contests.run(row(baskets, 0.5), || Bulk::<1_024>::stocked(transaction));
}

/// So many requests at a time.
struct Bulk<const REQUESTS: u64> {
    writer: Writer,
    sales: Sales,
    step: MakeStep,
    bytes: Vec<u8>,
    raw: RawFile,
    /// Last, so that it outlives the files.
    _directory: TempDir,
}

impl<const REQUESTS: u64> Bulk<REQUESTS> {
    fn stocked(step: MakeStep) -> Self {
        let directory = raw::directory();
        let log = directory.path().join("log");
        let mut engine = shop::open_full(&log, PRODUCTS, STORES);
        let mut sales = Sales::of(PRODUCTS);
        let answers = engine.submit(&requests(&mut sales, step, REQUESTS));
        answers.expect("durable");
        Self {
            writer: Writer::start(engine, WriterLimits::default())
                .expect("the system has a thread"),
            sales,
            step,
            bytes: raw::last_lines(&log, REQUESTS as usize),
            raw: RawFile::create(directory.path()),
            _directory: directory,
        }
    }
}

fn requests(sales: &mut Sales, step: MakeStep, count: u64) -> Vec<Request> {
    let mut requests = Vec::with_capacity(count as usize);
    (0..count).for_each(|_| step(sales, &mut requests));
    requests
}

impl<const REQUESTS: u64> Contest for Bulk<REQUESTS> {
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
            let requests = requests(&mut self.sales, self.step, REQUESTS);
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
