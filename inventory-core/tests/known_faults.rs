//! Faults that systems of this kind are known for, each with what goes wrong elsewhere. Those of files are tested with the
//! file adapter.

use std::panic::{AssertUnwindSafe, catch_unwind};

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::{Command, Difference, Event, Guard, Line, Rejection, Request};
use inventory_core::memory::MemoryStorage;
use inventory_core::testing::{Call, Defect, Faults, with};
use inventory_core::vocabulary::Version;
use inventory_core::writer::{Writer, WriterLimits};

fn request(key: &str, line: Command) -> Request {
    let key = key.parse().expect("the key is plain text");
    Request::new(key, vec![line]).expect("a request has lines")
}

fn open(storage: &MemoryStorage, settings: Settings) -> Opened {
    Engine::open(storage.ports(), settings).expect("healthy storage is never refused")
}

/// Elsewhere the state is a file that is rewritten now and then. A write is answered as soon as it is in memory; when
/// the next save fails, on a full disk say, the failure is logged and the answer was a lie: after a restart the write
/// is gone. Here the log is what makes a write durable, and a snapshot only saves time.
#[test]
fn an_acknowledged_write_is_not_lost_when_the_save_fails() {
    let (storage, faults) = (MemoryStorage::new(), Faults::new());
    let ports = faults.wrap(storage.ports());
    let mut opened = Engine::open(ports, Settings::default()).expect("nothing fails yet");
    let first = request("count-1", count("tea", "north", 10));
    assert!(
        opened
            .engine
            .submit([&first])
            .is_ok_and(|answers| answers[0].is_ok())
    );
    opened.snapshotter.save().expect("nothing fails yet");
    let second = request("sale-1", adjust("tea", "north", -4));
    let answers = opened.engine.submit([&second]).expect("nothing fails yet");
    let acknowledged = answers[0]
        .as_ref()
        .expect("there is enough stock")
        .entry
        .clone();
    faults.fail(0, Call::Save);
    assert!(opened.snapshotter.save().is_err());
    drop(opened);

    let mut engine = open(&storage, Settings::default()).engine;
    assert_eq!(engine.reader().head().sequence, acknowledged.last());
    let answers = engine.submit([&second]).expect("memory never fails");
    let again = answers[0].as_ref().expect("the first answer again");
    assert!(again.replayed);
    assert_eq!(again.entry, acknowledged);
}

/// Elsewhere what a crash has left half done is saved with the rest, and is there for good. Here the next start would apply the
/// entry on top of its own half, so that an engine that has stopped saves nothing.
#[test]
fn half_of_an_entry_is_never_saved() {
    let (storage, settings) = (MemoryStorage::new(), Settings::default());
    let mut opened = open(&storage, settings);
    let delivery = |key: &str| {
        let lines = vec![adjust("tea", "north", 1), adjust("rice", "north", 1)];
        Request::new(key.parse().expect("plain"), lines).expect("two lines")
    };
    opened
        .engine
        .submit([&delivery("one")])
        .expect("memory never fails");
    let saved = opened.snapshotter.save().expect("nothing is wrong yet");
    let died = catch_unwind(AssertUnwindSafe(|| {
        with(Defect::HalfApplied, || {
            opened.engine.submit([&delivery("two")])
        })
    }));
    assert!(died.is_err() && opened.engine.is_stopped());
    let refused = opened.snapshotter.save().expect_err("half of it is there");
    assert!(
        refused.cause.to_string().contains("the engine has stopped"),
        "{}",
        refused.cause
    );
    assert_eq!(opened.snapshotter.saved(), saved.sequence);
    drop(opened);

    let opened = open(&storage, settings);
    assert!(!opened.report.is_degraded(), "{:?}", opened.report);
    let levels = opened.engine.reader().read(|ledger| {
        let products = ledger.products().map(|product| product.total().units());
        products.collect::<Vec<_>>()
    });
    assert_eq!(levels, [2, 2], "the entry was durable, and is there once");
}

/// Elsewhere the version of a product is the number of its events, or is rebuilt from those that are left. Once the
/// oldest are given up, it starts again, and a client with an old version overwrites what it has never seen. Here the
/// snapshot carries the version, and the log gives up only what a snapshot covers.
#[test]
fn a_version_goes_on_once_the_events_of_its_product_have_left_the_log() {
    let settings = Settings::default().with_retain_events(Some(0));
    let storage = MemoryStorage::new();
    let mut opened = open(&storage, settings);
    for number in 1..=5 {
        let sale = request(&format!("tea-{number}"), adjust("tea", "north", 1));
        opened.engine.submit([&sale]).expect("memory never fails");
    }
    let saved = opened.snapshotter.save().expect("memory never fails");
    let rice = request("rice-1", adjust("rice", "north", 1));
    opened.engine.submit([&rice]).expect("memory never fails");
    assert_eq!(
        opened.engine.reader().floor(),
        saved.sequence,
        "no event of tea is left"
    );
    drop(opened);

    let mut engine = open(&storage, settings).engine;
    let mut stale = adjust("tea", "north", 1);
    if let Command::Adjust(adjust) = &mut stale {
        adjust.guard = Guard::At(Version::new(1).expect("a small version"));
    }
    let group = [
        request("tea-6", stale),
        request("tea-7", adjust("tea", "north", 1)),
    ];
    let answers = engine.submit(&group).expect("memory never fails");
    assert!(matches!(
        &answers[0],
        Err(Rejection::StaleVersion { current, .. }) if current.version.number() == 5
    ));
    let receipt = answers[1].as_ref().expect("nothing is demanded");
    assert_eq!(
        receipt.entry.events[0].version().map(Version::number),
        Some(6)
    );
}

/// Elsewhere results are cached by key alone. A client whose counter starts again sends an old key with another
/// product, is told of the success of the first, and its own sale never happens. Here a key belongs to one intent, and
/// another intent is refused with what differs.
#[test]
fn a_key_that_is_used_for_another_product_is_refused() {
    let storage = MemoryStorage::new();
    let stock = [
        request("count-1", count("tea", "north", 10)),
        request("count-2", count("rice", "north", 10)),
        request("sale-1", adjust("tea", "north", -1)),
    ];
    let mut engine = open(&storage, Settings::default()).engine;
    engine.submit(&stock).expect("memory never fails");
    let reused = request("sale-1", adjust("rice", "north", -1));
    let expected = Rejection::KeyReused {
        first: engine.reader().head().sequence,
        differs: Difference::Product(Line(0)),
    };
    for _restart in 0..2 {
        let answers = engine.submit([&reused]).expect("memory never fails");
        assert_eq!(answers, [Err(expected.clone())]);
        assert_eq!(engine.reader().head().sequence.number(), 3);
        engine = open(&storage, Settings::default()).engine;
    }
}

/// Elsewhere two requests with one key that are on their way together both miss the cache. The first takes the last
/// unit and stores its success; the second finds nothing left and stores its failure over it, and every retry is told
/// that the sale failed which has happened. Here requests are decided one after the other, the ones of a group too, and
/// what was written first under a key is the answer.
#[test]
fn a_duplicate_in_flight_gets_the_success_of_the_first_and_leaves_it() {
    let storage = MemoryStorage::new();
    let mut engine = open(&storage, Settings::default()).engine;
    let last_unit = request("count-1", count("tea", "north", 1));
    engine.submit([&last_unit]).expect("memory never fails");
    let sale = request("sale-1", adjust("tea", "north", -1));
    let other = request("sale-1", adjust("tea", "north", -2));
    let in_flight = [sale.clone(), sale.clone(), other, sale.clone()];
    let answers = engine.submit(&in_flight).expect("memory never fails");
    let [Ok(first), Ok(second), Err(refused), Ok(fourth)] = answers.as_slice() else {
        panic!("{answers:?}");
    };
    assert!(!first.replayed && second.replayed && fourth.replayed);
    assert_eq!((&second.entry, &fourth.entry), (&first.entry, &first.entry));
    assert!(matches!(refused, Rejection::KeyReused { .. }));
    drop(engine);

    let mut engine = open(&storage, Settings::default()).engine;
    let later = engine.submit([&sale]).expect("memory never fails");
    assert!(
        later[0]
            .as_ref()
            .is_ok_and(|later| later.entry == first.entry)
    );
}

/// As above, with callers on threads of their own: whoever comes first, one sale is written and all are told of it.
#[test]
fn duplicates_of_many_callers_are_one_sale() {
    const CALLERS: usize = 8;
    let storage = MemoryStorage::new();
    let mut engine = open(&storage, Settings::default()).engine;
    let last_unit = request("count-1", count("tea", "north", 1));
    engine.submit([&last_unit]).expect("memory never fails");
    let writer = Writer::start(engine, WriterLimits::default()).unwrap();
    let sale = request("sale-1", adjust("tea", "north", -1));
    let answers: Vec<_> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| scope.spawn(|| writer.submit_and_wait(vec![sale.clone()])))
            .collect();
        let answers = callers
            .into_iter()
            .map(|caller| caller.join().expect("no caller panics"));
        answers
            .flat_map(|answers| answers.expect("memory never fails"))
            .collect()
    });
    let receipts: Vec<_> = answers.iter().flatten().collect();
    assert_eq!(receipts.len(), CALLERS, "nobody is refused");
    assert_eq!(
        receipts.iter().filter(|receipt| !receipt.replayed).count(),
        1
    );
    assert!(
        receipts
            .iter()
            .all(|receipt| receipt.entry == receipts[0].entry)
    );
    let names = receipts[0].entry.events.iter().map(Event::type_name);
    assert_eq!(names.collect::<Vec<_>>(), ["StockDecreased"]);
    let engine = writer.stop().expect("the engine is still there");
    assert_eq!(engine.reader().head().sequence.number(), 2);
}
