//! Two engines on one storage, as after a failover that was wrong about who is gone: one of them writes, and nothing is
//! lost or doubled.

use inventory_core::conformance::{adjust, assert_same_image, count};
use inventory_core::engine::{Answer, Engine, EngineError, Settings};
use inventory_core::machine::{Command, Request};
use inventory_core::memory::MemoryStorage;
use inventory_core::vocabulary::Sequence;

fn request(key: &str, line: Command) -> Request {
    let key = key.parse().expect("the key is plain text");
    Request::new(key, vec![line]).expect("a request has lines")
}

fn open(storage: &MemoryStorage) -> Engine {
    let opened = Engine::open(storage.ports(), Settings::default());
    opened.expect("healthy storage is never refused").engine
}

fn submit(engine: &mut Engine, request: &Request) -> Result<Answer, EngineError> {
    let answers = engine.submit([request])?;
    let [answer] = <[_; 1]>::try_from(answers).expect("one answer per request");
    Ok(answer)
}

/// The store has 10 of tea, and two engines that know it.
fn rivals() -> (MemoryStorage, Engine, Engine) {
    let storage = MemoryStorage::new();
    let mut first = open(&storage);
    let counted = submit(&mut first, &request("count-1", count("tea", "north", 10)));
    assert!(matches!(counted, Ok(Ok(_))));
    let second = open(&storage);
    (storage, first, second)
}

#[test]
fn the_second_writer_stops_the_first_for_good() {
    let (_storage, mut first, mut second) = rivals();
    let taken = submit(&mut second, &request("sale-1", adjust("tea", "north", -10)));
    assert!(matches!(taken, Ok(Ok(_))));
    // To the first all 10 are still there: only the log knows better.
    let sale = request("sale-2", adjust("tea", "north", -10));
    let fenced = submit(&mut first, &sale);
    assert!(matches!(fenced, Err(EngineError::Fenced { head }) if head == Sequence::new(2)));
    assert!(first.is_stopped() && !second.is_stopped());
    for _ in 0..2 {
        assert!(matches!(
            submit(&mut first, &sale),
            Err(EngineError::Stopped)
        ));
    }
    assert_eq!(
        first.reader().head().sequence.number(),
        1,
        "what it shows has not changed"
    );
    let refused = submit(&mut second, &sale);
    assert!(
        matches!(refused, Ok(Err(_))),
        "nothing is sold twice: {refused:?}"
    );
    assert_eq!(second.reader().head().sequence.number(), 2);
}

#[test]
fn a_fenced_request_is_asked_again_and_applied_once() {
    let (storage, mut first, mut second) = rivals();
    let (sale, other) = (
        request("sale-1", adjust("tea", "north", -1)),
        request("sale-2", adjust("tea", "north", -2)),
    );
    let written = submit(&mut second, &sale).expect("the second writes");
    let written = written.expect("there is enough stock").entry;
    assert!(matches!(
        submit(&mut first, &other),
        Err(EngineError::Fenced { .. })
    ));

    // The caller of the first asks the second, and asks for what the second has done too.
    let applied = submit(&mut second, &other).expect("the second writes");
    assert!(applied.is_ok_and(|receipt| !receipt.replayed));
    let replayed = submit(&mut second, &sale).expect("the second writes");
    assert!(replayed.is_ok_and(|receipt| receipt.replayed && receipt.entry == written));

    let opened_again = open(&storage);
    assert_eq!(opened_again.reader().head().sequence.number(), 3);
    assert_same_image(&opened_again.reader().image(), &second.reader().image());
}

/// Two engines take turns, and each is opened again whenever it was fenced: every sale is in the log once.
#[test]
fn rivals_that_take_turns_lose_and_double_nothing() {
    const SALES: usize = 40;
    let (storage, first, second) = rivals();
    let mut engines = [first, second];
    let mut fenced = 0;
    for number in 0..SALES {
        let sale = request(&format!("sale-{number}"), adjust("tea", "north", 1));
        // Each asks twice: a retry that comes to the other engine is the usual case after a failover.
        for turn in [number % 3 % 2, (number + 1) % 2] {
            let engine = &mut engines[turn];
            match submit(engine, &sale) {
                Ok(answer) => assert!(answer.is_ok()),
                Err(EngineError::Fenced { .. }) => {
                    fenced += 1;
                    *engine = open(&storage);
                    let answer = submit(engine, &sale).expect("nobody else writes now");
                    assert!(answer.is_ok());
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert!(fenced > SALES / 4, "fenced {fenced} times");
    let engine = open(&storage);
    let head = engine.reader().head().sequence.number();
    assert_eq!(head as usize, 1 + SALES, "each sale once");
    assert_eq!(engine.reader().read(|ledger| ledger.key_count()), 1 + SALES);
}

/// An engine that does not know yet that it has been fenced must not take back the snapshot that its successor's log
/// starts at.
#[test]
fn a_fenced_engine_does_not_replace_the_snapshot_of_its_successor() {
    let storage = MemoryStorage::new();
    let settings = Settings::default().with_retain_events(Some(0));
    let open = || Engine::open(storage.ports(), settings).expect("the history is whole");
    let mut stale = open();
    let delivery = |key| request(key, adjust("tea", "north", 1));
    assert!(matches!(
        submit(&mut stale.engine, &delivery("one")),
        Ok(Ok(_))
    ));
    let mut successor = open();
    for key in ["two", "three"] {
        assert!(matches!(
            submit(&mut successor.engine, &delivery(key)),
            Ok(Ok(_))
        ));
    }
    successor.snapshotter.save().expect("healthy storage");
    assert!(matches!(
        submit(&mut successor.engine, &delivery("four")),
        Ok(Ok(_))
    ));
    stale
        .snapshotter
        .save()
        .expect_err("a later snapshot is there");
    drop((stale, successor));
    let head = open().engine.reader().head();
    assert_eq!(head.sequence.number(), 4);
}
