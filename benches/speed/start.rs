//! A start from a snapshot of a large shop with a full window: how long it takes, and how much memory at most, beside what
//! the ledger keeps.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::Ledger;

use crate::arguments::scaled;
use crate::memory::resident_bytes;
use crate::raw;
use crate::shop::{self, Sales};

pub(crate) const NAME: &str = "start";

/// The environment variable that says which directory to fill, and to do nothing else.
pub(crate) const FILL: &str = "BENCH_START_FILL";

const LEVELS: usize = 1_000_000;

/// As many as the window remembers.
const KEYS: usize = 1_000_000;

/// What a start took.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) levels: usize,
    pub(crate) keys: usize,
    pub(crate) file_bytes: u64,
    pub(crate) took: Duration,
    /// What all its threads have worked: the same on a machine that is busy.
    pub(crate) worked: Duration,
    /// Reading the file, and nothing else: from the page cache, as the start does.
    pub(crate) reading: Duration,
    pub(crate) peak_bytes: f64,
    pub(crate) kept_bytes: f64,
}

pub(crate) fn measure() -> Start {
    let directory = raw::directory();
    let log = directory.path().join("log");
    // By another process, so that this one has no memory to use again that it was given for that.
    let program = std::env::current_exe().expect("the program has a path");
    let filled = Command::new(program).env(FILL, &log).status();
    assert!(filled.expect("the program can be started").success());
    let state = log.join("state.json");
    let start = Instant::now();
    let file_bytes = read_through(&state).expect("there is a snapshot");
    let reading = start.elapsed();

    let before = resident_bytes();
    forget_peak();
    let (start, worked_before) = (Instant::now(), worked());
    let Opened { engine, report, .. } =
        Engine::open(shop::files(&log), Settings::default()).expect("the log is sound");
    let (took, worked) = (start.elapsed(), worked() - worked_before);
    assert!(
        report.from_snapshot.is_some() && report.events_replayed == 0,
        "{report:?}"
    );
    let (peak_bytes, kept_bytes) = (peak_bytes() - before, resident_bytes() - before);
    let reader = engine.reader();
    Start {
        levels: reader.read(Ledger::level_count),
        keys: reader.read(Ledger::key_count),
        file_bytes,
        took,
        worked,
        reading,
        peak_bytes,
        kept_bytes,
    }
}

/// Writes the snapshot that is started from.
pub(crate) fn fill(log: &Path) {
    let Opened {
        mut engine,
        mut snapshotter,
        ..
    } = Engine::open(shop::files(log), Settings::default()).expect("the log is new");
    shop::stock(&mut engine, scaled(LEVELS), 1);
    let mut sales = Sales::of(scaled(LEVELS));
    for _ in 0..scaled(KEYS).div_ceil(8_192) {
        let answers = engine.submit(&sales.requests(8_192)).expect("durable");
        assert!(answers.iter().all(Result::is_ok));
    }
    snapshotter.save().expect("there is room");
}

/// Reads a file in pieces and returns how long it is.
fn read_through(file: &Path) -> io::Result<u64> {
    io::copy(
        &mut BufReader::with_capacity(1 << 20, File::open(file)?),
        &mut io::sink(),
    )
}

/// What the threads of this process have worked so far, in steps of ten milliseconds.
fn worked() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux has it");
    let after_name = stat.rsplit(')').next().expect("it names the program");
    let times = after_name.split_whitespace().skip(11).take(2);
    let ticks: u64 = times
        .map(|ticks| ticks.parse::<u64>().expect("a number"))
        .sum();
    Duration::from_millis(10 * ticks)
}

/// Forgets how much the process had in memory at most until now.
fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("the process may look at itself");
}

/// How much the process had in memory at most since.
fn peak_bytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.expect("it is there").trim().trim_end_matches(" kB");
    kibibytes.parse::<f64>().expect("a number") * 1_024.0
}
