//! Whatever is lost, nobody gets more units than ever came in: over the history that was damaged and the one after it.
//!
//! Units are counted from outside, from what callers were answered.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::{Engine, Opened};
use inventory_core::machine::{
    Command, Commit, Entry, Hold, Level, Receive, Rejection, Request, Ship,
};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::EventLog;
use inventory_core::testing::{Defect, Shelves, with};
use inventory_core::vocabulary::{Sequence, StoreId, TransferId, Ttl, Units};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngSeed, TestError, TestRunner};

use crate::broken::GappyLog;
use crate::past::ports;
use crate::world::{open, salvage, submit_request};

const PRODUCTS: [&str; 3] = ["tea", "rice", "salt"];
const STORES: [&str; 2] = ["north", "south"];

#[derive(Debug, Clone)]
enum Happens {
    CameIn(&'static str, &'static str, u64),
    Sold(&'static str, &'static str, u64),
    /// Held, and paid at once or later.
    Ordered(&'static str, &'static str, u64, bool),
    Paid,
    Sent(&'static str, &'static str, u64),
    Arrived,
    /// Somebody looks how many are there, at all stores.
    Counted(&'static str),
    /// Somebody looks at one store only.
    CountedAt(&'static str, &'static str),
}

fn happens() -> impl Strategy<Value = Happens> {
    let level = (select(&PRODUCTS[..]), select(&STORES[..]), 1..4_u64);
    prop_oneof![
        3 => level.clone().prop_map(|(p, s, units)| Happens::CameIn(p, s, units)),
        4 => level.clone().prop_map(|(p, s, units)| Happens::Sold(p, s, units)),
        2 => (level.clone(), any::<bool>()).prop_map(|((p, s, n), paid)| Happens::Ordered(p, s, n, paid)),
        1 => Just(Happens::Paid),
        1 => level.clone().prop_map(|(p, s, units)| Happens::Sent(p, s, units)),
        1 => level.prop_map(|(p, s, _)| Happens::CountedAt(p, s)),
        1 => Just(Happens::Arrived),
        1 => select(&PRODUCTS[..]).prop_map(Happens::Counted),
    ]
}

/// What is lost of the log: stretches of it, each from a share of its length on.
#[derive(Debug, Clone)]
struct Lost {
    stretches: Vec<(f64, usize)>,
    /// As of which share of the log there is a snapshot; none when that is lost too.
    snapshot: Option<f64>,
    /// Whether the log begins where the snapshot was taken.
    purged: bool,
}

fn lost() -> impl Strategy<Value = Lost> {
    let stretches = vec((0.0..1.0, 1..8_usize), 1..3);
    (stretches, proptest::option::of(0.0..1.0), any::<bool>()).prop_map(
        |(stretches, snapshot, purged)| Lost {
            stretches,
            snapshot,
            purged,
        },
    )
}

/// Units as the people in the building know them.
#[derive(Default)]
struct Shop {
    names: usize,
    orders: Vec<(usize, &'static str, &'static str, u64)>,
    transfers: Vec<(usize, &'static str, &'static str, u64)>,
    shelves: Shelves,
}

impl Shop {
    fn step(&mut self, engine: &mut Engine, happens: &Happens) {
        match *happens {
            Happens::CameIn(product, store, units) => {
                // Where it is not taken, it is not brought in.
                if ask(engine, vec![adjust(product, store, units as i64)]).is_ok() {
                    self.move_units(product, store, units as i64);
                }
            }
            Happens::Sold(product, store, units) => {
                if ask(engine, vec![adjust(product, store, -(units as i64))]).is_ok() {
                    self.move_units(product, store, -(units as i64));
                }
            }
            Happens::Ordered(product, store, units, paid) => {
                self.names += 1;
                let hold = Hold {
                    reservation: format!("r{}", self.names).parse().unwrap(),
                    product: product.parse().unwrap(),
                    store: store.parse().unwrap(),
                    quantity: Units::new(units).unwrap(),
                    ttl: Ttl::MAX,
                };
                if ask(engine, vec![hold.into()]).is_ok() {
                    self.orders.push((self.names, product, store, units));
                    if paid {
                        self.pay(engine);
                    }
                }
            }
            Happens::Paid => self.pay(engine),
            Happens::Sent(product, store, units) => {
                self.names += 1;
                let source: StoreId = store.parse().unwrap();
                let to = STORES.into_iter().find(|to| *to != store).unwrap();
                let ship = Ship {
                    transfer: transfer(self.names),
                    source,
                    destination: to.parse().unwrap(),
                    product: product.parse().unwrap(),
                    quantity: Units::new(units).unwrap(),
                };
                if ask(engine, vec![ship.into()]).is_ok() {
                    self.move_units(product, store, -(units as i64));
                    self.transfers.push((self.names, product, to, units));
                }
            }
            Happens::Arrived if !self.transfers.is_empty() => {
                let (name, product, to, units) = self.transfers[0];
                let receive = Receive {
                    transfer: transfer(name),
                    lines: None,
                };
                // Somebody says so again when they are not sure that they did.
                let answered = ask(engine, vec![receive.into()]);
                if answered.is_ok() {
                    self.move_units(product, to, units as i64);
                } else {
                    self.transfers.remove(0);
                }
            }
            Happens::Arrived => {}
            Happens::Counted(product) => {
                let found =
                    STORES.map(|store| count(product, store, self.shelves.units(product, store)));
                // Less may be there than is promised to somebody.
                let _taken_or_not = ask(engine, found.to_vec());
            }
            Happens::CountedAt(product, store) => {
                let found = count(product, store, self.shelves.units(product, store));
                let _taken_or_not = ask(engine, vec![found]);
            }
        }
    }

    fn pay(&mut self, engine: &mut Engine) {
        let Some((name, product, store, units)) = self.orders.pop() else {
            return;
        };
        let commit = Commit {
            reservation: format!("r{name}").parse().unwrap(),
            lines: None,
        };
        if ask(engine, vec![commit.into()]).is_ok() {
            self.move_units(product, store, -(units as i64));
        }
    }

    fn move_units(&mut self, product: &str, store: &str, units: i64) {
        let moved = self.shelves.move_units(product, store, units);
        moved.unwrap_or_else(|oversold| panic!("{oversold}"));
    }
}

fn transfer(name: usize) -> TransferId {
    format!("t{name}").parse().unwrap()
}

fn ask(engine: &mut Engine, commands: Vec<Command>) -> Result<(), Rejection> {
    let request = Request::unkeyed(commands).unwrap();
    submit_request(engine, &request).map(drop)
}

/// Sells all that is shown to be there.
fn sell_out(shop: &mut Shop, engine: &mut Engine) {
    for (product, store) in PRODUCTS.into_iter().flat_map(|p| STORES.map(|s| (p, s))) {
        let reader = engine.reader();
        let available = reader.read(|ledger| {
            let known = ledger.product(&product.parse().unwrap());
            let level = known.and_then(|known| known.level(&store.parse().unwrap()));
            level.map_or(0, |level: Level| level.available().units())
        });
        if available > 0 {
            shop.step(engine, &Happens::Sold(product, store, available));
        }
    }
}

/// Storage that has lost something of a log.
fn lose(storage: &MemoryStorage, entries: &[Arc<Entry>], lost: &Lost) -> (MemoryStorage, GappyLog) {
    let at = |share: f64| (share * entries.len() as f64) as usize;
    let left = MemoryStorage::new();
    let mut floor = 0;
    if let Some(share) = lost.snapshot {
        let covered = at(share);
        crate::past::save(&left, crate::past::image(&entries[..covered]));
        if lost.purged {
            floor = covered;
        }
    }
    let gone = |position: usize| {
        let mut stretches = lost.stretches.iter();
        stretches.any(|&(from, len)| (at(from)..at(from) + len).contains(&position))
    };
    let kept: Vec<_> = (floor..entries.len())
        .filter(|&position| !gone(position))
        .map(|position| Arc::clone(&entries[position]))
        .collect();
    let before = entries[..floor]
        .last()
        .map_or(0, |entry| entry.last().number());
    let log = GappyLog::new(before, storage.log().head(), &kept);
    (left, log)
}

fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(7);
    }
    config
}

/// Lives through it: panics when more leaves a shelf than came in.
fn play(before: &[Happens], lost: &Lost, after: &[Happens]) {
    let (storage, mut shop) = (MemoryStorage::new(), Shop::default());
    let Opened { mut engine, .. } = open(storage.ports()).unwrap();
    for happens in before {
        shop.step(&mut engine, happens);
    }
    let reader = storage.log().reader();
    let entries = reader.read(Sequence::START, usize::MAX).unwrap();
    let (storage, log) = lose(&storage, &entries, lost);
    let Opened { mut engine, .. } = salvage(ports(&storage, &log)).unwrap();
    sell_out(&mut shop, &mut engine);
    for happens in after {
        shop.step(&mut engine, happens);
    }
    sell_out(&mut shop, &mut engine);
    // What was marked is so after another start.
    drop(engine);
    let Opened { mut engine, .. } = open(ports(&storage, &log)).unwrap();
    sell_out(&mut shop, &mut engine);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn over_a_loss_no_more_is_sold_than_came_in(
        before in vec(happens(), 1..40),
        lost in lost(),
        after in vec(happens(), 0..20),
    ) {
        play(&before, &lost, &after);
    }
}

#[test]
fn a_loss_that_nobody_suspects_is_seen() {
    let mut runner = TestRunner::new(ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 0,
        ..config()
    });
    let cases = (vec(happens(), 1..40), lost(), vec(happens(), 0..20));
    let seen = runner.run(&cases, |(before, lost, after)| {
        with(Defect::LossNotSuspected, || play(&before, &lost, &after));
        Ok(())
    });
    assert!(matches!(seen, Err(TestError::Fail(..))), "{seen:?}");
}
