//! What callers hear when something panics, and what of theirs is durable then.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;

use inventory_core::engine::EngineError;
use inventory_core::vocabulary::Sequence;
use inventory_core::writer::{NotTaken, SubmitError, Writer};

use crate::world::{Answers, Moment, World, receipt};

const MOMENTS: [(Moment, bool); 3] = [
    (Moment::Decided, false),
    (Moment::Appended, true),
    (Moment::Published, true),
];

fn is_unknown(answers: &Answers) -> bool {
    answers.as_ref().is_err_and(EngineError::outcome_is_unknown)
}

/// Once, callers of a group that was durable heard that nothing had been written, and the service went on looking ready.
#[test]
fn a_group_that_may_be_durable_is_never_told_that_nothing_was_written() {
    for (moment, durable) in MOMENTS {
        let world = World::new();
        let held = world.trap.hold_and_panic_at(moment);
        let (answered, answers) = mpsc::channel();
        let submit = |key: &str| {
            let (answered, reader) = (answered.clone(), world.reader.clone());
            let reply =
                move |answer: Answers| answered.send((answer, reader.is_stopped())).unwrap();
            world.writer.submit(receipt(key), reply).unwrap();
        };
        submit("begun");
        held.is_reached();
        submit("waiting");
        held.let_go();
        let told: Vec<_> = answers.iter().take(2).collect();
        assert!(
            told.iter().all(|(_, stopped)| *stopped),
            "{moment:?}: who hears of it sees it"
        );
        let (never_begun, begun): (Vec<_>, Vec<_>) = told
            .into_iter()
            .map(|(answer, _)| answer)
            .partition(|answer| matches!(answer, Err(EngineError::Stopped)));
        assert_eq!((never_begun.len(), begun.len()), (1, 1), "{moment:?}");
        assert!(is_unknown(&begun[0]), "{moment:?}");
        assert_eq!(world.is_durable("begun"), durable, "{moment:?}");
        assert!(!world.is_durable("waiting"), "{moment:?}");
        let refused = world.writer.submit_and_wait(receipt("late"));
        assert!(matches!(
            refused,
            Err(SubmitError::NotTaken(NotTaken::Closed))
        ));
        assert!(world.writer.stop().is_none(), "{moment:?}");
    }
}

#[test]
fn stopping_while_a_group_dies_answers_each_who_waits() {
    for (moment, _) in MOMENTS {
        let World { trap, writer, .. } = World::new();
        let held = trap.hold_and_panic_at(moment);
        let (answered, answers) = mpsc::channel();
        let submit = |key: &str| {
            let (answered, key) = (answered.clone(), key.to_owned());
            let requests = receipt(&key);
            let reply = move |answer: Answers| answered.send((key, answer)).unwrap();
            writer.submit(requests, reply).unwrap();
        };
        submit("begun");
        held.is_reached();
        ["one", "two", "three"].into_iter().for_each(submit);
        drop(answered);
        let stopped = thread::spawn(move || writer.stop().is_none());
        held.let_go();
        // The channel ends once no reply is left that could be called.
        let told: Vec<_> = answers.iter().collect();
        let count = |is: fn(&Answers) -> bool| told.iter().filter(|(_, told)| is(told)).count();
        let never_begun = |told: &Answers| matches!(told, Err(EngineError::Stopped));
        assert_eq!((count(is_unknown), count(never_begun)), (1, 3), "{told:?}");
        assert!(
            told.iter()
                .any(|(key, told)| key == "begun" && is_unknown(told))
        );
        assert!(stopped.join().unwrap(), "{moment:?}: there is no engine");
    }
}

#[test]
fn who_waits_for_a_group_that_dies_or_for_the_next_one_is_told() {
    for (moment, _) in MOMENTS {
        let world = World::new();
        let first = world.trap.hold_at(Moment::Published);
        let wait = |key: &'static str| world.writer.submit_and_wait(receipt(key));
        let queued = |count| {
            while world.writer.queued() < count {
                thread::yield_now();
            }
        };
        thread::scope(|scope| {
            let fine = scope.spawn(|| wait("fine"));
            first.is_reached();
            // These two are the group that dies.
            let begun = ["begun", "beside"].map(|key| scope.spawn(move || wait(key)));
            queued(2);
            let dies = world.trap.hold_and_panic_at(moment);
            first.let_go();
            assert!(fine.join().unwrap().is_ok());
            dies.is_reached();
            let waiting = ["one", "two", "three"].map(|key| scope.spawn(move || wait(key)));
            queued(3);
            dies.let_go();
            for caller in begun {
                let told = caller.join().unwrap();
                assert!(
                    matches!(&told, Err(SubmitError::Engine(error)) if error.outcome_is_unknown()),
                    "{moment:?}: {told:?}"
                );
            }
            for caller in waiting {
                let told = caller.join().unwrap();
                assert!(
                    matches!(told, Err(SubmitError::Engine(EngineError::Stopped))),
                    "{moment:?}: {told:?}"
                );
            }
        });
    }
}

#[test]
fn a_caller_that_commits_by_itself_hears_the_same_and_so_do_the_others() {
    for (moment, durable) in MOMENTS {
        let world = World::new();
        assert!(world.writer.submit_and_wait(receipt("fine")).is_ok());
        world.trap.panic_at(moment);
        match world.writer.submit_and_wait(receipt("begun")) {
            Err(SubmitError::Engine(error)) => assert!(error.outcome_is_unknown(), "{moment:?}"),
            other => panic!("{moment:?}: {other:?}"),
        }
        assert!(world.reader.is_stopped());
        assert_eq!(world.is_durable("begun"), durable, "{moment:?}");
        let refused = world.writer.submit_and_wait(receipt("late"));
        assert!(matches!(
            refused,
            Err(SubmitError::NotTaken(NotTaken::Closed))
        ));
        assert!(world.writer.stop().is_none());
    }
}

/// Releases a cart when its handler fails.
struct Release<'a>(&'a Writer);

impl Drop for Release<'_> {
    fn drop(&mut self) {
        assert!(self.0.submit_and_wait(receipt("release")).is_ok());
    }
}

#[test]
fn a_destructor_that_waits_for_the_writer_while_its_thread_unwinds_ends_nothing() {
    let world = World::new();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _release = Release(&world.writer);
        panic!("a handler fails");
    }));
    assert!(caught.is_err());
    assert!(world.writer.submit_and_wait(receipt("next")).is_ok());
    assert!(!world.reader.is_stopped());
    assert_eq!(world.reader.head().sequence, Sequence::new(2));
    assert!(world.writer.stop().is_some());
}

#[test]
fn a_reply_that_panics_harms_nobody_else() {
    let world = World::new();
    let (answered, answers) = mpsc::channel();
    world
        .writer
        .submit(receipt("one"), |_| panic!("a bad callback"))
        .unwrap();
    let reply = move |answer| answered.send(answer).unwrap();
    world.writer.submit(receipt("two"), reply).unwrap();
    assert!(matches!(answers.recv(), Ok(Ok(_))));
    let engine = world.writer.stop().expect("the engine is still there");
    assert_eq!(engine.reader().head().sequence.number(), 2);
}

#[test]
fn a_subscriber_that_panics_when_it_is_woken_harms_nobody_else() {
    let world = World::new();
    let (woken, wakes) = mpsc::channel();
    let subscription = world.reader.subscribe(Sequence::START);
    subscription.when_ready(|| panic!("a bad subscriber"));
    subscription.when_ready(move || woken.send(()).unwrap());
    assert!(world.writer.submit_and_wait(receipt("one")).is_ok());
    wakes.recv().expect("the other one is woken");
    assert!(!world.reader.is_stopped());
    assert!(world.writer.submit_and_wait(receipt("two")).is_ok());
    assert!(world.is_durable("one"));
}
