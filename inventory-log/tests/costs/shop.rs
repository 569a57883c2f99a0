//! Measured disk: a shop on a disk that counts what is read.

use std::collections::BTreeSet;
use std::sync::Arc;

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::{Engine, Reader, Settings};
use inventory_core::machine::{Annotations, Command, DeadLettered, Entry, Event, Request};
use inventory_core::ports::{Clock, EventLog, Ports};
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{Chain, ProductId, Reference, Sequence};
use inventory_log::file::{FileOptions, FileStore, open_on};
use inventory_log::testing::SimDisk;
use proptest::prelude::*;

const PRODUCTS: u64 = 300;
const STORES: u64 = 6;

/// What happens. Products and stores are numbers; the first of each are used most.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A delivery.
    Adjust(u64, u64),
    /// So many deliveries of one product to the first store.
    Sell(u64, u64),
    /// A synchronisation of a store, with so many rows.
    Sync(u64, u64),
    /// An event of a product is buried, and the product is counted.
    Bury(u64),
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..PRODUCTS, 0..STORES).prop_map(|(product, store)| Step::Adjust(product, store)),
        3 => (0..3_u64, 1..600_u64).prop_map(|(product, times)| Step::Sell(product, times)),
        3 => (0..STORES, 1..PRODUCTS).prop_map(|(store, rows)| Step::Sync(store, rows)),
        1 => (0..3_u64).prop_map(Step::Bury),
    ]
}

pub(crate) fn product(number: u64) -> String {
    format!("p{number:03}")
}

fn store(number: u64) -> String {
    format!("s{number}")
}

/// What every synchronisation says that it belongs to.
pub(crate) fn reference() -> Reference {
    "nightly".parse().unwrap()
}

pub(crate) struct Shop {
    pub(crate) disk: SimDisk,
    clock: ManualClock,
    engine: Option<Engine>,
}

fn files(disk: &SimDisk) -> FileStore {
    let options = FileOptions::default()
        .with_segment_bytes(48 * 1024)
        .with_reserve_bytes(4 * 1024);
    open_on(Arc::new(disk.clone()), &ManualClock::default(), options).unwrap()
}

impl Shop {
    pub(crate) fn new() -> Self {
        let mut shop = Self {
            disk: SimDisk::new(5),
            clock: ManualClock::default(),
            engine: None,
        };
        shop.open();
        shop
    }

    pub(crate) fn after(steps: &[Step]) -> Self {
        let mut shop = Self::new();
        for step in steps {
            shop.play(step);
        }
        // Closed and opened: what was in memory is in files.
        shop.open();
        shop
    }

    /// Saves what a start needs of it, and gives up the older half of the log.
    pub(crate) fn purge_half(&mut self) {
        let engine = self.engine.take().unwrap();
        let head = engine.reader().head().sequence;
        drop(engine);
        let ports = Ports {
            clock: Arc::new(self.clock.clone()),
            ..files(&self.disk).into_ports()
        };
        let mut opened = Engine::open(ports, Settings::default()).unwrap();
        opened.snapshotter.save().unwrap();
        drop(opened);
        let mut log = self.close().log;
        while {
            let floor = log.reader().floor();
            log.purge(Sequence::new(head.number() / 2)).unwrap();
            log.reader().floor() > floor
        } {}
        drop(log);
        self.open();
    }

    /// The files, without an engine on them.
    pub(crate) fn close(&mut self) -> FileStore {
        self.engine = None;
        files(&self.disk)
    }

    fn open(&mut self) {
        self.engine = None;
        let ports = Ports {
            clock: Arc::new(self.clock.clone()),
            ..files(&self.disk).into_ports()
        };
        self.engine = Some(Engine::open(ports, Settings::default()).unwrap().engine);
    }

    pub(crate) fn reader(&self) -> Reader {
        self.engine.as_ref().unwrap().reader()
    }

    pub(crate) fn play(&mut self, step: &Step) {
        match *step {
            Step::Adjust(p, s) => self.submit(vec![adjust(&product(p), &store(s), 1)]),
            Step::Sell(p, times) => {
                for _ in 0..times {
                    self.submit(vec![adjust(&product(p), &store(0), 1)]);
                }
            }
            Step::Sync(s, rows) => {
                let rows = (0..rows).map(|row| adjust(&product(row), &store(s), 1));
                let night = Annotations {
                    reference: Some(reference()),
                    ..Annotations::default()
                };
                self.ask(Request::unkeyed(rows.collect()).unwrap().annotated(night));
            }
            Step::Bury(p) => {
                self.bury(p);
                self.submit(vec![count(&product(p), &store(0), 7)]);
            }
        }
    }

    /// What cannot be done, since a product is under suspicion, is left.
    fn submit(&mut self, lines: Vec<Command>) {
        self.ask(Request::unkeyed(lines).unwrap());
    }

    fn ask(&mut self, request: Request) {
        self.clock.advance_millis(1);
        let _ = self.engine.as_mut().unwrap().submit([&request]).unwrap();
    }

    /// Writes what no program knows, behind the back of the engine, and starts it anew.
    fn bury(&mut self, number: u64) {
        let mut files = self.close();
        let head = files.log.head();
        let name = product(number);
        let entry = Entry {
            first: head.sequence.next(),
            recorded_at: self.clock.now(),
            intent: None,
            outcomes: Box::default(),
            events: [Event::DeadLettered(DeadLettered {
                product: Some(name.parse().unwrap()),
                version: None,
                raw: format!(r#"{{"type":"StockLent","product":"{name}"}}"#).into(),
            })]
            .into(),
            annotations: None,
            chain: Chain::from_bits(7),
        };
        files.log.append(head.sequence, &[Arc::new(entry)]).unwrap();
        drop(files);
        self.open();
    }

    /// Everything that was written, and is kept.
    pub(crate) fn entries(&self) -> Vec<Arc<Entry>> {
        let reader = self.reader();
        reader.subscribe(reader.floor()).take(usize::MAX).unwrap()
    }

    /// The products, the first ones all, of the others some.
    pub(crate) fn products(&self) -> BTreeSet<ProductId> {
        let numbers = (0..3).chain((3..PRODUCTS).step_by(60));
        numbers
            .map(|number| product(number).parse().unwrap())
            .collect()
    }
}
