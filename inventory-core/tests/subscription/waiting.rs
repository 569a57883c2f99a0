//! Waiting for what comes, and for the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use inventory_core::conformance::adjust;
use inventory_core::engine::Subscription;
use inventory_core::machine::Request;
use inventory_core::memory::MemoryStorage;
use inventory_core::vocabulary::Sequence;

use crate::follower::{deliveries, open, submit, take_all};

/// Counts how often it is woken.
fn bell(subscription: &Subscription) -> Arc<AtomicUsize> {
    let rung = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&rung);
    subscription.when_ready(move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    rung
}

#[test]
fn a_waiting_follower_is_woken_exactly_once() {
    let mut engine = open(&MemoryStorage::new()).engine;
    let mut subscription = engine.reader().subscribe(Sequence::START);
    let (one, other) = (bell(&subscription), bell(&subscription));
    let rung = |bell: &AtomicUsize| bell.load(Ordering::SeqCst);
    assert_eq!((rung(&one), rung(&other)), (0, 0));
    let refused = Request::unkeyed(vec![adjust("tea", "north", -1)]).expect("a request has lines");
    let answers = engine.submit([&refused]).expect("memory never fails");
    assert!(answers[0].is_err());
    assert_eq!(rung(&one), 0, "a refusal is no news");
    for _ in 0..3 {
        submit(&mut engine, deliveries(1));
        assert_eq!((rung(&one), rung(&other)), (1, 1));
    }
    assert!(subscription.wait());
    assert_eq!(
        rung(&bell(&subscription)),
        1,
        "what is there already wakes at once"
    );
    take_all(&mut subscription, 10);
    let last = bell(&subscription);
    assert_eq!(rung(&last), 0);
    drop(engine);
    assert_eq!(rung(&last), 1, "the end wakes too");
    assert_eq!(
        rung(&bell(&subscription)),
        1,
        "and after it nobody is left to wait"
    );
}

#[test]
fn the_end_of_the_engine_ends_waiting_once_everything_is_taken() {
    let mut engine = open(&MemoryStorage::new()).engine;
    let subscription = engine.reader().subscribe(Sequence::START);
    let follower = std::thread::spawn(move || {
        let mut subscription = subscription;
        let mut taken = 0;
        while subscription.wait() {
            taken += take_all(&mut subscription, 7).len();
        }
        taken
    });
    for _ in 0..200 {
        submit(&mut engine, deliveries(3));
    }
    drop(engine);
    assert_eq!(follower.join().expect("the follower sees no gap"), 200);
}
