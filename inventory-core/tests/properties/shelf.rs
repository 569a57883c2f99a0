//! A shelf that units are really on: people sell, receive, send and promise them, things vanish, and people count. After
//! every count that was taken, the ledger has what is on the shelf.
//!
//! What the ledger should say is never computed here from what it said: the shelf alone knows.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use inventory_core::conformance::adjust;
use inventory_core::engine::{Engine, Opened, Reader, Settings};
use inventory_core::machine::{
    Basis, Command, Commit, Count, Guard, Hold, Receive, Rejection, Release, Request, Ship,
    SyncLevel, SyncRule,
};
use inventory_core::memory::MemoryStorage;
use inventory_core::vocabulary::{Quantity, Sequence, StoreId, Ttl, Units};
use proptest::collection::vec;
use proptest::prelude::*;

const STORES: [&str; 2] = ["north", "south"];

/// What happens in the building.
#[derive(Debug, Clone)]
pub(crate) enum Happens {
    /// At a store, so many units leave it through a till, if they are there.
    Sold(usize, u64),
    Delivered(usize, u64),
    /// Several tills in one request.
    SoldTogether(usize, u64),
    /// A customer is promised units.
    Promised(usize, u64),
    /// The oldest promise is kept, or given back.
    Kept(bool),
    /// Units are sent to the other store, and arrive at once.
    Sent(usize, u64),
    /// Units are gone, and nobody knows. Only while nobody counts: no count can tell when they went.
    Vanished(usize, u64),
    /// A person begins to count.
    Begins(usize),
    /// A person says what they found, from the oldest on, on another device at the same time when they have two.
    Says(usize, bool),
    /// Somebody looks and says so at once.
    Counted(usize),
    /// The nightly synchronisation says what is really there.
    Overwritten(usize),
    /// The program is started anew.
    Restarted,
}

fn happens() -> impl Strategy<Value = Happens> {
    let (store, units) = (0..STORES.len(), 1..4_u64);
    prop_oneof![
        4 => (store.clone(), units.clone()).prop_map(|(at, units)| Happens::Sold(at, units)),
        2 => (store.clone(), units.clone()).prop_map(|(at, units)| Happens::Delivered(at, units)),
        1 => (store.clone(), units.clone()).prop_map(|(at, units)| Happens::SoldTogether(at, units)),
        2 => (store.clone(), units.clone()).prop_map(|(at, units)| Happens::Promised(at, units)),
        1 => any::<bool>().prop_map(Happens::Kept),
        1 => (store.clone(), units.clone()).prop_map(|(at, units)| Happens::Sent(at, units)),
        3 => (store.clone(), units).prop_map(|(at, units)| Happens::Vanished(at, units)),
        4 => store.clone().prop_map(Happens::Begins),
        4 => (0..3_usize, any::<bool>()).prop_map(|(who, twice)| Happens::Says(who, twice)),
        1 => store.clone().prop_map(Happens::Counted),
        1 => store.prop_map(Happens::Overwritten),
        1 => Just(Happens::Restarted),
    ]
}

/// A person who counts, what they have found, and when they began.
struct Counting {
    store: usize,
    found: u64,
    began: Sequence,
}

struct Building {
    storage: MemoryStorage,
    engine: Engine,
    shelves: [u64; STORES.len()],
    /// Store and units of each promise, the oldest first, by the number in its name.
    promises: Vec<(usize, u64, usize)>,
    counting: Vec<Counting>,
    names: usize,
    taken: usize,
}

impl Building {
    fn new() -> Self {
        let storage = MemoryStorage::new();
        Self {
            engine: open(&storage),
            storage,
            shelves: [0; STORES.len()],
            promises: Vec::new(),
            counting: Vec::new(),
            names: 0,
            taken: 0,
        }
    }

    fn step(&mut self, happens: &Happens) {
        match *happens {
            Happens::Sold(at, units) if units <= self.shelves[at] => {
                if self
                    .ask(vec![adjust("tea", STORES[at], -(units as i64))])
                    .is_ok()
                {
                    self.shelves[at] -= units;
                }
            }
            Happens::SoldTogether(at, units) if units < self.shelves[at] => {
                let some = adjust("tea", STORES[at], -(units as i64));
                let one = adjust("tea", STORES[at], -1);
                let back = adjust("rice", STORES[at], 1);
                if self.ask(vec![some, back, one]).is_ok() {
                    self.shelves[at] -= units + 1;
                }
            }
            Happens::Delivered(at, units) => {
                let delivered = self.ask(vec![adjust("tea", STORES[at], units as i64)]);
                delivered.expect("there is room");
                self.shelves[at] += units;
            }
            Happens::Promised(at, units) => {
                let name = self.name();
                let hold = Hold {
                    reservation: format!("r{name}").parse().unwrap(),
                    product: "tea".parse().unwrap(),
                    store: store(at),
                    quantity: Units::new(units).unwrap(),
                    ttl: Ttl::MAX,
                };
                if self.ask(vec![hold.into()]).is_ok() {
                    self.promises.push((at, units, name));
                }
            }
            Happens::Kept(kept) => self.keep(kept),
            Happens::Sent(at, units) if units <= self.shelves[at] => self.send(at, units),
            Happens::Vanished(at, units) if self.counting.is_empty() => {
                self.shelves[at] = self.shelves[at].saturating_sub(units);
            }
            Happens::Begins(at) if self.counting.len() < 3 => self.counting.push(Counting {
                store: at,
                found: self.shelves[at],
                began: self.engine.reader().head().sequence,
            }),
            Happens::Says(who, twice) if who < self.counting.len() => {
                let counting = self.counting.remove(who);
                for _ in 0..=usize::from(twice) {
                    self.say(&counting);
                }
            }
            Happens::Counted(at) => {
                let found = self.shelves[at];
                self.count(at, found, Basis::Now(Guard::Unguarded));
            }
            Happens::Overwritten(at) => {
                let set = SyncLevel {
                    product: "tea".parse().unwrap(),
                    store: store(at),
                    on_hand: Quantity::new(self.shelves[at]).unwrap(),
                    rule: SyncRule::Overwrite,
                };
                if self.ask(vec![set.into()]).is_ok() {
                    self.compare(at);
                }
            }
            Happens::Restarted => self.engine = open(&self.storage),
            Happens::Sold(..)
            | Happens::SoldTogether(..)
            | Happens::Sent(..)
            | Happens::Vanished(..)
            | Happens::Begins(_)
            | Happens::Says(..) => {}
        }
    }

    fn keep(&mut self, kept: bool) {
        if self.promises.is_empty() {
            return;
        }
        let (at, units, name) = self.promises.remove(0);
        let reservation = format!("r{name}").parse().unwrap();
        if kept && units <= self.shelves[at] {
            let commit = Commit {
                reservation,
                lines: None,
            };
            // A count may have given it back.
            if self.ask(vec![commit.into()]).is_ok() {
                self.shelves[at] -= units;
            }
        } else {
            let _given_back_before = self.ask(vec![Release { reservation }.into()]);
        }
    }

    fn send(&mut self, at: usize, units: u64) {
        let name = self.name();
        let to = STORES.len() - 1 - at;
        let ship = Ship {
            transfer: format!("t{name}").parse().unwrap(),
            source: store(at),
            destination: store(to),
            product: "tea".parse().unwrap(),
            quantity: Units::new(units).unwrap(),
        };
        let receive = Receive {
            transfer: format!("t{name}").parse().unwrap(),
            lines: None,
        };
        if self.ask(vec![ship.into(), receive.into()]).is_ok() {
            self.shelves[at] -= units;
            self.shelves[to] += units;
        }
    }

    fn say(&mut self, counting: &Counting) {
        let (at, reader) = (counting.store, self.engine.reader());
        match reader.basis_as_of(&"tea".parse().unwrap(), &store(at), counting.began) {
            Ok(basis) => self.count(at, counting.found, basis),
            Err(error) => panic!("{error}, and nothing was buried or purged"),
        }
    }

    fn count(&mut self, at: usize, found: u64, basis: Basis) {
        let count = Count {
            product: "tea".parse().unwrap(),
            store: store(at),
            counted: Quantity::new(found).unwrap(),
            basis,
            release_holds: true,
        };
        if self.ask(vec![count.into()]).is_ok() {
            self.taken += 1;
            self.compare(at);
        }
    }

    fn compare(&self, at: usize) {
        assert_eq!(on_hand(&self.engine.reader(), at), self.shelves[at]);
    }

    fn ask(&mut self, commands: Vec<Command>) -> Result<(), Rejection> {
        let request = Request::unkeyed(commands).unwrap();
        let answers = self.engine.submit([&request]).unwrap();
        answers.into_iter().next().unwrap().map(drop)
    }

    fn name(&mut self) -> usize {
        self.names += 1;
        self.names
    }
}

fn open(storage: &MemoryStorage) -> Engine {
    let Opened { engine, .. } = Engine::open(storage.ports(), Settings::default()).unwrap();
    engine
}

fn store(at: usize) -> StoreId {
    STORES[at].parse().unwrap()
}

fn on_hand(reader: &Reader, at: usize) -> u64 {
    reader.read(|ledger| {
        let product = ledger.product(&"tea".parse().unwrap());
        let level = product.and_then(|product| product.level(&store(at)));
        level.map_or(0, |level| level.on_hand().units())
    })
}

/// What may happen in the building.
pub(crate) fn story() -> impl Strategy<Value = Vec<Happens>> {
    vec(happens(), 1..40)
}

/// Lives through it: panics when a count that was taken is not what the ledger has.
pub(crate) fn play(story: &[Happens]) {
    let mut building = Building::new();
    building.step(&Happens::Delivered(0, 3));
    for happens in story {
        building.step(happens);
    }
}

proptest! {
    #![proptest_config(crate::cases::config())]

    #[test]
    fn after_every_count_the_ledger_has_what_is_on_the_shelf(
        story in story(),
    ) {
        play(&story);
    }
}

#[test]
fn two_people_who_count_at_once_find_what_vanished_once() {
    let mut building = Building::new();
    for happens in [
        Happens::Delivered(0, 12),
        Happens::Vanished(0, 2),
        Happens::Begins(0),
        Happens::Begins(0),
        Happens::Sold(0, 1),
        Happens::Says(0, false),
        Happens::Says(0, false),
    ] {
        building.step(&happens);
    }
    assert_eq!(building.taken, 1, "the second count began too early");
    assert_eq!(on_hand(&building.engine.reader(), 0), 9);
}
