//! Questions about the past of a long log, beside reading all of it.
//!
//! A million events, or as many as the variable `HISTORY_EVENTS` says: of up to sixty days, each of which ends with a full
//! synchronisation of one store. Half of what is sold by day is of two products: one that everybody buys, at one store, while its other
//! level was touched once at the start; and one of which something was buried at the start, and was put right.

use std::cell::Cell;
use std::hint::black_box;
use std::ops::{Bound, Range};
use std::sync::Arc;
use std::time::{Duration, Instant};

use inventory_core::engine::{Engine, HistoryQuery, Opened, Reader};
use inventory_core::machine::{
    Adjust, Basis, Command, Count, DeadLettered, Entry, Event, Guard, Request,
};
use inventory_core::ports::{EntryFilter, EventLog};
use inventory_core::vocabulary::{
    Adjustment, Chain, ProductId, Quantity, Sequence, StoreId, Timestamp,
};
use inventory_log::file::{self, FileOptions};
use tempfile::TempDir;

use crate::arguments::scaled;
use crate::raw;
use crate::shop::{self, Sales, product_name};

const PRODUCTS: usize = 10_000;
const STORES: u64 = 20;
const GROUP: usize = 8_192;
/// Nights of ten million events; with fewer events there are fewer.
const NIGHTS_MAX: usize = 60;
/// Rows of a synchronisation. Of most of these products there is one level, of those that are sold there are twenty.
const ROWS: usize = 50_000;
/// Lines of one request.
const LINES_MAX: usize = 10_000;
/// The product that everybody buys, and the one of which something was buried.
const HOT: &str = "hot";
const BURIED: &str = "buried";
const QUIET_STORE: &str = "store-19";

pub(crate) const NAME: &str = "history and asOf";

/// How often each question is asked, of another product and another moment each time.
const ASKED: usize = 30;

const PAGE_MAX: usize = 1_000;

type Ask = fn(&Past);

const QUESTIONS: [(&str, Duration, Ask); 9] = [
    ("asOf of any product", Duration::from_millis(10), |past| {
        past.as_of(past.any());
    }),
    (
        "asOf of a hot product with a quiet level",
        Duration::from_millis(10),
        |past| past.as_of(HOT.to_owned()),
    ),
    (
        "asOf of a product of which something was buried",
        Duration::from_millis(10),
        |past| past.as_of(BURIED.to_owned()),
    ),
    (
        "history of any product, one event",
        Duration::from_millis(10),
        |past| past.history(EntryFilter::Product(id(&past.any())), 1),
    ),
    (
        "history of any product, a page of 50",
        Duration::from_millis(50),
        |past| past.history(EntryFilter::Product(id(&past.any())), 50),
    ),
    (
        "history of the quiet level of a hot product, one event",
        Duration::from_millis(10),
        |past| past.history(EntryFilter::Level(id(HOT), store(QUIET_STORE)), 1),
    ),
    (
        "history of any product right after a synchronisation, one event",
        Duration::from_millis(10),
        |past| past.history_then(EntryFilter::Product(id(&past.any())), past.synced, 1),
    ),
    (
        "asOf listing, a page of 1,000 products of one level",
        Duration::from_millis(100),
        |past| past.listing(scaled(PRODUCTS)..scaled(ROWS)),
    ),
    (
        "asOf listing, a page of 1,000 products of twenty levels",
        Duration::from_millis(100),
        |past| past.listing(0..scaled(PRODUCTS)),
    ),
];

/// How long a question took, beside reading all.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) question: &'static str,
    pub(crate) median: Duration,
    pub(crate) longest: Duration,
    pub(crate) at_most: Duration,
    /// Reading the whole log once.
    pub(crate) reading: Duration,
    pub(crate) events: u64,
}

pub(crate) fn measure() -> Vec<Asked> {
    let past = Past::written();
    let start = Instant::now();
    past.read_all();
    let reading = start.elapsed();
    let asked = QUESTIONS.into_iter().map(|(question, at_most, ask)| {
        let mut took: Vec<Duration> = (0..ASKED)
            .map(|_| {
                let start = Instant::now();
                ask(&past);
                start.elapsed()
            })
            .collect();
        took.sort_unstable();
        Asked {
            question,
            median: took[took.len() / 2],
            longest: *took.last().expect("it was asked"),
            at_most,
            reading,
            events: past.head.number(),
        }
    });
    asked.collect()
}

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
        let engine = open(&path);
        let past = Self {
            reader: engine.reader(),
            head: engine.reader().head().sequence,
            synced,
            asked: Cell::new(0),
            _engine: engine,
            _directory: directory,
        };
        // As central does once it has started.
        past.reader.prepare_searches().expect("the log is sound");
        past
    }

    fn read_all(&self) {
        let mut log = self.reader.subscribe(Sequence::START);
        while log.position() < self.head {
            black_box(log.take(4_096).expect("the log is sound"));
        }
    }

    fn next(&self) -> u64 {
        self.asked.set(self.asked.get() + 1);
        self.asked.get().wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn any(&self) -> String {
        product_name(self.next() as usize % scaled(PRODUCTS))
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

    fn history(&self, filter: EntryFilter, limit: usize) {
        self.history_then(filter, self.position(), limit);
    }

    fn history_then(&self, filter: EntryFilter, through: Sequence, limit: usize) {
        let query = HistoryQuery::new(filter).with_before(Some(through.next()));
        let found = self.reader.history(&query, limit);
        assert!(
            !black_box(found)
                .expect("the log is sound")
                .events
                .is_empty()
        );
    }

    fn listing(&self, products: Range<usize>) {
        let page = scaled(PAGE_MAX);
        let from = products.start + self.next() as usize % (products.len() - page);
        let from = product_name(from);
        let start = Bound::Included(&*from);
        let found = self.reader.products_as_of(start, "", self.position(), page);
        let found = black_box(found).expect("the log is sound");
        assert_eq!(found.products.len(), page);
    }
}

/// An engine on a log in which something is buried.
fn open(path: &std::path::Path) -> Engine {
    let Opened { engine, report, .. } = shop::opened(shop::files(path));
    assert!(report.is_degraded() && report.lost.is_empty(), "{report:?}");
    engine
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
    let mut engine = open(path);
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
    let mut sales = Sales::of(scaled(PRODUCTS));
    let rows = scaled(ROWS);
    let nights = (events / 2 / rows).clamp(1, NIGHTS_MAX);
    let by_day = events / nights - rows;
    let mut synced = Sequence::START;
    for night in 0..nights {
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
            if night == nights / 2 {
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
