//! Repair of time: a log that is ahead of the clock is set back on a disk that fails at any call. It is as it was, or set back,
//! and trying again sets it back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::{Engine, Opened, SetBackError, Settings, set_back};
use inventory_core::machine::{Command, Ledger, Request};
use inventory_core::ports::{Clock as _, EventLog as _, Ports};
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{Epoch, Sequence, Timestamp};
use inventory_log::file::{FileOptions, FileStore, OpenError, open_on};
use inventory_log::testing::{Fault, SimDisk};

const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1_000;

/// A few requests fill a segment.
const SMALL: FileOptions = FileOptions::new()
    .with_segment_bytes(1_500)
    .with_reserve_bytes(700)
    .with_prefill_bytes(400);

/// 2026-01-01T00:00:00.000Z.
fn start() -> Timestamp {
    Timestamp::from_millis(1_767_225_600_000).unwrap()
}

fn files(disk: &SimDisk) -> Result<FileStore, OpenError> {
    open_on(Arc::new(disk.clone()), &ManualClock::at(start()), SMALL)
}

fn ports(disk: &SimDisk, clock: &ManualClock) -> Result<Ports, OpenError> {
    let ports = files(disk)?.into_ports();
    let clock = Arc::new(clock.clone());
    Ok(Ports { clock, ..ports })
}

fn opened(disk: &SimDisk, clock: &ManualClock, accept_time: Option<Timestamp>) -> Opened {
    let settings = Settings::default().with_accept_time(accept_time);
    Engine::open(ports(disk, clock).unwrap(), settings).unwrap()
}

/// Asks, and says whether it was the first answer again.
fn ask(engine: &mut Engine, key: &str, command: Command) -> bool {
    let request = Request::new(key.parse().unwrap(), vec![command]).unwrap();
    let mut answers = engine.submit([&request]).unwrap();
    answers.remove(0).unwrap().replayed
}

fn sell(engine: &mut Engine, key: &str) -> bool {
    ask(engine, key, adjust("tea", "north", -1))
}

fn available(ledger: &Ledger) -> u64 {
    let tea = "tea".parse().unwrap();
    ledger.product(&tea).unwrap().total().units()
}

/// A shop that has sold with a clock three years ahead, over some segments and snapshots; the clock is right again.
fn ahead() -> (SimDisk, ManualClock) {
    let (disk, clock) = (SimDisk::new(7), ManualClock::at(start()));
    let mut shop = opened(&disk, &clock, None);
    ask(&mut shop.engine, "opening", count("tea", "north", 100));
    for number in 0..2 {
        for sale in 0..3 {
            sell(&mut shop.engine, &format!("early-{number}-{sale}"));
        }
        shop.snapshotter.save().unwrap();
    }
    sell(&mut shop.engine, "right");
    drop(shop);
    let wild = start().plus_millis(3 * YEAR_MS);
    clock.leap_to(wild);
    let mut shop = opened(&disk, &clock, Some(wild));
    for number in 0..5 {
        sell(&mut shop.engine, &format!("wild-{number}"));
    }
    sell(&mut shop.engine, "last");
    drop(shop);
    clock.leap_to(start().plus_millis(60_000));
    (disk, clock)
}

fn place(disk: &SimDisk) -> (Epoch, Sequence, Timestamp) {
    let store = files(disk).unwrap();
    let head = store.log.head();
    (store.log.epoch(), head.sequence, head.recorded_at)
}

fn repair(disk: &SimDisk, clock: &ManualClock) -> Result<(), String> {
    let ports = ports(disk, clock).map_err(|error| format!("{error:?}"))?;
    match set_back(ports, Settings::default(), clock.now()) {
        Ok(_) | Err(SetBackError::NotAhead { .. }) => Ok(()),
        Err(error) => Err(format!("{error:?}")),
    }
}

/// Everything that was sold is sold, under every key, and the shop goes on at the time that it is.
fn check(disk: &SimDisk, clock: &ManualClock, before: (Epoch, Sequence, Timestamp)) {
    let (epoch, sequence, recorded_at) = place(disk);
    assert_ne!(epoch, before.0);
    assert_eq!((sequence, recorded_at), (before.1, clock.now()));
    let Opened {
        mut engine, report, ..
    } = opened(disk, clock, None);
    assert!(
        report.lost.is_empty() && report.dead_letters == 0,
        "{report:?}"
    );
    assert_eq!(engine.reader().read(available), 87);
    for key in ["early-0-0", "right", "wild-0", "last"] {
        assert!(sell(&mut engine, key), "{key} gets its first answer");
    }
    assert!(!sell(&mut engine, "now"));
    assert_eq!(engine.reader().read(available), 86);
    assert_eq!(engine.reader().head().recorded_at, clock.now());
}

/// Repairs with a fault at call `nth`, which ends the process; says whether the call was reached.
fn interrupted(nth: u64, fault: Fault, power: Option<u64>) -> bool {
    let (whole, clock) = ahead();
    let before = place(&whole);
    let disk = whole.fork();
    let calls = disk.calls();
    disk.arm(None, nth, fault);
    let done = repair(&disk, &clock);
    let reached = disk.calls() - calls >= nth;
    assert!(reached || done.is_ok(), "{done:?}");
    let end = |disk: &SimDisk| match power {
        Some(seed) => disk.power_cut(|unit| (seed >> (unit % 64)) & 1 == 1),
        None => disk.kill(),
    };
    let disk = end(&disk);
    disk.disarm();
    let (epoch, sequence, recorded_at) = place(&disk);
    assert_eq!(sequence, before.1);
    match epoch == before.0 {
        true => assert_eq!(recorded_at, before.2, "it is as it was"),
        false => assert_eq!(recorded_at, clock.now(), "it is set back"),
    }
    repair(&disk, &clock).unwrap();
    check(&end(&disk), &clock, before);
    reached
}

fn every_call(fault: Fault, power: Option<u64>) {
    let mut calls = 0;
    while interrupted(calls + 1, fault, power) {
        calls += 1;
    }
    assert!(calls > 30, "{calls}");
}

#[test]
fn a_repair_that_is_killed_at_any_call_is_repeated() {
    every_call(Fault::Crash, None);
}

#[test]
fn a_repair_that_loses_power_at_any_call_is_repeated() {
    for keeps in [0, u64::MAX, 0x9e37_79b9_7f4a_7c15, 0x6161_6161_9696_9696] {
        every_call(Fault::Crash, Some(keeps));
    }
}

#[test]
fn a_repair_that_meets_a_full_or_failing_disk_is_repeated() {
    for fault in [Fault::NoSpace, Fault::Eio] {
        every_call(fault, None);
    }
}
