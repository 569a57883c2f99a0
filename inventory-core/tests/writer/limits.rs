//! What waits and what is written together, in a real engine: bounded in lines and bytes, whatever the requests are.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;
use std::iter;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::mpsc::channel;

use inventory_core::conformance::adjust;
use inventory_core::engine::{Answer, Engine, EngineError, Settings};
use inventory_core::machine::{Annotations, Command, Commit, Extend, Hold, Request};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{Observation, Observer};
use inventory_core::vocabulary::{NOTE_CHARACTERS_MAX, Note, Ttl, Units};
use inventory_core::writer::{NotTaken, Writer, WriterLimits};
use parking_lot::Mutex;

use crate::world::{Held, Moment, Trap};

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
    let limits = WriterLimits::default()
        .with_inbox_lines_max(1_000)
        .with_group_lines_max(300);
    let (taken, groups) = fill(limits, || lines(100));
    assert_eq!((taken, groups), (10, vec![300, 300, 300, 100]));
    // One that is larger than the inbox is taken when it is alone.
    let (taken, groups) = fill(limits, || lines(2_000));
    assert_eq!((taken, groups), (1, vec![2_000]));
}

fn name<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// A cart of so many lines, which are there.
fn cart(number: usize, lines: usize) -> Request {
    let line = |at| {
        let product = format!("p{number}-{at}");
        let hold = Hold {
            reservation: name(&format!("cart-{number}")),
            product: name(&product),
            store: name("north"),
            quantity: Units::new(1).unwrap(),
            ttl: Ttl::new(60).unwrap(),
        };
        [adjust(&product, "north", 1), hold.into()]
    };
    Request::unkeyed((0..lines).flat_map(line).collect()).unwrap()
}

/// A service with carts, its writer at work on something else.
struct Carts {
    groups: Arc<Groups>,
    writer: Writer,
    held: Held,
}

impl Carts {
    fn made(carts: usize, lines: usize) -> Self {
        let groups = Arc::<Groups>::default();
        let mut ports = MemoryStorage::new().ports();
        ports.observer = Arc::clone(&groups) as _;
        let engine = Engine::open(ports, Settings::default()).unwrap().engine;
        let writer = Writer::start(engine, WriterLimits::default()).unwrap();
        for number in 0..carts {
            let made = writer.submit_and_wait(vec![cart(number, lines)]).unwrap();
            assert!(made[0].is_ok(), "{made:?}");
        }
        let held = groups.trap.hold_at(Moment::Decided);
        let busy = vec![self::lines(1)];
        writer
            .submit(busy, |answer| assert!(answer.is_ok()))
            .unwrap();
        held.is_reached();
        groups.events.lock().clear();
        Self {
            groups,
            writer,
            held,
        }
    }

    /// Submits commands that stand for whole carts, one each, and returns how many events each group had that followed.
    fn groups_of(self, commands: impl Iterator<Item = Command>) -> Vec<usize> {
        let (answered, answers) = channel();
        let mut submitted = 0;
        for (number, command) in commands.enumerate() {
            let answered = answered.clone();
            let reply = move |told: Result<Vec<Answer>, EngineError>| {
                answered.send((number, told.unwrap())).unwrap();
            };
            let request = Request::unkeyed(vec![command]).unwrap();
            self.writer.submit(vec![request], reply).unwrap();
            submitted += 1;
        }
        self.held.let_go();
        for number in 0..submitted {
            let (told, answers) = answers.recv().unwrap();
            assert_eq!(told, number, "they are answered in order");
            assert!(answers.len() == 1 && answers[0].is_ok(), "{answers:?}");
        }
        drop(self.writer.stop().unwrap());
        self.groups.events.lock().clone()
    }
}

/// Each is one line, and changes a thousand levels: a hundred of them at once held the log up by a hundred thousand events.
#[test]
fn a_group_is_bounded_in_what_it_changes() {
    const CARTS: usize = 30;
    const LINES: usize = 1_000;
    let commit = |number: usize| {
        let reservation = name(&format!("cart-{number}"));
        Command::from(Commit {
            reservation,
            lines: None,
        })
    };
    let groups = Carts::made(CARTS, LINES).groups_of((0..CARTS).map(commit));
    assert_eq!(groups, [10_000, 10_000, 10_000]);
    // One that is made in the same group is weighed as well, though nobody knows it before.
    let extend = || {
        Command::from(Extend {
            reservation: name("cart-0"),
            ttl: Ttl::new(90).unwrap(),
        })
    };
    let groups = Carts::made(1, LINES).groups_of(iter::repeat_with(extend).take(25));
    assert_eq!(groups, [10_000, 10_000, 5_000]);
}

#[test]
fn a_request_weighs_what_it_says_beside_its_lines() {
    let limits = WriterLimits::default()
        .with_inbox_bytes_max(64 * 1024)
        .with_group_bytes_max(16 * 1024);
    let (plain, groups) = fill(limits, || lines(1));
    let (noted, _) = fill(limits, noted);
    let most = limits.inbox_bytes_max / NOTE_CHARACTERS_MAX;
    assert!(noted < plain && plain <= most, "{noted} {plain}");
    assert!(
        groups.iter().all(|events| events * 4 <= plain + 4),
        "{groups:?}"
    );
}
