//! Durable updates of many callers, each of which waits for its own, beside those of one, and beside the disk alone.

use std::cell::{LazyCell, RefCell, RefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::callers::{CALLERS_MAX, Callers};
use crate::contest::{Aim, Contest, Contests, Row};

const THREADS: u64 = 64;
const TASKS: u64 = CALLERS_MAX;

/// Updates per iteration when one caller makes them: as long as it takes many callers to make one each, roughly.
const LONE_UPDATES: u64 = 4;

pub(crate) fn run(contests: &mut Contests) {
    let row = |measured, baseline, rate| Row {
        measured,
        baseline,
        aim: Aim::RateAtLeast(rate),
    };
    let callers = LazyCell::new(|| RefCell::new(Callers::stocked()));
    let spread = row(
        "64 callers, 10 k products",
        "one caller, through the writer",
        15.0,
    );
    contests.run(spread, || Spread::of(callers.borrow_mut()));
    let busy = row(
        "64 callers beside a busy core",
        "one caller beside a busy core",
        15.0,
    );
    contests.run(busy, || Spread {
        _busy: Some(BusyCore::start()),
        ..Spread::of(callers.borrow_mut())
    });
    let disk = row(
        "64 callers, each waiting",
        "append of 64 lines + fdatasync",
        0.5,
    );
    contests.run(disk, || Threads(callers.borrow_mut()));
    let hot = row(
        "64 callers, one hot product",
        "64 callers, 10 k products",
        1.0,
    );
    contests.run(hot, || Hot(callers.borrow_mut()));
    let tasks = row(
        "1,024 async callers",
        "append of 1,024 lines + fdatasync",
        0.4,
    );
    contests.run(tasks, || Tasks::of(callers.borrow_mut()));
}

/// A thread that computes and never waits, until it is dropped.
struct BusyCore {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl BusyCore {
    fn start() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let compute = move || {
            while !over.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        };
        Self {
            is_over,
            thread: Some(thread::spawn(compute)),
        }
    }
}

impl Drop for BusyCore {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it only computes");
        }
    }
}

struct Spread<'a> {
    callers: RefMut<'a, Callers>,
    _busy: Option<BusyCore>,
}

impl<'a> Spread<'a> {
    fn of(callers: RefMut<'a, Callers>) -> Self {
        Self {
            callers,
            _busy: None,
        }
    }
}

impl Contest for Spread<'_> {
    const BASELINE_UPDATES: u64 = LONE_UPDATES;
    const ENGINE_UPDATES: u64 = THREADS;

    fn baseline(&mut self, iterations: u64) -> Duration {
        self.callers.time_spread(1, LONE_UPDATES * iterations)
    }

    fn engine(&mut self, iterations: u64) -> Duration {
        self.callers.time_spread(THREADS, iterations)
    }
}

struct Threads<'a>(RefMut<'a, Callers>);

impl Contest for Threads<'_> {
    const BASELINE_UPDATES: u64 = THREADS;
    const ENGINE_UPDATES: u64 = THREADS;

    fn baseline(&mut self, iterations: u64) -> Duration {
        self.0.time_raw(THREADS, iterations)
    }

    fn engine(&mut self, iterations: u64) -> Duration {
        self.0.time_spread(THREADS, iterations)
    }
}

struct Hot<'a>(RefMut<'a, Callers>);

impl Contest for Hot<'_> {
    const BASELINE_UPDATES: u64 = THREADS;
    const ENGINE_UPDATES: u64 = THREADS;

    fn baseline(&mut self, iterations: u64) -> Duration {
        self.0.time_spread(THREADS, iterations)
    }

    fn engine(&mut self, iterations: u64) -> Duration {
        self.0.time_hot(THREADS, iterations)
    }
}

struct Tasks<'a> {
    callers: RefMut<'a, Callers>,
    runtime: Runtime,
}

impl<'a> Tasks<'a> {
    fn of(callers: RefMut<'a, Callers>) -> Self {
        Self {
            callers,
            runtime: Runtime::new().expect("the system has threads"),
        }
    }
}

impl Contest for Tasks<'_> {
    const BASELINE_UPDATES: u64 = TASKS;
    const ENGINE_UPDATES: u64 = TASKS;

    fn baseline(&mut self, iterations: u64) -> Duration {
        self.callers.time_raw(TASKS, iterations)
    }

    fn engine(&mut self, iterations: u64) -> Duration {
        self.callers.time_tasks(&self.runtime, TASKS, iterations)
    }
}
