//! Large snapshots: one thread reads while another takes over what was read.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use inventory_core::conformance::{adjust, assert_same_image};
use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::Request;
use inventory_core::ports::{Clock, Ports};
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::Timestamp;
use inventory_log::file::{FileOptions, open_on};
use inventory_log::testing::SimDisk;

/// Products, each written under a key: more than two megabytes of snapshot.
const PRODUCTS: usize = 8_000;

/// Bits that are flipped, all over the file.
const FLIPS: usize = 60;

fn start(disk: &SimDisk) -> Opened {
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH.plus_millis(1_000));
    let store = open_on(Arc::new(disk.clone()), &clock, FileOptions::default()).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(clock);
    let ports = Ports {
        clock,
        ..store.into_ports()
    };
    Engine::open(ports, Settings::default()).unwrap()
}

fn filled() -> SimDisk {
    let disk = SimDisk::new(1);
    let Opened {
        mut engine,
        mut snapshotter,
        ..
    } = start(&disk);
    let write = |number: usize| {
        let key = format!("basket-{number:07}").parse().unwrap();
        let product = format!("product-{number:07}");
        let lines = vec![adjust(&product, "north", 3), adjust("tea", "south", 1)];
        Request::new(key, lines).unwrap()
    };
    let requests: Vec<_> = (0..PRODUCTS).map(write).collect();
    for group in requests.chunks(1_000) {
        assert!(engine.submit(group).unwrap().iter().all(Result::is_ok));
    }
    snapshotter.save().unwrap();
    disk
}

#[test]
fn a_large_snapshot_is_read_back_or_passed_over() {
    let disk = filled();
    let whole = disk.content("state.json").unwrap();
    assert!(whole.len() > 2 << 20, "{} bytes", whole.len());
    let expected = {
        let Opened { engine, report, .. } = start(&disk);
        assert!(report.from_snapshot.is_some() && report.events_replayed == 0);
        engine.reader().image()
    };
    let mut passed_over = 0;
    for flip in 0..FLIPS {
        let mut content = whole.clone();
        let at = flip * (whole.len() - 1) / (FLIPS - 1);
        content[at] ^= 1 << (flip % 7);
        disk.put("state.json", content);
        let Opened { engine, report, .. } = start(&disk);
        assert_same_image(&engine.reader().image(), &expected);
        passed_over += usize::from(report.from_snapshot.is_none());
    }
    assert_eq!(passed_over, FLIPS, "no flipped bit is believed");
}
