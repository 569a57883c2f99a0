//! Start in a backlog: levels have set free what many reservations held, and these have not ended yet.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::panic::catch_unwind;
use std::sync::Arc;

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::{Command, Hold, Ledger, Request};
use inventory_core::ports::{Clock, Ports};
use inventory_core::testing::{Defect, ManualClock, with};
use inventory_core::vocabulary::{Timestamp, Ttl, Units};
use inventory_log::file::{FileOptions, open_on};
use inventory_log::testing::SimDisk;

/// More than end with a few groups.
const HOLDS: u64 = 1_000;

fn start(disk: &SimDisk, clock: &ManualClock) -> Opened {
    let store = open_on(Arc::new(disk.clone()), clock, FileOptions::default()).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let ports = Ports {
        clock,
        ..store.into_ports()
    };
    Engine::open(ports, Settings::default()).unwrap()
}

fn ask(engine: &mut Engine, command: Command) -> bool {
    let request = Request::unkeyed(vec![command]).unwrap();
    engine.submit([&request]).unwrap()[0].is_ok()
}

fn hold(number: u64) -> Command {
    Command::Hold(Hold {
        reservation: format!("r{number}").parse().unwrap(),
        product: "tea".parse().unwrap(),
        store: "north".parse().unwrap(),
        quantity: Units::new(1).unwrap(),
        ttl: Ttl::new(60).unwrap(),
    })
}

/// How many units can be sold in all, of as many as there are.
fn sold_over_a_start_in_a_backlog() -> u64 {
    let disk = SimDisk::new(1);
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH.plus_millis(1_000));
    let Opened {
        mut engine,
        mut snapshotter,
        ..
    } = start(&disk, &clock);
    assert!(ask(&mut engine, count("tea", "north", HOLDS)));
    let holds = (0..HOLDS).map(|number| Request::unkeyed(vec![hold(number)]).unwrap());
    let holds: Vec<_> = holds.collect();
    assert!(engine.submit(&holds).unwrap().iter().all(Result::is_ok));
    clock.advance_millis(60_001);
    assert!(ask(&mut engine, adjust("tea", "north", -1)));
    // Somebody is promised one meanwhile, who is no part of what was due.
    assert!(ask(&mut engine, hold(HOLDS)));
    snapshotter.save().unwrap();
    drop((engine, snapshotter));

    let Opened { mut engine, .. } = start(&disk, &clock);
    let open = |engine: &Engine| engine.reader().read(Ledger::open_reservations);
    assert!(open(&engine) > 100, "the others are still to end");
    while open(&engine) > 1 {
        engine.submit([]).unwrap();
    }
    let mut sold = 1;
    while ask(&mut engine, adjust("tea", "north", -1)) {
        sold += 1;
    }
    sold
}

#[test]
fn a_start_in_a_backlog_sets_nothing_free_twice() {
    assert_eq!(sold_over_a_start_in_a_backlog(), HOLDS - 1);
}

#[test]
fn a_snapshot_without_what_has_lapsed_is_noticed() {
    let sold = catch_unwind(|| {
        with(
            Defect::LapsedLeftOutOfSnapshot,
            sold_over_a_start_in_a_backlog,
        )
    });
    assert!(!matches!(sold, Ok(sold) if sold == HOLDS - 1));
}
