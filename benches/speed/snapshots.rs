//! What snapshots write, beside what the log does: bytes, so that the machine does not matter.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::ports::{Observation, Observer, Ports};

use crate::arguments::scaled;
use crate::raw;
use crate::shop::{self, keyed, sale};

pub(crate) const NAME: &str = "snapshots";

/// How often central looks whether a snapshot is due.
const INTERVAL: Duration = Duration::from_secs(10);
/// Ten minutes, one sale a second.
const INTERVALS: u32 = 60;
const SALES: u64 = 10;

/// Bytes that were written while a large shop sold little.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) levels: usize,
    pub(crate) sales: u64,
    pub(crate) log_bytes: u64,
    pub(crate) snapshot_bytes: u64,
    /// What one snapshot takes.
    pub(crate) one_bytes: u64,
}

/// Adds up what snapshots take.
#[derive(Debug, Default)]
struct Sum(AtomicU64);

impl Observer for Sum {
    fn observe(&self, observation: &Observation<'_>) {
        if let Observation::SnapshotSaved { bytes, .. } = observation {
            self.0.fetch_add(*bytes, Ordering::Relaxed);
        }
    }
}

/// Lives through ten minutes as central does, without waiting for them.
pub(crate) fn measure() -> Written {
    let levels = scaled(1_000_000);
    let directory = raw::directory();
    let log = directory.path().join("log");
    let sum = Arc::new(Sum::default());
    let observer: Arc<dyn Observer> = Arc::<Sum>::clone(&sum);
    let ports = Ports {
        observer,
        ..shop::files(&log)
    };
    let Opened {
        mut engine,
        mut snapshotter,
        ..
    } = Engine::open(ports, Settings::default()).expect("the log is new");
    shop::stock(&mut engine, levels, 1);
    snapshotter.save().expect("there is room");
    let one_bytes = sum.0.load(Ordering::Relaxed);
    let log_before = log_bytes(&log);
    let mut age = Duration::ZERO;
    let mut sales = 0;
    for _ in 0..INTERVALS {
        for _ in 0..SALES {
            let request = keyed(sales, vec![sale(sales as usize % levels)]);
            engine.submit([&request]).expect("durable");
            sales += 1;
        }
        age += INTERVAL;
        if snapshotter.is_due(age).expect("the log can be read") {
            snapshotter.save().expect("there is room");
            age = Duration::ZERO;
        }
    }
    Written {
        levels,
        sales,
        log_bytes: log_bytes(&log) - log_before,
        snapshot_bytes: sum.0.load(Ordering::Relaxed) - one_bytes,
        one_bytes,
    }
}

/// Bytes of all records, without the room that is kept behind those of the active segment.
fn log_bytes(log: &Path) -> u64 {
    let records = |segment: &Vec<u8>| {
        let last = segment.iter().rposition(|byte| !matches!(byte, b'\n' | 0));
        last.map_or(0, |last| last as u64 + 1)
    };
    raw::log_files(log).iter().map(records).sum()
}
