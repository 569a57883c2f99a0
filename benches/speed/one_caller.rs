//! Durable updates one at a time, beside a bare append of the same line and a sync of each.

use std::time::{Duration, Instant};

use inventory_core::engine::Engine;
use inventory_core::machine::Request;
use inventory_core::writer::{Writer, WriterLimits};
use tempfile::TempDir;

use crate::contest::{Aim, Contest, Contests, Row};
use crate::raw::{self, RawFile};
use crate::shop::{self, Sales};

const PRODUCTS: usize = 10_000;

pub(crate) fn run(contests: &mut Contests) {
    let baseline = "append of the same line + fdatasync";
    let aim = Aim::RateAtLeast(0.85);
    let through_writer = Row {
        measured: "one caller, through the writer",
        baseline,
        aim,
    };
    let direct = Row {
        measured: "one caller, the engine itself",
        baseline,
        aim,
    };
    contests.run(through_writer, || {
        OneAtATime::stocked(|engine| {
            let writer =
                Writer::start(engine, WriterLimits::default()).expect("the system has a thread");
            Box::new(move |request| drop(writer.submit_and_wait(vec![request]).expect("durable")))
        })
    });
    contests.run(direct, || {
        OneAtATime::stocked(|mut engine| {
            Box::new(move |request| drop(engine.submit(&[request]).expect("durable")))
        })
    });
}

/// Makes one request durable.
type Submit = Box<dyn FnMut(Request)>;

struct OneAtATime {
    submit: Submit,
    sales: Sales,
    line: Vec<u8>,
    raw: RawFile,
    /// Last, so that it outlives the files.
    _directory: TempDir,
}

impl OneAtATime {
    fn stocked(submit: impl FnOnce(Engine) -> Submit) -> Self {
        let directory = raw::directory();
        let log = directory.path().join("log");
        let mut submit = submit(shop::open_stocked(&log, PRODUCTS));
        let mut sales = Sales::of(PRODUCTS);
        for request in sales.requests(1) {
            submit(request);
        }
        Self {
            submit,
            sales,
            line: raw::last_lines(&log, 1),
            raw: RawFile::create(directory.path()),
            _directory: directory,
        }
    }
}

impl Contest for OneAtATime {
    fn baseline(&mut self, iterations: u64) -> Duration {
        self.raw.append(&self.line, iterations)
    }

    fn engine(&mut self, iterations: u64) -> Duration {
        let requests = self.sales.requests(iterations);
        let start = Instant::now();
        requests.into_iter().for_each(&mut self.submit);
        start.elapsed()
    }
}
