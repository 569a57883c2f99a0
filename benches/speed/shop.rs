//! The work that every row is measured with: sales of single units, each under a key of its own.

use std::path::Path;

use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::{Adjust, Basis, Command, Count, Guard, Request, WindowLimits};
use inventory_core::ports::Ports;
use inventory_core::vocabulary::{Adjustment, Quantity};
use inventory_log::file::{self, FileOptions};

use crate::arguments::scaled;

/// More than any run sells.
const STOCK: u64 = 1_000_000_000;

/// Requests that are made durable together while a shop is stocked.
const REQUESTS_PER_GROUP: usize = 8_192;

/// Keys that an engine remembers whose window is full: each further one makes it forget another.
const KEYS: usize = 1_000_000;

/// Far above the keys of all other sales: no key is used twice.
const KEYS_FROM: u64 = 1 << 33;

pub(crate) fn product_name(number: usize) -> String {
    format!("product-{number:07}")
}

pub(crate) fn key_name(number: u64) -> String {
    format!("basket-{number:010}")
}

/// Gives a product at a store its stock.
pub(crate) fn count(product: usize, store: usize) -> Command {
    Command::Count(Count {
        product: product_name(product).parse().expect("a short id"),
        store: format!("store-{store}").parse().expect("a short id"),
        counted: Quantity::new(STOCK).expect("in range"),
        basis: Basis::Now(Guard::Unguarded),
        release_holds: false,
    })
}

/// Takes one unit from the first store.
pub(crate) fn sale(product: usize) -> Command {
    sale_at(product, 0)
}

/// Takes one unit from a store.
pub(crate) fn sale_at(product: usize, store: usize) -> Command {
    Command::Adjust(Adjust {
        product: product_name(product).parse().expect("a short id"),
        store: format!("store-{store}").parse().expect("a short id"),
        delta: Adjustment::new(-1).expect("not zero"),
        guard: Guard::Unguarded,
    })
}

/// A request of some lines under the key with a number.
pub(crate) fn keyed(number: u64, lines: Vec<Command>) -> Request {
    let key = key_name(number).parse().expect("a short key");
    Request::new(key, lines).expect("at least one line")
}

/// Opens an engine on the files of a directory.
pub(crate) fn open(directory: &Path) -> Engine {
    open_on(files(directory))
}

/// Opens an engine on what ports hold.
pub(crate) fn open_on(ports: Ports) -> Engine {
    let Opened { engine, report, .. } = opened(ports);
    assert!(!report.is_degraded());
    engine
}

/// As [`open_on`], with what the start has found.
pub(crate) fn opened(ports: Ports) -> Opened {
    // A log may be as old as it says: the clock is right.
    let settings = Settings::default().with_accept_time(Some(ports.clock.now()));
    Engine::open(ports, settings).expect("the log is sound")
}

/// The file adapter on a directory.
pub(crate) fn files(directory: &Path) -> Ports {
    let store =
        file::open(directory, FileOptions::default()).expect("nobody else has the directory");
    store.into_ports()
}

/// An engine on a new directory, with `products` in stock at one store.
pub(crate) fn open_stocked(directory: &Path, products: usize) -> Engine {
    let mut engine = open(directory);
    stock(&mut engine, products, 1);
    engine
}

/// An engine on a new directory whose window of keys is full, with `products` in stock at so many stores each.
pub(crate) fn open_full(directory: &Path, products: usize, stores: usize) -> Engine {
    let keys = scaled(KEYS);
    let settings = Settings::default().with_window(WindowLimits::new().with_keys_max(keys));
    let opened = Engine::open(files(directory), settings).expect("the log is new");
    let mut engine = opened.engine;
    stock(&mut engine, products, stores);
    let mut sales = Sales::of(products).with_keys_from(KEYS_FROM);
    for _ in 0..keys.div_ceil(REQUESTS_PER_GROUP) {
        let sales = sales.requests(REQUESTS_PER_GROUP as u64);
        let answers = engine.submit(&sales).expect("the disk is sound");
        assert!(answers.iter().all(Result::is_ok));
    }
    engine
}

/// Gives so many products stock at so many stores each.
pub(crate) fn stock(engine: &mut Engine, products: usize, stores: usize) {
    let counts: Vec<_> = (0..products)
        .flat_map(|product| (0..stores).map(move |store| count(product, store)))
        .map(|count| Request::unkeyed(vec![count]).expect("one line"))
        .collect();
    for group in counts.chunks(REQUESTS_PER_GROUP) {
        let answers = engine.submit(group).expect("the disk is sound");
        assert!(answers.iter().all(Result::is_ok));
    }
}

/// Sales of products in an order that no prefetcher can guess, each under the next key.
#[derive(Debug, Clone)]
pub(crate) struct Sales {
    products: usize,
    walk: u64,
    next_key: u64,
}

impl Sales {
    pub(crate) fn of(products: usize) -> Self {
        Self {
            products,
            walk: 0x9e37_79b9_7f4a_7c15,
            next_key: 0,
        }
    }

    /// The same sales under other keys.
    pub(crate) fn with_keys_from(self, first: u64) -> Self {
        Self {
            next_key: first,
            ..self
        }
    }

    /// The product that is sold next, and the number of the key under which it is.
    pub(crate) fn next_sale(&mut self) -> (usize, u64) {
        self.walk ^= self.walk << 13;
        self.walk ^= self.walk >> 7;
        self.walk ^= self.walk << 17;
        let key = self.next_key;
        self.next_key += 1;
        ((self.walk % self.products as u64) as usize, key)
    }

    /// As many requests of one line each.
    pub(crate) fn requests(&mut self, count: u64) -> Vec<Request> {
        (0..count).map(|_| self.request()).collect()
    }

    fn request(&mut self) -> Request {
        let (product, key) = self.next_sale();
        keyed(key, vec![sale(product)])
    }
}
