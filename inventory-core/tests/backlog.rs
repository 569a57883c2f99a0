//! More reservations are due than expire with one group: nobody who asks can tell in which order they do.

#![cfg(feature = "testing")]

use std::sync::Arc;

use inventory_core::conformance::{adjust, assert_same_image, count};
use inventory_core::engine::{Engine, Settings};
use inventory_core::machine::{
    Basis, Close, Command, Commit, Count, Entry, Extend, Guard, Hold, Kind, Ledger, Receive,
    Release, RemoveAlert, Request, Set, SetAlert, SetRule, Settlement, Ship, Thresholds,
    WindowLimits, follow,
};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::EventLog;
use inventory_core::testing::{Defect, ManualClock, Model, Predicted, with};
use inventory_core::vocabulary::{Quantity, Timestamp, Ttl, Units};

const START: u64 = 1_000;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis).expect("a moment soon after 1970")
}

fn hold(reservation: &str, product: &str, seconds: u64) -> Command {
    Command::Hold(Hold {
        reservation: reservation.parse().expect("a plain name"),
        product: product.parse().expect("a plain name"),
        store: "north".parse().expect("a plain name"),
        quantity: Units::new(1).expect("one is something"),
        ttl: Ttl::new(seconds).expect("less than a day"),
    })
}

fn commit(reservation: &str) -> Command {
    Command::Commit(Commit {
        reservation: reservation.parse().expect("a plain name"),
        lines: None,
    })
}

fn release_down_to(product: &str, counted: u64) -> Command {
    Command::Count(Count {
        product: product.parse().expect("a plain name"),
        store: "north".parse().expect("a plain name"),
        counted: Quantity::new(counted).expect("a small number"),
        basis: Basis::Now(Guard::Unguarded),
        release_holds: true,
    })
}

struct Shop {
    storage: MemoryStorage,
    clock: ManualClock,
    engine: Engine,
    model: Model,
}

impl Shop {
    fn new() -> Self {
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
    fn ask(&mut self, commands: Vec<Command>) {
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

    fn log(&self) -> Vec<Arc<Entry>> {
        let reader = self.storage.log().reader();
        reader
            .read(reader.floor(), usize::MAX)
            .expect("memory never fails")
    }

    fn open(&self) -> usize {
        self.engine.reader().read(Ledger::open_reservations)
    }

    /// Lets everything expire that is due, and returns how many groups that took.
    fn drain(&mut self) -> usize {
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
    fn audit(&self) {
        let mut replayed = Ledger::new(WindowLimits::default());
        for entry in self.log() {
            assert_eq!(follow(&mut replayed, &entry), Ok(vec![]));
        }
        assert_same_image(&self.engine.reader().image(), &replayed.freeze());
        let (events, expired) = (self.log(), |kind: &Kind| {
            matches!(kind, Kind::Expired { .. })
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

#[test]
fn a_request_sees_no_overdue_reservation_of_its_products_and_waits_for_no_other() {
    let mut shop = Shop::new();
    for number in 0..700 {
        let product = format!("product-{number}");
        shop.ask(vec![count(&product, "north", 1)]);
        shop.ask(vec![hold(&format!("r{number}"), &product, 60)]);
    }
    shop.clock.set(at(START + 60_000));
    shop.ask(vec![adjust("product-699", "north", -1)]);
    shop.clock.set(at(START + 60_001));
    shop.ask(vec![adjust("product-699", "north", -1)]);
    let left = shop.open();
    assert!(left > 400, "a portion has expired, not {left}");
    shop.ask(vec![commit("r698")]);
    shop.ask(vec![hold("r697", "product-0", 60)]);
    shop.ask(vec![hold("again", "product-697", 60)]);
    shop.drain();
    assert_eq!(shop.open(), 1, "again");
    shop.audit();
}

#[test]
fn a_product_with_very_many_overdue_reservations_is_free_at_once() {
    let mut shop = Shop::new();
    shop.ask(vec![count("tea", "north", 5_000)]);
    let holds = (0..5_000).map(|number| hold(&format!("r{number}"), "tea", 1 + number % 7));
    let requests = holds.map(|hold| Request::unkeyed(vec![hold]).expect("a line"));
    let requests: Vec<_> = requests.collect();
    shop.engine.submit(&requests).expect("memory never fails");
    assert_eq!(shop.open(), 5_000);
    shop.clock.set(at(START + 7_001));
    let before = shop.log().len();
    let sale = Request::unkeyed(vec![adjust("tea", "north", -5_000)]).expect("a line");
    let answers = shop.engine.submit([&sale]).expect("memory never fails");
    assert!(answers[0].is_ok(), "{answers:?}");
    let written = shop.log().split_off(before);
    let events: usize = written.iter().map(|entry| entry.events.len()).sum();
    assert!(
        events < 100,
        "{events} events for one sale, whose level lapses in one"
    );
    let open = shop.open();
    assert!(open > 4_900, "{open} are still to be said to have ended");
    let lapsed = |shop: &Shop| shop.engine.reader().image().lapsed().count();
    assert_eq!(lapsed(&shop), 1, "an image says whose levels are ahead");
    shop.drain();
    assert_eq!((shop.open(), lapsed(&shop)), (0, 0));
    shop.audit();
}

/// A count that releases reservations writes to products that it does not name, and those had shown units of reservations
/// that were overdue.
#[test]
fn a_count_sees_no_overdue_reservation_of_what_it_releases() {
    let mut shop = Shop::new();
    shop.ask(vec![count("tea", "north", 5), count("rice", "north", 5)]);
    shop.ask(vec![hold("both", "tea", 600), hold("both", "rice", 600)]);
    for number in 0..300 {
        let product = format!("product-{number}");
        shop.ask(vec![count(&product, "north", 1)]);
        shop.ask(vec![hold(&format!("r{number}"), &product, 60)]);
    }
    shop.ask(vec![hold("overdue", "rice", 61)]);
    shop.clock.set(at(START + 61_001));
    shop.ask(vec![release_down_to("tea", 0)]);
    assert!(shop.open() > 0, "the others are still to expire");
    shop.drain();
    assert_eq!(shop.open(), 0);
    shop.audit();
}

#[test]
fn what_was_extended_in_the_group_before_is_not_due() {
    let mut shop = Shop::new();
    shop.ask(vec![count("tea", "north", 400)]);
    for number in 0..300 {
        shop.ask(vec![hold(&format!("r{number}"), "tea", 60)]);
    }
    shop.clock.set(at(START + 60_000));
    let extend = Command::Extend(Extend {
        reservation: "r7".parse().expect("a plain name"),
        ttl: Ttl::new(60).expect("less than a day"),
    });
    shop.ask(vec![extend]);
    shop.clock.set(at(START + 60_001));
    shop.ask(vec![adjust("tea", "north", -400)]);
    shop.ask(vec![adjust("tea", "north", -399)]);
    shop.ask(vec![commit("r7")]);
    shop.drain();
    assert_eq!(shop.open(), 0);
    shop.audit();
}

/// Every command about a product of which something is due that no group has come to yet, and what it must know of.
fn commands() -> Vec<(&'static str, Command)> {
    let product = || "tea".parse().expect("a plain name");
    let store = || "north".parse().expect("a plain name");
    let quantity = |units| Quantity::new(units).expect("a small number");
    let thresholds = Thresholds::new(quantity(1), quantity(2)).expect("one is less than two");
    vec![
        ("adjust", adjust("tea", "north", -3)),
        ("adjust too much", adjust("tea", "north", -4)),
        ("count", count("tea", "north", 2)),
        ("count and release", release_down_to("tea", 0)),
        (
            "set",
            Command::Set(Set {
                product: product(),
                store: store(),
                on_hand: quantity(1),
                rule: SetRule::Overwrite,
            }),
        ),
        ("hold", hold("new", "tea", 60)),
        ("hold again", hold("overdue", "tea", 60)),
        ("commit", commit("held")),
        ("commit what is due", commit("overdue")),
        (
            "release",
            Command::Release(Release {
                reservation: "held".parse().expect("a plain name"),
            }),
        ),
        (
            "release what is due",
            Command::Release(Release {
                reservation: "overdue".parse().expect("a plain name"),
            }),
        ),
        (
            "extend",
            Command::Extend(Extend {
                reservation: "held".parse().expect("a plain name"),
                ttl: Ttl::new(700).expect("less than a day"),
            }),
        ),
        (
            "extend what is due",
            Command::Extend(Extend {
                reservation: "overdue".parse().expect("a plain name"),
                ttl: Ttl::new(700).expect("less than a day"),
            }),
        ),
        (
            "ship",
            Command::Ship(Ship {
                transfer: "all".parse().expect("a plain name"),
                source: store(),
                destination: "south".parse().expect("a plain name"),
                product: product(),
                quantity: Units::new(3).expect("some"),
            }),
        ),
        (
            "receive",
            Command::Receive(Receive {
                transfer: "back".parse().expect("a plain name"),
                lines: None,
            }),
        ),
        (
            "close",
            Command::Close(Close {
                transfer: "back".parse().expect("a plain name"),
                settlement: Settlement::Returned,
            }),
        ),
        (
            "set an alert",
            Command::SetAlert(SetAlert {
                product: product(),
                store: store(),
                thresholds,
            }),
        ),
        (
            "remove an alert",
            Command::RemoveAlert(RemoveAlert {
                product: product(),
                store: store(),
            }),
        ),
    ]
}

/// Asks one command beside a backlog that no group has come to yet.
fn ask_beside_a_backlog(command: Command) {
    let mut shop = Shop::new();
    let one = Quantity::new(1).expect("a small number");
    let thresholds = Thresholds::new(Quantity::ZERO, one).expect("zero is less than one");
    shop.ask(vec![
        count("tea", "north", 5),
        count("tea", "south", 5),
        Command::SetAlert(SetAlert {
            product: "tea".parse().expect("a plain name"),
            store: "north".parse().expect("a plain name"),
            thresholds,
        }),
    ]);
    shop.ask(vec![Command::Ship(Ship {
        transfer: "back".parse().expect("a plain name"),
        source: "south".parse().expect("a plain name"),
        destination: "north".parse().expect("a plain name"),
        product: "tea".parse().expect("a plain name"),
        quantity: Units::new(1).expect("some"),
    })]);
    shop.ask(vec![hold("held", "tea", 600)]);
    let others = (0..320).map(|number| (format!("r{number}"), format!("product-{number}")));
    let lines = others.flat_map(|(reservation, product)| {
        [
            count(&product, "north", 1),
            hold(&reservation, &product, 60),
        ]
    });
    shop.ask(lines.collect());
    // The last that is due: four units of five are held, and one of those for longer.
    for name in ["overdue", "overdue-2", "overdue-3"] {
        shop.ask(vec![hold(name, "tea", 61)]);
    }
    shop.clock.set(at(START + 61_001));
    shop.ask(vec![command]);
    assert!(shop.open() > 100, "there is a backlog still");
    shop.drain();
    shop.audit();
}

#[test]
fn no_command_sees_a_backlog() {
    for (name, command) in commands() {
        eprintln!("{name}");
        ask_beside_a_backlog(command);
    }
}

#[test]
fn a_backlog_that_is_seen_is_noticed() {
    let noticed = |command| {
        std::panic::catch_unwind(|| with(Defect::DueNotSeen, || ask_beside_a_backlog(command)))
            .is_err()
    };
    let names = commands()
        .into_iter()
        .filter(|(_, command)| noticed(command.clone()));
    let names: Vec<_> = names.map(|(name, _)| name).collect();
    // Those that look at what is free, or change it.
    for looks in [
        "adjust",
        "count",
        "count and release",
        "set",
        "hold",
        "commit",
        "release",
        "extend",
        "ship",
        "receive",
        "close",
        "set an alert",
        "remove an alert",
    ] {
        assert!(names.contains(&looks), "{looks} is not among {names:?}");
    }
}
