//! Reservations end on time: exactly for whoever asks, in portions for everybody else.

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
    storage: MemoryStorage,
    clock: ManualClock,
    engine: Engine,
}

impl World {
    fn new() -> Self {
        let storage = MemoryStorage::new();
        let clock = ManualClock::at(at(0));
        let engine = open(&storage, &clock);
        Self {
            storage,
            clock,
            engine,
        }
    }

    fn submit(&mut self, commands: Vec<Command>) -> Result<(), Rejection> {
        let request = Request::unkeyed(commands).unwrap();
        let answer = self.engine.submit([&request]).unwrap().remove(0);
        answer.map(|receipt| assert!(!receipt.replayed))
    }

    fn read<R>(&self, look: impl FnOnce(&Ledger) -> R) -> R {
        self.engine.reader().read(look)
    }

    fn state(&self, reservation: &str) -> ReservationState {
        self.read(|ledger| ledger.reservation(&id(reservation)).unwrap().state)
    }

    fn head(&self) -> u64 {
        self.engine.reader().head().sequence.number()
    }

    fn reopen(&mut self) {
        self.engine = open(&self.storage, &self.clock);
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
fn what_is_due_expires_in_the_log_before_the_request_that_sees_it() {
    let mut world = World::new();
    world.submit(vec![count("tea", "north", 1)]).unwrap();
    world.submit(vec![hold("r1", "tea", 1, 1)]).unwrap();
    world.clock.set(at(1_001));
    world.submit(vec![adjust("tea", "north", -1)]).unwrap();
    let mut log = world.engine.reader().subscribe(Sequence::START);
    let entries = log.take(usize::MAX).unwrap();
    let events = entries.iter().flat_map(|entry| &entry.events);
    let types: Vec<_> = events.map(|event| event.type_name()).collect();
    let expected = ["StockCounted", "StockHeld", "HoldExpired", "StockDecreased"];
    assert_eq!(types, expected);
    assert_eq!(entries[2].intent, None);
}

#[test]
fn many_that_are_due_at_once_hold_up_nobody_who_does_not_see_them() {
    const RESERVATIONS: u64 = 5_000;
    let mut world = World::new();
    for number in 0..RESERVATIONS {
        let product = format!("p{}", number % 100);
        let stocked = count(&product, "north", 1_000_000);
        let held = hold(&format!("r{number}"), &product, 3, 60);
        world.submit(vec![stocked, held]).unwrap();
    }
    world.clock.set(at(60_001));
    let before = world.head();
    world.submit(vec![count("tea", "north", 1)]).unwrap();
    let portion = world.head() - before - 1;
    assert!((1..1_000).contains(&portion), "{portion} expired beside it");
    // A request that sees them finds none held, whatever the order of their deadlines.
    world
        .submit(vec![adjust("p99", "north", -1_000_000)])
        .unwrap();
    assert_eq!(world.state("r99"), ReservationState::Expired);
    assert_eq!(world.state("r4999"), ReservationState::Expired);
    let left = world.read(Ledger::open_reservations);
    assert!(left > 0, "the others still wait");
    world.reopen();
    assert_eq!(world.read(Ledger::open_reservations), left);
    while world.read(Ledger::next_deadline).is_some() {
        world.engine.submit([]).unwrap();
    }
    let reserved: Vec<_> = world.read(|ledger| {
        let levels = ledger.products().flat_map(|product| product.levels());
        levels.map(|(_, level)| level.reserved().units()).collect()
    });
    assert!(reserved.iter().all(|&units| units == 0));
    assert_eq!(world.read(Ledger::open_reservations), 0);
}

#[test]
fn one_product_with_many_due_reservations_is_cleared_by_the_first_who_asks() {
    const RESERVATIONS: u64 = 20_000;
    let mut world = World::new();
    world
        .submit(vec![count("tea", "north", RESERVATIONS)])
        .unwrap();
    let holds = (0..RESERVATIONS).map(|number| hold(&format!("r{number}"), "tea", 1, 60));
    world.submit(holds.collect()).unwrap();
    world.clock.set(at(60_001));
    let all = adjust("tea", "north", -(RESERVATIONS as i64));
    world.submit(vec![all]).unwrap();
    assert_eq!(world.read(Ledger::open_reservations), 0);
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
