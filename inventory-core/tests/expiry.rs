//! Reservations end at their deadline, and not a moment earlier or later.

#![cfg(feature = "testing")]
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::sync::Arc;

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::{
    Command, Commit, Hold, Ledger, Rejection, Request, ReservationState,
};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::Ports;
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{ReservationId, Sequence, Timestamp, Ttl, Units};

struct World {
    clock: ManualClock,
    engine: Engine,
}

impl World {
    fn new() -> Self {
        let storage = MemoryStorage::new();
        let clock = ManualClock::at(at(0));
        let engine = open(&storage, &clock);
        Self { clock, engine }
    }

    fn submit(&mut self, commands: Vec<Command>) -> Result<(), Rejection> {
        let request = Request::unkeyed(commands).unwrap();
        let answer = self.engine.submit_one(&request).unwrap();
        answer.map(|receipt| assert!(!receipt.replayed))
    }

    fn read<R>(&self, look: impl FnOnce(&Ledger) -> R) -> R {
        self.engine.reader().read(look)
    }

    fn state(&self, reservation: &str) -> ReservationState {
        self.read(|ledger| ledger.reservation(&id(reservation)).unwrap().state)
    }
}

fn open(storage: &MemoryStorage, clock: &ManualClock) -> Engine {
    let ports = Ports {
        clock: Arc::new(clock.clone()),
        ..storage.ports()
    };
    let Opened { engine, .. } = Engine::open(ports, Settings::default()).unwrap();
    engine
}

fn at(millis: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH.plus_millis(1_000_000 + millis)
}

fn id(text: &str) -> ReservationId {
    text.parse().unwrap()
}

fn hold(reservation: &str, product: &str, quantity: u64, seconds: u64) -> Command {
    let hold = Hold {
        reservation: id(reservation),
        product: product.parse().unwrap(),
        store: "north".parse().unwrap(),
        quantity: Units::new(quantity).unwrap(),
        ttl: Ttl::new(seconds).unwrap(),
    };
    hold.into()
}

fn commit(reservation: &str) -> Command {
    let reservation = id(reservation);
    let commit = Commit {
        reservation,
        lines: None,
    };
    commit.into()
}

#[test]
fn a_deadline_is_the_last_moment_at_which_units_are_held() {
    let mut world = World::new();
    world.submit(vec![count("tea", "north", 2)]).unwrap();
    world.submit(vec![hold("r1", "tea", 1, 60)]).unwrap();
    world.submit(vec![hold("r2", "tea", 1, 60)]).unwrap();
    world.clock.set(at(60_000));
    let sale = || vec![adjust("tea", "north", -1)];
    world.submit(sale()).unwrap_err();
    world.submit(vec![commit("r1")]).unwrap();
    world.clock.set(at(60_001));
    let late = world.submit(vec![commit("r2")]).unwrap_err();
    let expected = Rejection::ReservationEnded {
        reservation: id("r2"),
        state: ReservationState::Expired,
    };
    assert_eq!(late, expected);
    world.submit(sale()).unwrap();
}

#[test]
fn what_is_due_is_free_in_the_log_before_the_request_that_sees_it() {
    let mut world = World::new();
    world.submit(vec![count("tea", "north", 1)]).unwrap();
    world.submit(vec![hold("r1", "tea", 1, 1)]).unwrap();
    world.clock.set(at(1_001));
    world.submit(vec![adjust("tea", "north", -1)]).unwrap();
    let mut log = world.engine.reader().subscribe(Sequence::START);
    let entries = log.take(usize::MAX).unwrap();
    let events = entries.iter().flat_map(|entry| &entry.events);
    let types: Vec<_> = events.map(|event| event.type_name()).collect();
    let expected = [
        "StockCounted",
        "StockHeld",
        "HoldsLapsed",
        "HoldExpired",
        "StockDecreased",
    ];
    assert_eq!(types, expected);
    assert_eq!(entries[2].intent, None);
}

#[test]
fn a_clock_that_goes_back_brings_no_reservation_back() {
    let mut world = World::new();
    world.submit(vec![count("tea", "north", 1)]).unwrap();
    world.submit(vec![hold("r1", "tea", 1, 1)]).unwrap();
    world.clock.set(at(1_001));
    world.engine.submit([]).unwrap();
    world.clock.set(at(0));
    world.submit(vec![commit("r1")]).unwrap_err();
    world.submit(vec![hold("r2", "tea", 1, 1)]).unwrap();
    world.clock.set(at(2_002));
    world.engine.submit([]).unwrap();
    assert_eq!(world.state("r2"), ReservationState::Expired);
}
