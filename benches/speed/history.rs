//! Questions about the past of a long log, beside reading all of it.
//!
//! A million events, or as many as the variable `HISTORY_EVENTS` says: of sixty days, each of which ends with a full
//! synchronisation. Half of what is sold by day is of two products: one that everybody buys, at one store, while its other
//! level was touched once at the start; and one of which something was buried at the start, and was put right.

use std::cell::{Cell, OnceCell};
use std::hint::black_box;
use std::ops::Bound;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inventory_core::engine::{Engine, HistoryQuery, Reader};
use inventory_core::machine::{
    Adjust, Basis, Command, Count, DeadLettered, Entry, Event, Guard, Request,
};
use inventory_core::ports::{EventLog, Trail};
use inventory_core::vocabulary::{
    Adjustment, Chain, ProductId, Quantity, Sequence, StoreId, Timestamp,
};
use inventory_log::file::{self, FileOptions};
use tempfile::TempDir;

use crate::contest::{Aim, Contest, Contests, Row};
use crate::raw;
use crate::scaled;
use crate::shop::{self, Sales, product_name};

const PRODUCTS: usize = 10_000;
const STORES: u64 = 20;
const GROUP: usize = 8_192;
const NIGHTS: usize = 60;
/// Rows of a synchronisation in ten million events; with fewer events there are fewer.
const ROWS: usize = 50_000;
/// Lines of one request.
const LINES_MAX: usize = 10_000;
/// The product that everybody buys, and the one of which something was buried.
const HOT: &str = "hot";
const BURIED: &str = "buried";
const QUIET_STORE: &str = "store-19";

const QUESTIONS: [(&str, Ask); 7] = [
    ("asOf of any product", |past| past.as_of(past.any())),
    ("asOf of a hot product with a quiet level", |past| {
        past.as_of(HOT.to_owned());
    }),
    ("asOf of a product of which something was buried", |past| {
        past.as_of(BURIED.to_owned());
    }),
    ("history of any product, a page of 50", |past| {
        past.history(Trail::Product(id(&past.any())), 50);
    }),
    (
        "history of the quiet level of a hot product, one event",
        |past| {
            past.history(Trail::Level(id(HOT), store(QUIET_STORE)), 1);
        },
    ),
    (
        "history of any product right after a synchronisation, one event",
        |past| {
            past.history_then(Trail::Product(id(&past.any())), past.synced, 1);
        },
    ),
    ("asOf listing, a page of 1,000", |past| {
        past.listing();
    }),
];

pub(crate) fn run(contests: &mut Contests) {
    let shared = OnceCell::new();
    for (measured, ask) in QUESTIONS {
        let row = Row {
            measured,
            baseline: "reading the whole log",
            aim: Aim::TimeAtMost(0.05),
        };
        contests.run(row, || Questions {
            past: Rc::clone(shared.get_or_init(|| Rc::new(Past::written()))),
            ask,
        });
    }
}

type Ask = fn(&Past);

/// A long log, and an engine on it.
struct Past {
    reader: Reader,
    head: Sequence,
    /// The end of a synchronisation in the middle.
    synced: Sequence,
    asked: Cell<u64>,
    _engine: Engine,
    /// Last, so that it outlives the files.
    _directory: TempDir,
}

fn id(name: &str) -> ProductId {
    name.parse().expect("a short id")
}

fn store(name: &str) -> StoreId {
    name.parse().expect("a short id")
}

impl Past {
    fn written() -> Self {
        let events = std::env::var("HISTORY_EVENTS").ok();
        let events = events.map_or(1_000_000, |text| text.parse().expect("a number of events"));
        let directory = raw::directory();
        let path = directory.path().join("log");
        bury(&path);
        let synced = write(&path, scaled(events));
        let engine = shop::open(&path);
        let past = Self {
            reader: engine.reader(),
            head: engine.reader().head().sequence,
            synced,
            asked: Cell::new(0),
            _engine: engine,
            _directory: directory,
        };
        // What was in the active segment is indexed by the first search.
        past.as_of(HOT.to_owned());
        past
    }

    fn next(&self) -> u64 {
        self.asked.set(self.asked.get() + 1);
        self.asked.get().wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn any(&self) -> String {
        product_name(self.next() as usize % PRODUCTS)
    }

    fn position(&self) -> Sequence {
        // Not in the first tenth, where some products have no past.
        let head = self.head.number();
        Sequence::new(head / 10 + self.next() % (head * 9 / 10))
    }

    fn as_of(&self, product: String) {
        let found = self.reader.product_as_of(&id(&product), self.position());
        assert!(black_box(found).expect("the log is sound").is_some());
    }

    fn history(&self, trail: Trail, limit: usize) {
        self.history_then(trail, self.position(), limit);
    }

    fn history_then(&self, trail: Trail, through: Sequence, limit: usize) {
        let query = HistoryQuery {
            trail,
            product: None,
            store: None,
            before: Some(through.next()),
        };
        let found = self.reader.history(&query, limit);
        assert!(
            !black_box(found)
                .expect("the log is sound")
                .events
                .is_empty()
        );
    }

    fn listing(&self) {
        let from = self.next() as usize % (PRODUCTS / 2);
        let from = product_name(from);
        let start = Bound::Included(&*from);
        let found = self
            .reader
            .products_as_of(start, "", self.position(), 1_000);
        assert_eq!(
            black_box(found).expect("the log is sound").products.len(),
            1_000
        );
    }
}

/// A log that begins with something that no program knows.
fn bury(path: &std::path::Path) {
    let mut store = file::open(path, FileOptions::default()).expect("a new directory");
    let letter = DeadLettered {
        product: Some(id(BURIED)),
        version: None,
        raw: r#"{"type":"StockTeleported","product":"buried"}"#.into(),
    };
    let entry = Entry {
        first: Sequence::START.next(),
        recorded_at: Timestamp::UNIX_EPOCH,
        intent: None,
        outcomes: Box::default(),
        events: [Event::DeadLettered(letter)].into(),
        annotations: None,
        chain: Chain::from_bits(1),
    };
    let appended = store.log.append(Sequence::START, &[Arc::new(entry)]);
    appended.expect("there is room");
}

/// Counts, then days of deliveries and nights of synchronisations, without keys: a window of keys is not what is measured.
fn write(path: &std::path::Path, events: usize) -> Sequence {
    let mut engine = shop::open(path);
    let mut submit = |requests: Vec<Request>| {
        let answers = engine.submit(&requests);
        assert!(answers.expect("durable").iter().all(Result::is_ok));
        engine.reader().head().sequence
    };
    for (product, at) in [(BURIED, "store-0"), (HOT, "store-0"), (HOT, QUIET_STORE)] {
        let count = Command::Count(Count {
            product: id(product),
            store: store(at),
            counted: Quantity::ZERO,
            basis: Basis::Now(Guard::Unguarded),
            release_holds: false,
        });
        submit(vec![Request::unkeyed(vec![count]).expect("one line")]);
    }
    let mut sales = Sales::of(PRODUCTS);
    let rows = (events / 200).min(ROWS);
    let by_day = events / NIGHTS - rows;
    let mut synced = Sequence::START;
    for night in 0..NIGHTS {
        let mut left = by_day;
        while left > 0 {
            let group = left.min(GROUP);
            let deliveries = (0..group).map(|number| {
                let (product, at) = sales.next_sale();
                let line = match number % 4 {
                    0 => delivery(HOT, 0),
                    1 => delivery(BURIED, 0),
                    _ => delivery(&product_name(product), at % STORES),
                };
                Request::unkeyed(vec![line]).expect("one line")
            });
            submit(deliveries.collect());
            left -= group;
        }
        let lines: Vec<_> = (0..rows)
            .map(|row| delivery(&product_name(row), 1))
            .collect();
        for lines in lines.chunks(LINES_MAX) {
            let head = submit(vec![Request::unkeyed(lines.to_vec()).expect("some lines")]);
            if night == NIGHTS / 2 {
                synced = head;
            }
        }
    }
    synced
}

fn delivery(product: &str, at: u64) -> Command {
    Command::Adjust(Adjust {
        product: id(product),
        store: store(&format!("store-{at}")),
        delta: Adjustment::new(1).expect("not zero"),
        guard: Guard::Unguarded,
    })
}

/// One question, beside reading everything.
struct Questions {
    past: Rc<Past>,
    ask: Ask,
}

impl Contest for Questions {
    fn baseline(&mut self, iterations: u64) -> Duration {
        let start = Instant::now();
        for _ in 0..iterations {
            let mut log = self.past.reader.subscribe(Sequence::START);
            while log.position() < self.past.head {
                black_box(log.take(4_096).expect("the log is sound"));
            }
        }
        start.elapsed()
    }

    fn engine(&mut self, iterations: u64) -> Duration {
        let start = Instant::now();
        for _ in 0..iterations {
            (self.ask)(&self.past);
        }
        start.elapsed()
    }
}
