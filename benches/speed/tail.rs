//! How long the slowest updates of many callers take while snapshots are taken one after the other, beside appends to a plain file.
//!
//! Callers and appends take turns of a second, and snapshots are taken all the time, so that the disk is as busy for both.

use std::sync::mpsc::{self, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use inventory_core::engine::{Engine, Opened, Settings, Snapshotter};
use inventory_core::writer::{Writer, WriterLimits};

use crate::arguments::{is_smoke_test, scaled};
use crate::raw::{self, RawFile};
use crate::shop::{self, Sales};

/// What a filter of the command line may name.
pub(crate) const NAME: &str = "tail beside snapshots";

/// Enough for a snapshot to take long.
const LEVELS: usize = 1_000_000;
const CALLERS: u64 = 64;

/// For how long callers update, and for how long appends are made.
const SECONDS: u64 = 20;
const TURN: Duration = Duration::from_secs(1);

/// Keys of one caller: no key is used twice.
const KEYS_OF_CALLER: u64 = 100_000_000;

/// How long updates took, and appends.
#[derive(Debug)]
pub(crate) struct Tail {
    pub(crate) levels: usize,
    pub(crate) snapshots: u64,
    pub(crate) updates: Latency,
    pub(crate) appends: Latency,
}

/// Seconds.
#[derive(Debug)]
pub(crate) struct Latency {
    pub(crate) count: usize,
    pub(crate) p50: f64,
    pub(crate) p999: f64,
}

impl Latency {
    fn of(mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        let at = |thousandth: usize| latencies[latencies.len() * thousandth / 1_000].as_secs_f64();
        Self {
            count: latencies.len(),
            p50: at(500),
            p999: at(999),
        }
    }
}

pub(crate) fn measure() -> Tail {
    let seconds = std::env::var("TAIL_SECONDS");
    let seconds = seconds.map_or(SECONDS, |seconds| seconds.parse().expect("a number"));
    let turns = if is_smoke_test() { 1 } else { seconds };
    let levels = scaled(LEVELS);
    let directory = raw::directory();
    let log = directory.path().join("log");
    let opened = Engine::open(shop::files(&log), Settings::default());
    let Opened {
        mut engine,
        snapshotter,
        ..
    } = opened.expect("the log is new");
    shop::stock(&mut engine, levels, 1);
    let sales = |caller| Sales::of(levels).with_keys_from(caller * KEYS_OF_CALLER);
    let mut of_snapshots = sales(CALLERS);
    let sold = engine.submit(&of_snapshots.requests(CALLERS));
    assert!(sold.expect("durable").iter().all(Result::is_ok));
    let lines = raw::last_lines(&log, CALLERS as usize);
    let mut file = RawFile::create(directory.path());
    let writer = Writer::start(engine, WriterLimits::default()).expect("the system has a thread");
    let mut callers: Vec<_> = (0..CALLERS).map(sales).collect();
    let (working, over) = mpsc::channel::<()>();
    let (snapshots, updates, appends) = thread::scope(|scope| {
        let writer = &writer;
        let snapshots =
            scope.spawn(move || take_snapshots(snapshotter, writer, of_snapshots, &over));
        let (mut updates, mut appends) = (Vec::new(), Vec::new());
        for _ in 0..turns {
            update(writer, &mut callers, &mut updates);
            append(&mut file, &lines, &mut appends);
        }
        drop(working);
        let snapshots = snapshots.join().expect("there is room");
        (snapshots, updates, appends)
    });
    Tail {
        levels,
        snapshots,
        updates: Latency::of(updates),
        appends: Latency::of(appends),
    }
}

/// Takes snapshots until it is over: each of a sale more, since nothing is saved of what is saved already.
fn take_snapshots(
    mut snapshotter: Snapshotter,
    writer: &Writer,
    mut sales: Sales,
    over: &mpsc::Receiver<()>,
) -> u64 {
    let mut taken = 0;
    while over.try_recv() == Err(TryRecvError::Empty) {
        writer.submit_and_wait(sales.requests(1)).expect("durable");
        snapshotter.save().expect("there is room");
        taken += 1;
    }
    taken
}

/// Lets each caller sell for a turn, one unit at a time.
fn update(writer: &Writer, callers: &mut [Sales], latencies: &mut Vec<Duration>) {
    thread::scope(|scope| {
        let callers: Vec<_> = callers
            .iter_mut()
            .map(|sales| {
                scope.spawn(move || {
                    repeat(|| {
                        let requests = sales.requests(1);
                        let start = Instant::now();
                        writer.submit_and_wait(requests).expect("durable");
                        start.elapsed()
                    })
                })
            })
            .collect();
        for caller in callers {
            latencies.extend(caller.join().expect("a caller does not panic"));
        }
    });
}

/// Appends a line for each caller for a turn, and syncs.
fn append(file: &mut RawFile, lines: &[u8], latencies: &mut Vec<Duration>) {
    latencies.extend(repeat(|| file.append(lines, 1)));
}

/// How long each of them took that began within a turn.
fn repeat(mut act: impl FnMut() -> Duration) -> Vec<Duration> {
    let start = Instant::now();
    let mut latencies = Vec::new();
    while start.elapsed() < TURN {
        latencies.push(act());
    }
    latencies
}
