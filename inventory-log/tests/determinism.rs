//! Determinism: the same requests at the same times leave the same bytes, in the log and in the snapshot.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::Request;
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::Timestamp;
use inventory_log::file::{FileOptions, open_on};
use inventory_log::testing::SimDisk;

/// Every file that a run leaves, with its content. The seed decides what is random: the epoch.
fn files(seed: u64) -> Vec<(String, Vec<u8>)> {
    let disk = SimDisk::new(seed);
    let clock = ManualClock::at(Timestamp::from_millis(1_483_271_606_000).unwrap());
    let options = FileOptions::default()
        .with_segment_bytes(2_000)
        .with_reserve_bytes(1_024)
        .with_prefill_bytes(512);
    let store = open_on(Arc::new(disk.clone()), &clock, options).unwrap();
    let mut ports = store.into_ports();
    ports.clock = Arc::new(clock);
    let Opened {
        mut engine,
        mut snapshotter,
        ..
    } = Engine::open(ports, Settings::default()).unwrap();
    for round in 0..20 {
        let request = |name: &str, lines| {
            let key = format!("{name}-{round}").parse().unwrap();
            Request::new(key, lines).unwrap()
        };
        let group = [
            request(
                "count",
                vec![count("tea", "north", 5), count("rice", "south", 7)],
            ),
            request(
                "sale",
                vec![adjust("tea", "north", -2), adjust("rice", "south", -1)],
            ),
            request("refused", vec![adjust("tea", "north", -9)]),
        ];
        let answers = engine.submit(&group).unwrap();
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 2);
        if round == 12 {
            snapshotter.save().unwrap();
        }
    }
    drop((engine, snapshotter));
    let names = disk.names().into_iter();
    names
        .map(|name| (name.clone(), disk.content(&name).unwrap()))
        .collect()
}

#[test]
fn the_same_requests_leave_the_same_bytes() {
    let files_of_one = files(7);
    let logs = files_of_one
        .iter()
        .filter(|(name, _)| name.contains(".log."));
    assert!(logs.count() > 2, "several segments are compared");
    assert!(files_of_one.iter().any(|(name, _)| name == "state.json"));
    assert_eq!(files_of_one, files(7));
    assert_ne!(files_of_one, files(8), "another log has another epoch");
}
