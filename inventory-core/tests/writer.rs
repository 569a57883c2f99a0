//! The writer over real threads: what the model checker cannot run, because it needs a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use inventory_core::engine::{Engine, EngineError, Settings};
use inventory_core::machine::{Adjust, Guard, Request};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{Observation, Observer};
use inventory_core::vocabulary::Adjustment;
use inventory_core::writer::{NotTaken, SubmitError, Writer, WriterLimits};

/// Panics in the middle of a group, as a bug in the engine would.
struct Bug {
    armed: AtomicBool,
}

impl Observer for Bug {
    fn observe(&self, observation: &Observation<'_>) {
        let decided = matches!(observation, Observation::GroupDecided { .. });
        if decided && self.armed.load(Ordering::Relaxed) {
            panic!("a bug");
        }
    }
}

fn receipt(key: &str) -> Vec<Request> {
    let adjust = Adjust {
        product: "tea".parse().expect("valid"),
        store: "north".parse().expect("valid"),
        delta: Adjustment::new(1).expect("valid"),
        guard: Guard::Unguarded,
    };
    vec![Request::new(key.parse().expect("valid"), vec![adjust.into()]).expect("valid")]
}

fn writer(armed: bool) -> (Writer, Arc<Bug>) {
    let bug = Arc::new(Bug {
        armed: AtomicBool::new(armed),
    });
    let mut ports = MemoryStorage::new().ports();
    ports.observer = Arc::clone(&bug) as _;
    let opened = Engine::open(ports, Settings::default()).expect("memory never fails");
    (Writer::start(opened.engine, WriterLimits::default()), bug)
}

#[test]
fn a_panic_on_the_writers_thread_ends_it_and_tells_whoever_waits() {
    let (writer, _bug) = writer(true);
    let (answered, answers) = mpsc::channel();
    let reply = move |answer| answered.send(answer).unwrap();
    writer.submit(receipt("one"), reply).unwrap();
    assert!(matches!(answers.recv(), Ok(Err(EngineError::Stopped))));
    // The thread may still be unwinding: what is sent now is either not taken or told the same.
    match writer.submit_and_wait(receipt("two")) {
        Err(
            SubmitError::NotTaken(NotTaken::Closed) | SubmitError::Engine(EngineError::Stopped),
        ) => {}
        other => panic!("{other:?}"),
    }
    assert!(writer.stop().is_none());
}

#[test]
fn a_panic_on_a_callers_thread_ends_the_writer_for_the_others() {
    let (writer, bug) = writer(false);
    assert!(writer.submit_and_wait(receipt("one")).is_ok());
    bug.armed.store(true, Ordering::Relaxed);
    let caught = catch_unwind(AssertUnwindSafe(|| writer.submit_and_wait(receipt("two"))));
    assert!(
        caught.is_err(),
        "nobody else waits, so the caller commits by itself"
    );
    let refused = writer.submit_and_wait(receipt("three"));
    assert!(matches!(
        refused,
        Err(SubmitError::NotTaken(NotTaken::Closed))
    ));
    assert!(writer.stop().is_none());
}

#[test]
fn a_reply_that_panics_harms_nobody_else() {
    let (writer, _bug) = writer(false);
    let (answered, answers) = mpsc::channel();
    writer
        .submit(receipt("one"), |_| panic!("a bad callback"))
        .unwrap();
    let reply = move |answer| answered.send(answer).unwrap();
    writer.submit(receipt("two"), reply).unwrap();
    assert!(matches!(answers.recv(), Ok(Ok(_))));
    let engine = writer.stop().expect("the engine is still there");
    assert_eq!(engine.reader().head().sequence.number(), 2);
}

#[test]
fn stopping_finishes_what_was_taken_and_gives_the_engine_back() {
    let (writer, _bug) = writer(false);
    let (answered, answers) = mpsc::channel();
    for number in 0..100 {
        let answered = answered.clone();
        let reply = move |answer| answered.send((number, answer)).unwrap();
        writer
            .submit(receipt(&format!("key-{number}")), reply)
            .unwrap();
    }
    let engine = writer.stop().expect("nobody panicked");
    drop(answered);
    let answers: Vec<_> = answers.iter().collect();
    assert!(answers.iter().all(|(_, answer)| answer.is_ok()));
    let order: Vec<_> = answers.iter().map(|(number, _)| *number).collect();
    assert_eq!(order, Vec::from_iter(0..100));
    assert_eq!(engine.reader().head().sequence.number(), 100);
}
