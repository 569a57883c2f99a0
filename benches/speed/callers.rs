//! A shop whose window of keys is full, and who updates it: threads that wait for their answers, tasks that await theirs, and a file that
//! gets as many bytes.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use inventory_core::machine::Request;
use inventory_core::writer::{Writer, WriterLimits};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::raw::{self, RawFile};
use crate::shop::{self, Sales};

/// The most callers that any row has.
pub(crate) const CALLERS_MAX: u64 = 1_024;

const PRODUCTS: usize = 10_000;

/// Far above the keys of the other sales: no key is used twice.
const HOT_KEYS_FROM: u64 = 1 << 32;

pub(crate) struct Callers {
    writer: Arc<Writer>,
    spread: Sales,
    hot: Sales,
    /// A line of the log for each caller.
    lines: Vec<u8>,
    raw: RawFile,
    /// Last, so that it outlives the files.
    _directory: TempDir,
}

impl Callers {
    pub(crate) fn stocked() -> Self {
        let directory = raw::directory();
        let log = directory.path().join("log");
        let engine = shop::open_full(&log, PRODUCTS, 1);
        let writer = Writer::start(engine, WriterLimits::default());
        Self {
            writer: Arc::new(writer.expect("the system has a thread")),
            spread: Sales::of(PRODUCTS),
            hot: Sales::of(1).with_keys_from(HOT_KEYS_FROM),
            lines: raw::last_lines(&log, CALLERS_MAX as usize),
            raw: RawFile::create(directory.path()),
            _directory: directory,
        }
    }

    /// Appends and syncs a line of the log for each caller, as often.
    pub(crate) fn time_raw(&mut self, callers: u64, times: u64) -> Duration {
        let lines = self.lines.split_inclusive(|byte| *byte == b'\n');
        let bytes = lines.take(callers as usize).collect::<Vec<_>>().concat();
        self.raw.append(&bytes, times)
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

    /// Updates of products in no order.
    pub(crate) fn time_spread(&mut self, callers: u64, updates_each: u64) -> Duration {
        let requests = (0..callers)
            .map(|_| self.spread.requests(updates_each))
            .collect();
        self.time(requests)
    }

    /// As [`Callers::time_spread`], of one product.
    pub(crate) fn time_hot(&mut self, callers: u64, updates_each: u64) -> Duration {
        let requests = (0..callers)
            .map(|_| self.hot.requests(updates_each))
            .collect();
        self.time(requests)
    }

    /// As [`Callers::time_spread`], by tasks that await their answers in place of threads that wait.
    pub(crate) fn time_tasks(
        &mut self,
        runtime: &Runtime,
        tasks: u64,
        updates_each: u64,
    ) -> Duration {
        let of_tasks: Vec<_> = (0..tasks)
            .map(|_| self.spread.requests(updates_each))
            .collect();
        let start = Instant::now();
        let tasks: Vec<_> = of_tasks
            .into_iter()
            .map(|requests| {
                let writer = Arc::clone(&self.writer);
                runtime.spawn(async move {
                    for request in requests {
                        let submitted = writer.submit_async(vec![request]);
                        submitted.expect("there is room").await.expect("durable");
                    }
                })
            })
            .collect();
        runtime.block_on(async {
            for task in tasks {
                task.await.expect("a caller does not panic");
            }
        });
        start.elapsed()
    }
}
