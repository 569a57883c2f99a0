//! The longest wait of somebody else while the largest requests that are allowed are decided: of a caller with a sale of one
//! unit, and of a reader of one product.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use inventory_core::engine::Reader;
use inventory_core::machine::{
    Command, Commit, LINES_MAX, REQUEST_LINES_MAX, Request, SyncLevel, SyncRule,
};
use inventory_core::vocabulary::{ProductId, Quantity};
use inventory_core::writer::{Writer, WriterLimits};

use crate::arguments::scaled;
use crate::raw;
use crate::shop::{self, Sales, count, keyed, product_name, sale};
use crate::tills::{hold, reservation};

pub(crate) const NAME: &str = "waits of others";

/// Requests of each family.
const ROUNDS: usize = 5;

const PAUSE: Duration = Duration::from_micros(200);

/// Far above the keys of the sales.
const LARGE_KEYS_FROM: u64 = 1 << 32;
const SMALL_KEYS_FROM: u64 = 1 << 31;

/// The longest waits while requests of one family were decided.
#[derive(Debug)]
pub(crate) struct Waits {
    pub(crate) family: &'static str,
    pub(crate) lines: usize,
    /// How long the large request itself took, at most.
    pub(crate) request: Duration,
    pub(crate) caller: Duration,
    pub(crate) reader: Duration,
}

pub(crate) fn measure() -> Vec<Waits> {
    let lines = scaled(REQUEST_LINES_MAX);
    let directory = raw::directory();
    let engine = shop::open_stocked(&directory.path().join("log"), lines);
    let writer = Writer::start(engine, WriterLimits::default()).expect("the system has a thread");
    let mut sales = Sales::of(lines);
    let mut keys = LARGE_KEYS_FROM..;
    let small = Sales::of(lines)
        .with_keys_from(SMALL_KEYS_FROM)
        .requests(1_000);
    let mut measured = vec![waits("one sale", 1, &writer, &mut sales, small)];
    let mut measure = |family, lines: Vec<Vec<Command>>| {
        let size = lines[0].len();
        let requests = lines
            .into_iter()
            .map(|lines| keyed(keys.next().expect("there is no last key"), lines));
        let requests = requests.collect();
        measured.push(waits(family, size, &writer, &mut sales, requests));
    };
    let every = |line: fn(usize) -> Command| {
        let request = || (0..lines).map(line).collect();
        (0..ROUNDS).map(|_| request()).collect()
    };
    measure("adjust", every(sale));
    measure("count", every(|product| count(product, 0)));
    measure("synchronise", every(overwrite));
    let carts = lines.div_ceil(LINES_MAX);
    let of_cart = |round: usize, cart: usize| reservation((round * carts + cart) as u64);
    let held = (0..ROUNDS).map(|round| {
        let line = |product| hold(of_cart(round, product / LINES_MAX), product, 3_600);
        (0..lines).map(line).collect()
    });
    measure("hold", held.collect());
    let committed = (0..ROUNDS).map(|round| {
        let commit = |cart| {
            Command::Commit(Commit {
                reservation: of_cart(round, cart),
                lines: None,
            })
        };
        (0..carts).map(commit).collect()
    });
    measure("commit", committed.collect());
    drop(writer.stop());
    measured
}

/// Submits requests one after the other while somebody sells and somebody reads.
fn waits(
    family: &'static str,
    lines: usize,
    writer: &Writer,
    sales: &mut Sales,
    requests: Vec<Request>,
) -> Waits {
    let (working, over) = mpsc::channel::<()>();
    let (still_working, also_over) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let caller = scope.spawn(move || {
            until(&over, || {
                let answers = writer.submit_and_wait(sales.requests(1)).expect("durable");
                assert!(answers[0].is_ok(), "{answers:?}");
            })
        });
        let reader = scope.spawn(move || {
            let (reader, product) = (writer.reader(), product_name(0));
            let product = product.parse().expect("a short id");
            until(&also_over, || look(&reader, &product))
        });
        let mut request = Duration::ZERO;
        for large in requests {
            let start = Instant::now();
            let answers = writer.submit_and_wait(vec![large]).expect("durable");
            request = request.max(start.elapsed());
            assert!(answers[0].is_ok(), "{answers:?}");
        }
        drop((working, still_working));
        Waits {
            family,
            lines,
            request,
            caller: caller.join().expect("a caller does not panic"),
            reader: reader.join().expect("a reader does not panic"),
        }
    })
}

/// Does something again and again until it is over, and returns the longest that it took. With a pause between: a thread that
/// never rests takes a core from those that are measured.
fn until(over: &Receiver<()>, mut act: impl FnMut()) -> Duration {
    let mut longest = Duration::ZERO;
    while over.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
        let start = Instant::now();
        act();
        longest = longest.max(start.elapsed());
    }
    longest
}

fn look(reader: &Reader, product: &ProductId) {
    let found = reader.read(|ledger| ledger.product(product).is_some());
    assert!(found);
}

fn overwrite(product: usize) -> Command {
    Command::SyncLevel(SyncLevel {
        product: product_name(product).parse().expect("a short id"),
        store: "store-0".parse().expect("a short id"),
        on_hand: Quantity::new(500_000_000).expect("in range"),
        rule: SyncRule::Overwrite,
    })
}
