//! Readers and followers on threads of their own, while a writer runs.

use std::sync::mpsc;

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::{Engine, Reader, Subscription};
use inventory_core::machine::Request;
use inventory_core::memory::MemoryStorage;
use inventory_core::vocabulary::{Quantity, Sequence, Version};

use crate::follower::{open, submit, take_all};

const LINES: usize = 4;
const UNITS: u64 = 1_000;

/// How often a reader must have seen that the writer went on.
const MOVES_SEEN: usize = 25;

/// Each request moves units from one product to the other and back, between both stores: half of a request would show
/// in the sum of all units.
#[test]
fn nobody_sees_half_a_request_or_a_gap_while_a_writer_runs() {
    let mut engine = open(&MemoryStorage::new()).engine;
    let counts = [
        ("tea", "north"),
        ("tea", "south"),
        ("rice", "north"),
        ("rice", "south"),
    ];
    let counts = counts.map(|(product, store)| count(product, store, UNITS));
    submit(&mut engine, counts.into());
    let (reader, follower) = (engine.reader(), engine.reader().subscribe(Sequence::START));
    // The writer goes on for as long as somebody looks, and ends too when a look has failed.
    let (going_on, looking) = mpsc::channel();
    std::thread::scope(|scope| {
        let writing = scope.spawn(move || {
            let mut groups = 0;
            while going_on.send(()).is_ok() {
                move_units(&mut engine, if groups % 2 == 0 { 7 } else { -7 });
                groups += 1;
                std::thread::yield_now();
            }
            groups
        });
        let following = scope.spawn(|| follow(follower));
        let (mut moves, mut last) = (0, Sequence::START);
        while moves < MOVES_SEEN && !writing.is_finished() {
            let head = look(&reader);
            assert!(head >= last, "{head} was shown after {last}");
            moves += usize::from(head > last);
            last = head;
        }
        drop(looking);
        let groups: usize = writing.join().expect("every move is taken");
        let entries = following.join().expect("the follower sees no gap");
        assert_eq!(entries, 1 + 3 * groups);
    });
}

/// Submits a group of three requests.
fn move_units(engine: &mut Engine, by: i64) {
    let lines = vec![
        adjust("tea", "north", by),
        adjust("rice", "north", -by),
        adjust("tea", "south", -by),
        adjust("rice", "south", by),
    ];
    let request = Request::unkeyed(lines).expect("a request has lines");
    let answers = engine
        .submit([&request, &request, &request])
        .expect("memory never fails");
    assert!(answers.iter().all(Result::is_ok));
}

/// The head, of a ledger that is between two requests.
fn look(reader: &Reader) -> Sequence {
    let (head, units, versions) = reader.read(|ledger| {
        let units = ledger.products().map(|product| product.total());
        let versions = ledger.products().map(|product| product.version());
        (
            ledger.head().sequence,
            units.map(Quantity::units).sum::<u64>(),
            versions.map(Version::number).sum::<u64>(),
        )
    });
    assert_eq!(units, 4 * UNITS, "units are moved, not made, at {head}");
    assert_eq!(versions, head.number(), "each event gives one version");
    assert_eq!(head.number() % LINES as u64, 0, "half a request at {head}");
    head
}

/// Takes all until the end, and says how many entries that were.
fn follow(mut follower: Subscription) -> usize {
    let (mut entries, mut next) = (0, Sequence::new(1));
    while follower.wait() {
        for entry in take_all(&mut follower, 50) {
            assert_eq!((entry.first, entry.events.len()), (next, LINES));
            next = entry.last().next();
            entries += 1;
        }
    }
    entries
}
