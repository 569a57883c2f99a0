//! What the models have in common: an engine that takes no time, and who calls it.

use shuttle::thread;

use crate::group_writer::GroupWriter;
use crate::hand_over::HandOver;
use crate::inbox::Bounds;
use crate::sync::{Arc, Condvar, Mutex};
use crate::weight::Weight;

/// What was written, group by group.
pub(crate) type Groups = Arc<Mutex<Vec<Vec<u32>>>>;

/// Answers each request with its position among all that were written.
pub(crate) struct TestEngine {
    groups: Groups,
    written: usize,
    /// The group that fails, counted from 0.
    failing: Option<usize>,
    attempts: usize,
    /// Where the write of `HELD` waits for the test.
    held: Arc<Held>,
}

/// It weighs a line, and changes five.
pub(crate) const WIDE: u32 = 555;

fn changes(request: u32) -> usize {
    match request {
        WIDE => 5,
        _ => 1,
    }
}

/// Its write lasts until the test lets it go on.
pub(crate) const HELD: u32 = 999;

/// A write that lasts.
#[derive(Default)]
pub(crate) struct Held {
    state: Mutex<HeldState>,
    changed: Condvar,
}

#[derive(Default)]
struct HeldState {
    reached: bool,
    let_go: bool,
}

impl Held {
    fn hold(&self) {
        let mut state = self.state.lock();
        state.reached = true;
        self.changed.notify_all();
        while !state.let_go {
            self.changed.wait(&mut state);
        }
    }

    /// Waits until the write has begun.
    pub(crate) fn is_reached(&self) {
        let mut state = self.state.lock();
        while !state.reached {
            self.changed.wait(&mut state);
        }
    }

    pub(crate) fn let_go(&self) {
        self.state.lock().let_go = true;
        self.changed.notify_all();
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    Refused,
    Gone,
    Lost,
}

impl GroupWriter for TestEngine {
    type Request = u32;
    type Answer = usize;
    type Error = Failure;

    fn write<'a>(
        &mut self,
        group: impl Iterator<Item = &'a [u32]>,
        lines_max: usize,
    ) -> Result<Vec<usize>, Failure> {
        let attempt = self.attempts;
        self.attempts += 1;
        if self.failing == Some(attempt) {
            return Err(Failure::Refused);
        }
        let mut taken = Vec::new();
        for submission in group {
            taken.extend_from_slice(submission);
            if taken.iter().map(|request| changes(*request)).sum::<usize>() >= lines_max {
                break;
            }
        }
        let group = taken;
        // Somebody else may run while this one is being made durable.
        thread::yield_now();
        if group.contains(&HELD) {
            self.held.hold();
        }
        let answers = (self.written..).take(group.len()).collect();
        self.written += group.len();
        self.groups.lock().push(group);
        Ok(answers)
    }

    fn answering(&self, answer: impl FnOnce()) {
        answer();
    }

    /// A line each, of as many bytes as its number.
    fn weigh(request: &u32) -> Weight {
        Weight {
            lines: 1,
            bytes: *request as usize,
        }
    }

    fn lost() -> Failure {
        Failure::Lost
    }

    fn gone() -> Failure {
        Failure::Gone
    }
}

pub(crate) struct Model {
    pub(crate) hand_over: Arc<HandOver<TestEngine>>,
    pub(crate) groups: Groups,
    pub(crate) held: Arc<Held>,
    writer: thread::JoinHandle<Option<TestEngine>>,
}

impl Model {
    pub(crate) fn start(bounds: Bounds, failing: Option<usize>) -> Self {
        let groups = Groups::new(Mutex::new(Vec::new()));
        let held = Arc::<Held>::default();
        let engine = TestEngine {
            groups: Arc::clone(&groups),
            written: 0,
            failing,
            attempts: 0,
            held: Arc::clone(&held),
        };
        let hand_over = Arc::new(HandOver::new(engine, bounds));
        let running = Arc::clone(&hand_over);
        Self {
            hand_over,
            groups,
            held,
            writer: thread::spawn(move || running.run()),
        }
    }

    /// A caller that sends requests one after the other and waits for each; returns what it was told.
    pub(crate) fn waiting(
        &self,
        requests: Vec<u32>,
    ) -> thread::JoinHandle<Vec<Result<usize, Failure>>> {
        let hand_over = Arc::clone(&self.hand_over);
        thread::spawn(move || {
            let answers = requests.into_iter().map(|request| {
                let answers = hand_over.submit_and_wait(vec![request]);
                let answers = answers.expect("the hand-over is open");
                answers.map(|answers| answers[0])
            });
            answers.collect()
        })
    }

    /// Closes the hand-over and returns all that was written, in order.
    pub(crate) fn close(self) -> Vec<u32> {
        self.hand_over.close();
        let engine = self.writer.join().expect("the writer ends");
        let written = self.groups.lock().concat();
        assert_eq!(engine.expect("nobody panicked").written, written.len());
        written
    }
}

pub(crate) const ROOMY: Bounds = lines(64, 64);

/// Bounds in lines alone.
pub(crate) const fn lines(inbox: usize, group: usize) -> Bounds {
    const BYTES: usize = 1_000;
    Bounds {
        inbox: Weight {
            lines: inbox,
            bytes: BYTES,
        },
        group: Weight {
            lines: group,
            bytes: BYTES,
        },
    }
}

/// Runs a model under many schedules: half of them at random, half of them with few but badly placed switches.
pub(crate) fn check(model: impl Fn() + Clone + Send + Sync + 'static) {
    let schedules = std::env::var("HAND_OVER_SCHEDULES")
        .map_or(4_000, |text| text.parse().expect("a number of schedules"));
    shuttle::check_random(model.clone(), schedules / 2);
    shuttle::check_pct(model, schedules / 2, 3);
}
