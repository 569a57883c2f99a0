//! What is drawn: rules of an engine, and what happens to it. Few keys, so that they collide.

use inventory_core::machine::WindowLimits;
use inventory_core::testing::{AppendFault, Call};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::wish::{self, Guarded, Wish, guarded};

/// Every other one is another caller's.
const KEYS: u8 = 12;

/// To a deadline, right after it, and on to where nothing lives any more.
const LEAPS: [i64; 6] = [1_000, 1_001, 2_000, 2_001, 40_000_000, 86_400_001];

/// How far a clock may be set ahead or back by people and by machines: a glitch, hours, days, years.
const SETS: [i64; 7] = [
    1_000,
    61_000,
    3_600_001,
    18_000_000,
    90_000_000,
    700_000_000,
    70_000_000_000,
];

/// How the engine is run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) window: WindowLimits,
    pub(crate) retain_events: Option<u64>,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A group is submitted; its append may fail.
    Submit(Vec<Ask>, Option<AppendFault>),
    /// So many milliseconds pass; or somebody sets the clock back by so many, and no time passes.
    Clock(i64),
    /// Somebody sets the clock ahead, or back, by so many milliseconds, and no time passes.
    Leap(i64),
    /// So many milliseconds pass while the clock stands.
    Stand(u64),
    /// Somebody sets the clock to what it should be.
    PutRight,
    /// The engine ends and is opened again, after an attempt in which this call fails.
    Restart(Option<Call>),
    /// A snapshot is taken, or cannot be saved.
    Snapshot { fails: bool },
    /// The next purge fails.
    FailPurge,
}

/// One request of a group.
#[derive(Debug, Clone)]
pub(crate) enum Ask {
    /// Lines under a key that may have been used for something else.
    New(Option<u8>, Vec<Wish>),
    /// The intent of an earlier request, that many keyed requests ago, with other guards.
    Again(usize, Guarded),
    /// The key of an earlier request, with something else in one of its lines.
    Otherwise(usize, usize),
}

pub(crate) fn rules() -> impl Strategy<Value = Rules> {
    let age_ms = select(vec![0, 300, 2_000, WindowLimits::default().age_ms]);
    let keys_max = prop_oneof![0..=8usize, Just(1_000)];
    let retain_events = option::of(0..12u64);
    (age_ms, keys_max, retain_events).prop_map(|(age_ms, keys_max, retain_events)| Rules {
        window: WindowLimits::default()
            .with_age_ms(age_ms)
            .with_keys_max(keys_max),
        retain_events,
    })
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let submit = (vec(ask(), 1..6), option::weighted(0.2, append_fault()));
    let failing = select(vec![Call::Load, Call::Read, Call::Letters]);
    let step = prop_oneof![
        12 => submit.prop_map(|(group, fault)| Step::Submit(group, fault)),
        2 => (-500..1_000i64).prop_map(Step::Clock),
        2 => select(&LEAPS[..]).prop_map(Step::Clock),
        1 => (select(&SETS[..]), any::<bool>())
            .prop_map(|(by, back)| Step::Leap(if back { -by } else { by })),
        1 => select(vec![300, 2_001, 61_000, 86_400_001]).prop_map(Step::Stand),
        1 => Just(Step::PutRight),
        2 => option::weighted(0.3, failing).prop_map(Step::Restart),
        2 => any::<bool>().prop_map(|fails| Step::Snapshot { fails }),
        1 => Just(Step::FailPurge),
    ];
    let begin = prop_oneof![
        1 => Just(Vec::new()),
        3 => vec(wish::delivery(), 4..9),
    ];
    (begin, vec(step, 1..40)).prop_map(|(delivered, mut steps)| {
        if !delivered.is_empty() {
            steps.insert(0, Step::Submit(vec![Ask::New(None, delivered)], None));
        }
        steps
    })
}

pub(crate) fn ask() -> impl Strategy<Value = Ask> {
    let key = || option::weighted(0.8, 0..KEYS);
    prop_oneof![
        6 => (key(), wish::family()).prop_map(|(key, lines)| Ask::New(key, lines)),
        2 => (key(), vec(wish::any(), 1..6)).prop_map(|(key, lines)| Ask::New(key, lines)),
        1 => (key(), wish::life()).prop_map(|(key, lines)| Ask::New(key, lines)),
        2 => (0..10usize, guarded()).prop_map(|(back, guarded)| Ask::Again(back, guarded)),
        1 => (0..10usize, 0..4usize).prop_map(|(back, line)| Ask::Otherwise(back, line)),
    ]
}

fn append_fault() -> impl Strategy<Value = AppendFault> {
    prop_oneof![
        Just(AppendFault::NotWritten),
        Just(AppendFault::Conflict),
        (0..5usize).prop_map(|durable| AppendFault::OutcomeUnknown { durable }),
    ]
}
