//! Write amplification of snapshots: bytes written, compared with those of the log.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use inventory_core::conformance::adjust;
use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::Request;
use inventory_core::ports::{Observation, Observer, Ports};
use inventory_log::file::{FileOptions, open};

const PRODUCTS: usize = 4_000;
const TICK: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// Adds up what snapshots take.
#[derive(Default)]
struct Written(AtomicU64);

impl Observer for Written {
    fn observe(&self, observation: &Observation<'_>) {
        if let Observation::SnapshotSaved { bytes, .. } = observation {
            self.0.fetch_add(*bytes, Ordering::Relaxed);
        }
    }
}

fn start(path: &Path, written: &Arc<Written>) -> Opened {
    let ports = open(path, FileOptions::default()).unwrap().into_ports();
    let observer: Arc<dyn Observer> = Arc::<Written>::clone(written);
    Engine::open(Ports { observer, ..ports }, Settings::default()).unwrap()
}

fn stock(engine: &mut Engine) {
    let names = (0..PRODUCTS).map(|number| format!("product-{number}"));
    let lines: Vec<_> = names.map(|name| adjust(&name, "north", 9)).collect();
    for lines in lines.chunks(1_000) {
        let request = Request::unkeyed(lines.to_vec()).unwrap();
        engine.submit([&request]).unwrap().remove(0).unwrap();
    }
}

fn sell(engine: &mut Engine, sale: usize) {
    let line = adjust(&format!("product-{}", sale % PRODUCTS), "north", -1);
    let request = Request::new(format!("sale-{sale}").parse().unwrap(), vec![line]).unwrap();
    engine.submit([&request]).unwrap().remove(0).unwrap();
}

fn bytes(written: &Written) -> u64 {
    written.0.load(Ordering::Relaxed)
}

/// Bytes of the records in the active segment, without the room that is kept behind them.
fn log_bytes(directory: &Path) -> u64 {
    let content = std::fs::read(directory.join("events.log.jsonl")).unwrap();
    let last = content.iter().rposition(|byte| !matches!(byte, b'\n' | 0));
    last.unwrap() as u64 + 1
}

/// A snapshot was written every ten seconds, whatever had changed: one sale a second had a shop of a million levels write
/// four terabytes a day.
#[test]
fn snapshots_write_a_small_multiple_of_what_the_log_does() {
    let directory = tempfile::tempdir().unwrap();
    let written = Arc::default();
    let Opened {
        mut engine,
        mut snapshotter,
        ..
    } = start(directory.path(), &written);
    stock(&mut engine);
    assert!(
        snapshotter.is_due(TICK).unwrap(),
        "there is none to start from"
    );
    snapshotter.save().unwrap();
    let (snapshots_before, log_before) = (bytes(&written), log_bytes(directory.path()));
    let (mut sold, mut saved) = (0, 0);
    while saved < 3 {
        for _ in 0..10 {
            sell(&mut engine, sold);
            sold += 1;
        }
        if snapshotter.is_due(TICK).unwrap() {
            snapshotter.save().unwrap();
            saved += 1;
        }
    }
    let log = log_bytes(directory.path()) - log_before;
    let snapshots = bytes(&written) - snapshots_before;
    assert!(
        snapshots <= 6 * log,
        "{snapshots} bytes of snapshots beside {log} of log"
    );
}

/// What is replayed after a kill is bounded too: a start that finds more log than that beside its snapshot says at once that
/// one is due.
#[test]
fn a_snapshot_is_due_as_soon_as_the_log_has_outgrown_the_one_that_a_start_found() {
    let directory = tempfile::tempdir().unwrap();
    let written = Arc::default();
    let Opened {
        mut engine,
        mut snapshotter,
        ..
    } = start(directory.path(), &written);
    stock(&mut engine);
    snapshotter.save().unwrap();
    drop((engine, snapshotter));
    let Opened {
        mut engine,
        snapshotter,
        ..
    } = start(directory.path(), &written);
    assert!(!snapshotter.is_due(2 * HOUR).unwrap());
    sell(&mut engine, 0);
    assert!(!snapshotter.is_due(TICK).unwrap());
    assert!(snapshotter.is_due(HOUR).unwrap());
    for sale in 1..1_000 {
        sell(&mut engine, sale);
    }
    assert!(snapshotter.is_due(TICK).unwrap());
}
