//! What replies, wake-ups and looks may do to the engine that calls them: nothing that ends it.

use std::sync::{Arc, mpsc};
use std::thread;

use inventory_core::machine::Ledger;
use inventory_core::vocabulary::Sequence;
use inventory_core::writer::{NotTaken, SubmitError, Writer};

use crate::world::{Moment, World, receipt};

fn is_told_within_reply<T>(told: &Result<T, SubmitError>) -> bool {
    matches!(told, Err(SubmitError::NotTaken(NotTaken::WithinReply)))
}

#[test]
fn a_wake_up_that_would_wait_for_its_own_thread_is_told_so() {
    let World { writer, reader, .. } = World::new();
    let writer = Arc::new(writer);
    let (told, tells) = mpsc::channel();
    let within = Arc::downgrade(&writer);
    reader.subscribe(Sequence::START).when_ready(move || {
        let writer = within.upgrade().unwrap();
        told.send(writer.submit_and_wait(receipt("two"))).unwrap();
    });
    // Nobody else waits, so this thread commits, publishes, and wakes.
    assert!(writer.submit_and_wait(receipt("one")).is_ok());
    assert!(is_told_within_reply(&tells.recv().unwrap()));
    assert!(writer.submit_and_wait(receipt("two")).is_ok());
}

#[test]
fn a_reply_of_one_writer_may_wait_for_another() {
    let (one, other) = (World::new(), World::new());
    let (told, tells) = mpsc::channel();
    let reply = move |_| {
        let answers = other.writer.submit_and_wait(receipt("other"));
        told.send(answers.is_ok()).unwrap();
    };
    one.writer.submit(receipt("one"), reply).unwrap();
    assert!(tells.recv().unwrap());
}

#[test]
fn a_writer_that_is_dropped_by_a_reply_finishes_what_it_has_taken() {
    let World {
        storage: _,
        trap,
        writer,
        reader,
    } = World::new();
    let held = trap.hold_at(Moment::Decided);
    let writer: Arc<Writer> = Arc::new(writer);
    let last = Arc::clone(&writer);
    writer.submit(receipt("one"), move |_| drop(last)).unwrap();
    held.is_reached();
    let (answered, answers) = mpsc::channel();
    let reply = move |answer| answered.send(answer).unwrap();
    writer.submit(receipt("two"), reply).unwrap();
    drop(writer);
    held.let_go();
    assert!(answers.recv().unwrap().is_ok());
    // Its thread ends, and the engine with it.
    assert!(!reader.subscribe(Sequence::new(2)).wait());
    assert_eq!(reader.head().sequence, Sequence::new(2));
}

#[test]
fn a_look_within_a_look_does_not_wait_for_a_writer_that_waits_for_the_outer_one() {
    let world = World::new();
    let held = world.trap.hold_at(Moment::Appended);
    thread::scope(|scope| {
        let writing = scope.spawn(|| world.writer.submit_and_wait(receipt("one")));
        held.is_reached();
        world.reader.read(|ledger| {
            held.let_go();
            // Meanwhile the writer comes to wait for the end of this look.
            for _ in 0..20_000 {
                assert_eq!(world.reader.head(), ledger.head());
                thread::yield_now();
            }
        });
        assert!(writing.join().unwrap().is_ok());
    });
    assert_eq!(world.reader.head().sequence, Sequence::new(1));
}

#[test]
fn who_looks_at_the_ledger_is_told_not_to_wait_for_it_to_change() {
    let world = World::new();
    let submit = |_: &Ledger| world.writer.submit_and_wait(receipt("one"));
    let told = world.reader.read(submit);
    assert!(matches!(told, Err(SubmitError::WithinRead)));
    // Of another engine's ledger it may.
    assert!(World::new().reader.read(submit).is_ok());
}

/// Each of these waited for ever: for a change that the thread that waits has to make, or holds up.
#[test]
fn who_would_wait_for_a_change_of_its_own_is_told_that_nothing_comes() {
    let world = World::new();
    let head = Arc::new(world.reader.subscribe(Sequence::new(1)));
    let (told, tells) = mpsc::channel();
    // A look.
    let looked = world
        .reader
        .read(|_| world.reader.subscribe(Sequence::START).wait());
    assert!(!looked, "nothing is there");
    // A wake-up, on the thread that commits, and what a reader finds there already.
    let (waits, answered) = (Arc::clone(&head), told.clone());
    let found = world.reader.subscribe(Sequence::START);
    let finds = world.reader.subscribe(Sequence::START);
    found.when_ready(move || answered.send((waits.wait(), finds.wait())).unwrap());
    assert!(world.writer.submit_and_wait(receipt("one")).is_ok());
    assert_eq!(tells.recv().unwrap(), (false, true));
    // A reply.
    let waits = world.reader.subscribe(Sequence::new(2));
    let finds = Arc::clone(&head);
    let reply = move |_| told.send((waits.wait(), finds.wait())).unwrap();
    world.writer.submit(receipt("two"), reply).unwrap();
    assert_eq!(tells.recv().unwrap(), (false, true));
    // Anybody else waits, and is woken.
    thread::scope(|scope| {
        let waiting = scope.spawn(|| world.reader.subscribe(Sequence::new(2)).wait());
        assert!(world.writer.submit_and_wait(receipt("three")).is_ok());
        assert!(waiting.join().unwrap());
    });
}

#[test]
fn a_writer_that_is_stopped_within_a_look_finishes_once_the_look_has_ended() {
    let World {
        storage: _,
        trap,
        writer,
        reader,
    } = World::new();
    let held = trap.hold_at(Moment::Appended);
    let (answered, answers) = mpsc::channel();
    let reply = move |answer| answered.send(answer).unwrap();
    writer.submit(receipt("one"), reply).unwrap();
    held.is_reached();
    reader.read(|_| {
        held.let_go();
        assert!(writer.stop().is_none(), "it is not waited for");
    });
    assert!(answers.recv().unwrap().is_ok());
    assert!(
        !reader.subscribe(Sequence::new(1)).wait(),
        "its thread ends"
    );
}

#[test]
fn a_writer_that_is_stopped_by_a_wake_up_finishes_once_that_has_returned() {
    let World { writer, reader, .. } = World::new();
    let writer = Arc::new(writer);
    let within = Arc::clone(&writer);
    let (told, tells) = mpsc::channel();
    reader.subscribe(Sequence::START).when_ready(move || {
        let stopped = within.stop();
        told.send(stopped.is_none()).unwrap();
    });
    // This thread commits, publishes, and wakes: the writer's own thread has nothing to give back before that.
    assert!(writer.submit_and_wait(receipt("one")).is_ok());
    assert!(tells.recv().unwrap());
    assert!(matches!(
        writer.submit_and_wait(receipt("two")),
        Err(SubmitError::NotTaken(NotTaken::Closed))
    ));
}
