//! A writer whose engine has a bug, or is held up, at one of its observations.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use inventory_core::engine::{Answer, Engine, EngineError, Reader, Settings};
use inventory_core::machine::{Adjust, Guard, Request};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{Observation, Observer};
use inventory_core::vocabulary::Adjustment;
use inventory_core::writer::{Writer, WriterLimits};
use parking_lot::Mutex;

/// The observations that a group makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Decided,
    Appended,
    Published,
}

impl Moment {
    fn of(observation: &Observation<'_>) -> Option<Self> {
        let moments = [
            (
                Self::Decided,
                matches!(observation, Observation::GroupDecided { .. }),
            ),
            (
                Self::Appended,
                matches!(observation, Observation::GroupAppended { .. }),
            ),
            (
                Self::Published,
                matches!(observation, Observation::GroupPublished { .. }),
            ),
        ];
        let mut moments = moments.into_iter();
        moments.find_map(|(moment, is)| is.then_some(moment))
    }
}

/// What happens at a moment, once.
enum Plan {
    Panic,
    /// Says that it is there, and waits for the test.
    Hold(Sender<()>, Receiver<()>),
    /// Both, one after the other.
    HoldAndPanic(Sender<()>, Receiver<()>),
}

/// Panics, or waits, in the middle of a group.
#[derive(Default)]
pub(crate) struct Trap(Mutex<Option<(Moment, Plan)>>);

/// A group that is held up until it is let go.
pub(crate) struct Held {
    reached: Receiver<()>,
    let_go: Sender<()>,
}

impl Held {
    pub(crate) fn is_reached(&self) {
        self.reached.recv().expect("the group comes by");
    }

    pub(crate) fn let_go(&self) {
        self.let_go.send(()).expect("the group waits");
    }
}

impl Trap {
    pub(crate) fn panic_at(&self, moment: Moment) {
        *self.0.lock() = Some((moment, Plan::Panic));
    }

    pub(crate) fn hold_at(&self, moment: Moment) -> Held {
        self.plan(moment, Plan::Hold)
    }

    pub(crate) fn hold_and_panic_at(&self, moment: Moment) -> Held {
        self.plan(moment, Plan::HoldAndPanic)
    }

    fn plan(&self, moment: Moment, plan: fn(Sender<()>, Receiver<()>) -> Plan) -> Held {
        let ((says, reached), (let_go, waits)) = (channel(), channel());
        *self.0.lock() = Some((moment, plan(says, waits)));
        Held { reached, let_go }
    }

    fn take(&self, at: Moment) -> Option<Plan> {
        let mut plan = self.0.lock();
        let (_, plan) = plan.take_if(|(moment, _)| *moment == at)?;
        Some(plan)
    }
}

fn hold(says: &Sender<()>, waits: &Receiver<()>) {
    says.send(()).expect("the test listens");
    waits.recv().expect("the test lets it go");
}

impl Observer for Trap {
    fn observe(&self, observation: &Observation<'_>) {
        let plan = Moment::of(observation).and_then(|moment| self.take(moment));
        match plan {
            None => {}
            Some(Plan::Panic) => panic!("a bug"),
            Some(Plan::Hold(says, waits)) => hold(&says, &waits),
            Some(Plan::HoldAndPanic(says, waits)) => {
                hold(&says, &waits);
                panic!("a bug");
            }
        }
    }
}

pub(crate) struct World {
    pub(crate) storage: MemoryStorage,
    pub(crate) trap: Arc<Trap>,
    pub(crate) writer: Writer,
    pub(crate) reader: Reader,
}

impl World {
    pub(crate) fn new() -> Self {
        let storage = MemoryStorage::new();
        let trap = Arc::<Trap>::default();
        let mut ports = storage.ports();
        ports.observer = Arc::clone(&trap) as _;
        let opened = Engine::open(ports, Settings::default()).expect("memory never fails");
        let reader = opened.engine.reader();
        let writer = Writer::start(opened.engine, WriterLimits::default()).expect("a thread");
        Self {
            storage,
            trap,
            writer,
            reader,
        }
    }

    /// Whether what was asked for under a key is durable, as the next engine says.
    pub(crate) fn is_durable(&self, key: &str) -> bool {
        let opened = Engine::open(self.storage.ports(), Settings::default());
        let mut engine = opened.expect("memory never fails").engine;
        let answers = engine.submit(&receipt(key)).expect("memory never fails");
        answers[0].as_ref().expect("it fits").replayed
    }
}

/// One unit of tea arrives in the north.
pub(crate) fn receipt(key: &str) -> Vec<Request> {
    let adjust = Adjust {
        product: "tea".parse().expect("valid"),
        store: "north".parse().expect("valid"),
        delta: Adjustment::new(1).expect("valid"),
        guard: Guard::Unguarded,
    };
    vec![Request::new(key.parse().expect("valid"), vec![adjust.into()]).expect("valid")]
}

pub(crate) type Answers = Result<Vec<Answer>, EngineError>;
