//! A shop whose clock is set by hand, beside a naive model of it.

use std::sync::Arc;

use inventory_core::conformance::assert_same_image;
use inventory_core::engine::{Engine, Settings};
use inventory_core::machine::replica::apply;
use inventory_core::machine::{
    Basis, Command, Commit, Count, Entry, Guard, Hold, Ledger, MovementKind, Request, WindowLimits,
};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::EventLog;
use inventory_core::testing::{ManualClock, Model, Predicted};
use inventory_core::vocabulary::{Quantity, Timestamp, Ttl, Units};

pub(crate) const START: u64 = 1_000;

pub(crate) fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis).expect("a moment soon after 1970")
}

pub(crate) fn hold(reservation: &str, product: &str, seconds: u64) -> Command {
    Command::Hold(Hold {
        reservation: reservation.parse().expect("a plain name"),
        product: product.parse().expect("a plain name"),
        store: "north".parse().expect("a plain name"),
        quantity: Units::new(1).expect("one is something"),
        ttl: Ttl::new(seconds).expect("less than a day"),
    })
}

pub(crate) fn commit(reservation: &str) -> Command {
    Command::Commit(Commit {
        reservation: reservation.parse().expect("a plain name"),
        lines: None,
    })
}

pub(crate) fn release_down_to(product: &str, counted: u64) -> Command {
    Command::Count(Count {
        product: product.parse().expect("a plain name"),
        store: "north".parse().expect("a plain name"),
        counted: Quantity::new(counted).expect("a small number"),
        basis: Basis::Now(Guard::Unguarded),
        release_holds: true,
    })
}

pub(crate) struct Shop {
    storage: MemoryStorage,
    pub(crate) clock: ManualClock,
    pub(crate) engine: Engine,
    model: Model,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let (storage, clock) = (MemoryStorage::new(), ManualClock::at(at(START)));
        let mut ports = storage.ports();
        ports.clock = Arc::new(clock.clone());
        let opened = Engine::open(ports, Settings::default()).expect("an empty storage opens");
        Self {
            storage,
            clock,
            engine: opened.engine,
            model: Model::new(WindowLimits::default()),
        }
    }

    /// Submits a request of its own group. What the model lets expire at once the engine may leave for later, so that
    /// positions differ; what the request is answered must not.
    pub(crate) fn ask(&mut self, commands: Vec<Command>) {
        let request = Request::unkeyed(commands).expect("there are lines");
        let answers = self.engine.submit([&request]).expect("memory never fails");
        let found = match &answers[0] {
            Ok(receipt) => Predicted::applied(&receipt.entry),
            Err(rejection) => Predicted::Refused(rejection.clone()),
        };
        let expected = self.model.submit(&request, self.clock_now());
        match (found, expected) {
            (
                Predicted::Applied { movements, .. },
                Predicted::Applied {
                    movements: expected,
                    ..
                },
            ) => assert_eq!(movements, expected),
            (found, expected) => assert_eq!(found, expected),
        }
    }

    fn clock_now(&self) -> Timestamp {
        use inventory_core::ports::Clock as _;
        self.clock.now()
    }

    pub(crate) fn log(&self) -> Vec<Arc<Entry>> {
        let reader = self.storage.log().reader();
        reader
            .read(reader.floor(), usize::MAX)
            .expect("memory never fails")
    }

    pub(crate) fn open(&self) -> usize {
        self.engine.reader().read(Ledger::open_reservations)
    }

    /// Lets everything expire that is due, and returns how many groups that took.
    pub(crate) fn drain(&mut self) -> usize {
        let mut groups = 0;
        loop {
            let due = self.engine.reader().read(Ledger::next_deadline);
            if due.is_none_or(|deadline| deadline >= self.clock_now()) {
                return groups;
            }
            self.engine.submit([]).expect("memory never fails");
            groups += 1;
        }
    }

    /// The log and the model end in one state, but for the positions at which reservations ended.
    pub(crate) fn audit(&self) {
        let mut replayed = Ledger::new(WindowLimits::default());
        for entry in self.log() {
            assert_eq!(apply(&mut replayed, &entry), Ok(vec![]));
        }
        assert_same_image(&self.engine.reader().image(), &replayed.freeze());
        let (events, expired) = (self.log(), |kind: &MovementKind| {
            matches!(kind, MovementKind::Expired { .. })
        });
        let events = events.iter().flat_map(|entry| entry.events.iter());
        let kinds = events.filter_map(|event| event.movement().map(|it| &it.kind));
        let mut ended: Vec<_> = kinds.filter(|kind| expired(kind)).collect();
        let all = ended.len();
        ended.sort_by_key(|kind| format!("{kind:?}"));
        ended.dedup();
        assert_eq!(ended.len(), all, "each expires once");
    }
}
