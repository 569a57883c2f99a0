//! Searches of a long log, beside reading all of it.
//!
//! A million events, or as many as the variable `HISTORY_EVENTS` says.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use inventory_core::machine::{Adjust, Command, Entry, Guard, Request};
use inventory_core::ports::{EventLog, LogReader, ReadError, Trail};
use inventory_core::vocabulary::{Adjustment, ProductId, Sequence};
use inventory_log::file::{self, FileLog, FileOptions};
use tempfile::TempDir;

use crate::contest::{Aim, Contest, Contests, Row};
use crate::raw;
use crate::scaled;
use crate::shop::{self, Sales, product_name};

const PRODUCTS: usize = 10_000;
const STORES: u64 = 20;
const PAGE_ENTRIES: usize = 50;
const GROUP: usize = 8_192;

pub(crate) fn run(contests: &mut Contests) {
    let rows = [
        ("history of a product, a page of 50", page as Search),
        ("state of a product at a position of its history", state),
    ];
    for (measured, search) in rows {
        let row = Row {
            measured,
            baseline: "reading the whole log",
            aim: Aim::TimeAtMost(0.05),
        };
        contests.run(row, || History::searched(search));
    }
}

type Search = fn(&dyn LogReader, &ProductId, Sequence);

/// The newest entries of a product up to a position.
fn page(reader: &dyn LogReader, product: &ProductId, through: Sequence) {
    let trail = Trail::Product(product.clone());
    let page = reader.trail(&trail, through, PAGE_ENTRIES);
    black_box(page.expect("the log is sound"));
}

/// The events around a position from which the levels of a product follow.
fn state(reader: &dyn LogReader, product: &ProductId, through: Sequence) {
    let before = reader.last_touches(product, through);
    let after = reader.first_touches(product, through);
    black_box((before, after)).0.expect("the log is sound");
}

struct History {
    reader: Arc<dyn LogReader>,
    head: Sequence,
    sales: Sales,
    search: Search,
    _log: FileLog,
    /// Last, so that it outlives the files.
    _directory: TempDir,
}

impl History {
    fn searched(search: Search) -> Self {
        let events = std::env::var("HISTORY_EVENTS").ok();
        let events = events.map_or(1_000_000, |text| text.parse().expect("a number of events"));
        let directory = raw::directory();
        let path = directory.path().join("log");
        let mut sales = Sales::of(PRODUCTS);
        write(&path, &mut sales, scaled(events));
        let store = file::open(&path, FileOptions::default()).expect("it was closed");
        let reader = store.log.reader();
        let mut history = Self {
            head: store.log.head().sequence,
            reader,
            sales,
            search,
            _log: store.log,
            _directory: directory,
        };
        // What was in the active segment is indexed by the first search.
        history.engine(1);
        history
    }

    fn next(&mut self) -> (ProductId, Sequence) {
        let (product, number) = self.sales.next_sale();
        let product = product_name(product).parse().expect("a short id");
        let through = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % self.head.number();
        (product, Sequence::new(through))
    }
}

/// Deliveries to any store, without keys: a window of keys is not what is measured.
fn write(path: &std::path::Path, sales: &mut Sales, events: usize) {
    let mut engine = shop::open(path);
    let mut left = events;
    while left > 0 {
        let group = left.min(GROUP);
        let deliveries = (0..group).map(|_| {
            let (product, number) = sales.next_sale();
            let delivery = Command::Adjust(Adjust {
                product: product_name(product).parse().expect("a short id"),
                store: format!("store-{}", number % STORES)
                    .parse()
                    .expect("a short id"),
                delta: Adjustment::new(1).expect("not zero"),
                guard: Guard::Unguarded,
            });
            Request::unkeyed(vec![delivery]).expect("one line")
        });
        let answers = engine.submit(&deliveries.collect::<Vec<_>>());
        assert!(answers.expect("durable").iter().all(Result::is_ok));
        left -= group;
    }
}

impl Contest for History {
    fn baseline(&mut self, iterations: u64) -> Duration {
        let mut elapsed = Duration::ZERO;
        for _ in 0..iterations {
            let (product, through) = self.next();
            let start = Instant::now();
            (self.search)(&Scan(&*self.reader), &product, through);
            elapsed += start.elapsed();
        }
        elapsed
    }

    fn engine(&mut self, iterations: u64) -> Duration {
        let mut elapsed = Duration::ZERO;
        for _ in 0..iterations {
            let (product, through) = self.next();
            let start = Instant::now();
            (self.search)(&*self.reader, &product, through);
            elapsed += start.elapsed();
        }
        elapsed
    }
}

/// A reader that has no searches of its own.
struct Scan<'a>(&'a dyn LogReader);

impl LogReader for Scan<'_> {
    fn floor(&self) -> Sequence {
        self.0.floor()
    }

    fn read(&self, after: Sequence, events_max: usize) -> Result<Vec<Arc<Entry>>, ReadError> {
        self.0.read(after, events_max)
    }
}
