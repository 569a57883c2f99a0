//! Minutes or hours at 70 % of the largest rate: does it stay as fast, as small and as open as it was?
//!
//! Sales come when they are due, whether or not the ones before were answered, and a latency counts from then. Snapshots are saved
//! and the log is purged meanwhile, as central does it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use inventory_core::engine::{Engine, Opened, Settings, Snapshotter};
use inventory_core::writer::{NotTaken, Writer, WriterLimits};
use parking_lot::Mutex;

use crate::arguments::{is_smoke_test, scaled};
use crate::memory::resident_bytes;
use crate::shop::{self, Sales};
use crate::soak_chart::{self, Line};
use crate::{raw, shop::files};

pub(crate) const NAME: &str = "soak";

/// The environment variable that says how many seconds it lasts.
const SECONDS: &str = "SOAK_SECONDS";
const SECONDS_DEFAULT: u64 = 600;

const PRODUCTS: usize = 100_000;
/// Events that the log keeps: minutes of them.
const RETAINED: u64 = 1_000_000;
/// Sales under way while the largest rate is looked for, as many as a busy server has.
const UNDER_WAY: usize = 1_024;
const SHARE: f64 = 0.7;
/// How often sales that are due are handed over.
const TICK: Duration = Duration::from_millis(1);
const SNAPSHOT_INTERVAL: Duration = Duration::from_secs(10);

/// How much worse the last quarter may be than the second one.
const RATE_LEAST: f64 = 0.98;
const TAIL_MOST: f64 = 2.0;
const MEMORY_MOST: f64 = 1.1;

/// What one second was like.
#[derive(Debug, Clone, Copy)]
struct Second {
    answered: f64,
    p999_ms: f64,
    resident_mib: f64,
    descriptors: f64,
    disk_mib: f64,
}

/// How it went.
#[derive(Debug)]
pub(crate) struct Soak {
    largest_rate: f64,
    rate: f64,
    seconds: Vec<Second>,
    chart: PathBuf,
}

pub(crate) fn measure() -> Soak {
    let directory = raw::directory();
    let log = directory.path().join("log");
    let settings = Settings::default().with_retain_events(Some(RETAINED));
    let Opened {
        mut engine,
        snapshotter,
        ..
    } = Engine::open(files(&log), settings).expect("the log is new");
    shop::stock(&mut engine, scaled(PRODUCTS), 1);
    let writer = Writer::start(engine, WriterLimits::default()).expect("the system has a thread");
    let mut sales = Sales::of(scaled(PRODUCTS));
    let (ended, end) = mpsc::channel::<()>();
    let (largest_rate, rate, seconds) = thread::scope(|scope| {
        scope.spawn(move || save_until(&end, snapshotter));
        let largest_rate = largest_rate(&writer, &mut sales);
        let rate = largest_rate * SHARE;
        let seconds = run(&writer, &mut sales, rate, &log);
        drop(ended);
        (largest_rate, rate, seconds)
    });
    let chart = Path::new(env!("CARGO_TARGET_TMPDIR")).join("soak.svg");
    let svg = soak_chart::draw(&lines(&seconds));
    fs::write(&chart, svg).expect("the build directory can be written");
    Soak {
        largest_rate,
        rate,
        seconds,
        chart,
    }
}

fn duration() -> u64 {
    if is_smoke_test() {
        return 2;
    }
    let seconds = env::var(SECONDS).map(|seconds| seconds.parse());
    seconds.map_or(SECONDS_DEFAULT, |seconds| {
        seconds.expect("SOAK_SECONDS is a number")
    })
}

/// Saves snapshots when they are due, until the sender is gone.
fn save_until(end: &mpsc::Receiver<()>, mut snapshotter: Snapshotter) {
    let mut saved = Instant::now();
    while end.recv_timeout(SNAPSHOT_INTERVAL) == Err(RecvTimeoutError::Timeout) {
        if snapshotter
            .is_due(saved.elapsed())
            .expect("the log is sound")
        {
            snapshotter.save().expect("there is room");
            saved = Instant::now();
        }
    }
}

/// Durable sales a second while there are always as many under way as a busy server has.
fn largest_rate(writer: &Writer, sales: &mut Sales) -> f64 {
    let (answered, answers) = mpsc::channel();
    let lasts = Duration::from_secs(duration().clamp(1, 10));
    let start = Instant::now();
    let (mut under_way, mut done) = (0, 0_u64);
    while start.elapsed() < lasts || under_way > 0 {
        while under_way < UNDER_WAY && start.elapsed() < lasts {
            let answered = answered.clone();
            let reply = move |answers| drop(answered.send(answers));
            writer
                .submit(sales.requests(1), reply)
                .expect("there is room");
            under_way += 1;
        }
        if under_way > 0 {
            answers.recv().expect("each is answered").expect("durable");
            (under_way, done) = (under_way - 1, done + 1);
        }
    }
    done as f64 / start.elapsed().as_secs_f64()
}

/// Latencies of one second, in microseconds.
type Latencies = Arc<Mutex<Vec<u32>>>;

fn run(writer: &Writer, sales: &mut Sales, rate: f64, log: &Path) -> Vec<Second> {
    let latencies = Latencies::default();
    let start = Instant::now();
    let mut sold = 0_u64;
    let mut seconds = Vec::new();
    for number in 1..=duration() {
        let end = Duration::from_secs(number);
        while start.elapsed() < end {
            while sold as f64 / rate <= start.elapsed().as_secs_f64() {
                let due = start + Duration::from_secs_f64(sold as f64 / rate);
                if !sell(writer, sales, due, &latencies) {
                    break;
                }
                sold += 1;
            }
            thread::park_timeout(TICK);
        }
        let latencies = std::mem::take(&mut *latencies.lock());
        seconds.push(Second::of(latencies, log));
    }
    seconds
}

/// Hands over a sale that was due at a moment. Returns whether there was room for it.
fn sell(writer: &Writer, sales: &mut Sales, due: Instant, latencies: &Latencies) -> bool {
    let latencies = Arc::clone(latencies);
    let reply = move |answers: Result<Vec<_>, _>| {
        assert!(answers.is_ok_and(|answers| answers.iter().all(Result::is_ok)));
        let micros = due.elapsed().as_micros();
        latencies
            .lock()
            .push(u32::try_from(micros).unwrap_or(u32::MAX));
    };
    match writer.submit(sales.requests(1), reply) {
        Ok(()) => true,
        Err(NotTaken::Full) => false,
        Err(other) => panic!("{other}"),
    }
}

impl Second {
    fn of(mut latencies: Vec<u32>, log: &Path) -> Self {
        latencies.sort_unstable();
        let at = (latencies.len() * 999 / 1_000).min(latencies.len().saturating_sub(1));
        let p999 = latencies.get(at).copied().unwrap_or_default();
        Self {
            answered: latencies.len() as f64,
            p999_ms: f64::from(p999) / 1e3,
            resident_mib: resident_bytes() / f64::from(1 << 20),
            descriptors: entries("/proc/self/fd".as_ref()).count() as f64,
            disk_mib: entries(log).sum::<u64>() as f64 / f64::from(1 << 20),
        }
    }
}

/// The sizes of the files of a directory. One that is removed meanwhile has none.
fn entries(directory: &Path) -> impl Iterator<Item = u64> {
    let entries = fs::read_dir(directory).expect("it is there");
    entries.map(|entry| {
        let size = entry.and_then(|entry| entry.metadata());
        size.map_or(0, |metadata| metadata.len())
    })
}

fn lines(seconds: &[Second]) -> [Line<'static>; 5] {
    let line = |name, of: fn(&Second) -> f64| Line {
        name,
        values: seconds.iter().map(of).collect(),
    };
    [
        line("durable sales a second", |second| second.answered),
        line("p99.9 in ms", |second| second.p999_ms),
        line("memory in MiB", |second| second.resident_mib),
        line("open descriptors", |second| second.descriptors),
        line("files in MiB", |second| second.disk_mib),
    ]
}

impl Soak {
    /// What is printed: the last quarter over the second one, since the first fills caches and the window of keys.
    pub(crate) fn summary(&self) -> String {
        let seconds = &self.seconds;
        let quarter = seconds.len().div_ceil(4).max(1);
        let early = &seconds[quarter.min(seconds.len() - 1)..];
        let early = &early[..quarter.min(early.len())];
        let late = &seconds[seconds.len() - quarter..];
        let times = |of: fn(&Second) -> f64| median(late, of) / median(early, of);
        let (rate, tail, memory) = (
            times(|second| second.answered),
            times(|second| second.p999_ms),
            times(|second| second.resident_mib),
        );
        let open = |quarter: &[Second]| median(quarter, |second| second.descriptors);
        let flat = rate >= RATE_LEAST
            && tail <= TAIL_MOST
            && memory <= MEMORY_MOST
            && open(late) <= open(early);
        let met = if flat { "met" } else { "NOT met" };
        format!(
            "\nA soak of {} s at {:.0} durable sales a second, 70 % of {:.0}: the last quarter has {rate:.3}x the rate of the second one (at \
             least {RATE_LEAST}), {tail:.2}x its p99.9 of {:.1} ms (at most {TAIL_MOST}), {memory:.2}x its {:.0} MiB of memory (at most \
             {MEMORY_MOST}), and {:.0} descriptors after {:.0}: {met}. Drawn in {}\n",
            seconds.len(),
            self.rate,
            self.largest_rate,
            median(early, |second| second.p999_ms),
            median(early, |second| second.resident_mib),
            open(late),
            open(early),
            self.chart.display(),
        )
    }
}

fn median(seconds: &[Second], of: impl Fn(&Second) -> f64) -> f64 {
    let mut values: Vec<_> = seconds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
