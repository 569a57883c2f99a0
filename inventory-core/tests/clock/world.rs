//! A shop with a clock that is set by hand.

use std::sync::Arc;

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::{
    Answer, Engine, EngineError, EngineTime, OpenError, Opened, Settings, Snapshotter,
};
use inventory_core::machine::{Command, Commit, Hold, Ledger, Request, ReservationState};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{Clock, Ports};
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{ReservationId, Span, Timestamp, Ttl, Units};

pub(crate) const SECOND: u64 = 1_000;
pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;
pub(crate) const YEAR: u64 = 365 * DAY;

/// 2026-01-01T00:00:00.000Z.
const START_MS: u64 = 1_767_225_600_000;

pub(crate) struct World {
    pub(crate) storage: MemoryStorage,
    pub(crate) clock: ManualClock,
    pub(crate) engine: Engine,
    pub(crate) snapshotter: Snapshotter,
}

/// So long after the start.
pub(crate) fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(START_MS + millis).unwrap()
}

pub(crate) fn open(
    storage: &MemoryStorage,
    clock: &ManualClock,
    settings: Settings,
) -> Result<Opened, OpenError> {
    let ports = Ports {
        clock: Arc::new(clock.clone()),
        ..storage.ports()
    };
    Engine::open(ports, settings)
}

impl World {
    /// A shop that has ten units of tea.
    pub(crate) fn new() -> Self {
        let (storage, clock) = (MemoryStorage::new(), ManualClock::at(at(0)));
        let opened = open(&storage, &clock, Settings::default()).unwrap();
        let mut world = Self {
            storage,
            clock,
            engine: opened.engine,
            snapshotter: opened.snapshotter,
        };
        world.done("opening", vec![count("tea", "north", 10)]);
        world
    }

    /// Ends the engine, and opens another one on the same storage.
    pub(crate) fn reopen(&mut self, settings: Settings) -> Result<(), OpenError> {
        let opened = open(&self.storage, &self.clock, settings)?;
        self.engine = opened.engine;
        self.snapshotter = opened.snapshotter;
        Ok(())
    }

    pub(crate) fn ask(&mut self, key: &str, commands: Vec<Command>) -> Result<Answer, EngineError> {
        let request = Request::new(key.parse().unwrap(), commands).unwrap();
        let mut answers = self.engine.submit([&request])?;
        Ok(answers.remove(0))
    }

    /// Asks for what must be done now.
    pub(crate) fn done(&mut self, key: &str, commands: Vec<Command>) {
        let receipt = self.ask(key, commands).unwrap().unwrap();
        assert!(!receipt.replayed, "{key} was used before");
    }

    /// Sells one unit of tea, and says whether that had been done under the key before.
    pub(crate) fn sell(&mut self, key: &str) -> bool {
        let receipt = self.ask(key, vec![adjust("tea", "north", -1)]);
        receipt.unwrap().unwrap().replayed
    }

    /// How far the clock is ahead when a sale is refused for it.
    pub(crate) fn refused(&mut self, key: &str) -> Span {
        let head = self.engine.reader().head();
        let refused = self.ask(key, vec![adjust("tea", "north", -1)]).unwrap_err();
        assert!(refused.engine_goes_on() && !refused.outcome_is_unknown());
        assert_eq!(self.engine.reader().head(), head, "nothing was done");
        let EngineError::ClockLeapt(leap) = refused else {
            panic!("{refused}");
        };
        leap.ahead
    }

    /// Lets real time pass as it is seen by somebody who looks at the clock every second.
    pub(crate) fn watch(&self, millis: u64) {
        for _ in 0..millis / SECOND {
            self.clock.advance_millis(SECOND);
            self.time();
        }
        self.clock.advance_millis(millis % SECOND);
        self.time();
    }

    /// Sets the clock ahead, while no time passes.
    pub(crate) fn leap(&self, millis: u64) {
        self.clock.leap_to(self.clock.now().plus_millis(millis));
    }

    pub(crate) fn time(&self) -> EngineTime {
        self.engine.reader().time()
    }

    pub(crate) fn available(&self) -> u64 {
        let tea = "tea".parse().unwrap();
        let read = |ledger: &Ledger| ledger.product(&tea).unwrap().total().units();
        self.engine.reader().read(read)
    }

    /// What has become of a reservation, once what is due has ended.
    pub(crate) fn state(&mut self, reservation: &str) -> ReservationState {
        self.engine.submit([]).unwrap();
        let id: ReservationId = reservation.parse().unwrap();
        let read = |ledger: &Ledger| ledger.reservation(&id).unwrap().state;
        self.engine.reader().read(read)
    }
}

/// Holds one unit of tea.
pub(crate) fn hold(reservation: &str, seconds: u64) -> Vec<Command> {
    let hold = Hold {
        reservation: reservation.parse().unwrap(),
        product: "tea".parse().unwrap(),
        store: "north".parse().unwrap(),
        quantity: Units::new(1).unwrap(),
        ttl: Ttl::new(seconds).unwrap(),
    };
    vec![hold.into()]
}

pub(crate) fn commit(reservation: &str) -> Vec<Command> {
    let reservation = reservation.parse().unwrap();
    let commit = Commit {
        reservation,
        lines: None,
    };
    vec![commit.into()]
}
