//! What waits and what is written together, in a real engine: bounded in lines and bytes, whatever the requests are.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::mpsc::channel;

use inventory_core::conformance::adjust;
use inventory_core::engine::{Engine, Settings};
use inventory_core::machine::{Annotations, Request};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{Observation, Observer};
use inventory_core::vocabulary::{NOTE_CHARACTERS_MAX, Note};
use inventory_core::writer::{NotTaken, Writer, WriterLimits};
use parking_lot::Mutex;

use crate::world::{Moment, Trap};

/// How many events each group had, and where the first one is held up.
#[derive(Default)]
struct Groups {
    trap: Trap,
    events: Mutex<Vec<usize>>,
}

impl Observer for Groups {
    fn observe(&self, observation: &Observation<'_>) {
        if let Observation::GroupDecided { events, .. } = observation {
            self.events.lock().push(*events);
        }
        self.trap.observe(observation);
    }
}

fn lines(count: usize) -> Request {
    Request::unkeyed(vec![adjust("tea", "north", 1); count]).unwrap()
}

fn noted() -> Request {
    let note = Note::new(&"x".repeat(NOTE_CHARACTERS_MAX)).unwrap();
    lines(1).annotated(Annotations {
        note: Some(note),
        ..Annotations::default()
    })
}

/// Submits requests while the first group is held up, until one is refused. Returns how many were taken, and the events of
/// the groups.
fn fill(limits: WriterLimits, request: fn() -> Request) -> (usize, Vec<usize>) {
    let groups = Arc::<Groups>::default();
    let mut ports = MemoryStorage::new().ports();
    ports.observer = Arc::clone(&groups) as _;
    let engine = Engine::open(ports, Settings::default()).unwrap().engine;
    let writer = Writer::start(engine, limits).unwrap();
    let held = groups.trap.hold_at(Moment::Decided);
    let (answered, answers) = channel();
    let submit = |requests| {
        let answered = answered.clone();
        writer.submit(requests, move |answer| answered.send(answer).unwrap())
    };
    submit(vec![lines(1)]).unwrap();
    held.is_reached();
    let mut taken = 0;
    let refused = loop {
        match submit(vec![request()]) {
            Ok(()) => taken += 1,
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused, NotTaken::Full);
    held.let_go();
    assert!(answers.iter().take(1 + taken).all(|answer| answer.is_ok()));
    drop(writer.stop().unwrap());
    let events = groups.events.lock()[1..].to_vec();
    (taken, events)
}

#[test]
fn a_request_weighs_as_many_lines_as_it_has() {
    let limits = WriterLimits {
        inbox_lines_max: 1_000,
        group_lines_max: 300,
        ..WriterLimits::default()
    };
    let (taken, groups) = fill(limits, || lines(100));
    assert_eq!((taken, groups), (10, vec![300, 300, 300, 100]));
    // One that is larger than the inbox is taken when it is alone.
    let (taken, groups) = fill(limits, || lines(2_000));
    assert_eq!((taken, groups), (1, vec![2_000]));
}

#[test]
fn a_request_weighs_what_it_says_beside_its_lines() {
    let limits = WriterLimits {
        inbox_bytes_max: 64 * 1024,
        group_bytes_max: 16 * 1024,
        ..WriterLimits::default()
    };
    let (plain, groups) = fill(limits, || lines(1));
    let (noted, _) = fill(limits, noted);
    let most = limits.inbox_bytes_max / NOTE_CHARACTERS_MAX;
    assert!(noted < plain && plain <= most, "{noted} {plain}");
    assert!(
        groups.iter().all(|events| events * 4 <= plain + 4),
        "{groups:?}"
    );
}
