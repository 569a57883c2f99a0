//! The same requests at the same times are the same log, however they are grouped and wherever they are replayed from.

use std::sync::Arc;

use inventory_core::conformance::assert_same_image;
use inventory_core::engine::{Answer, Engine, Settings};
use inventory_core::machine::replica::Image;
use inventory_core::machine::{Entry, Request, WindowLimits};
use inventory_core::memory::{MemoryStorage, StoppedClock};
use inventory_core::ports::{EventLog, Snapshot, SnapshotStore};
use inventory_core::vocabulary::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::draw::{self, Ask, Rules, Step};
use crate::world::World;

/// What came of requests that were submitted in groups of a size.
struct Outcome {
    storage: MemoryStorage,
    answers: Vec<Answer>,
    /// The ledger after each group.
    images: Vec<Image>,
}

impl Outcome {
    fn of(requests: &[Request], group: usize) -> Self {
        let storage = MemoryStorage::new();
        let mut engine = open(&storage);
        let (mut answers, mut images) = (Vec::new(), Vec::new());
        for group in requests.chunks(group) {
            answers.extend(engine.submit(group).expect("memory never fails"));
            images.push(engine.reader().image());
        }
        Self {
            storage,
            answers,
            images,
        }
    }

    fn log(&self) -> Vec<Arc<Entry>> {
        let reader = self.storage.log().reader();
        reader
            .read(reader.floor(), usize::MAX)
            .expect("memory never fails")
    }
}

fn open(storage: &MemoryStorage) -> Engine {
    let mut ports = storage.ports();
    ports.clock = Arc::new(StoppedClock(Timestamp::UNIX_EPOCH));
    let opened = Engine::open(ports, Settings::default());
    opened.expect("healthy storage is never refused").engine
}

/// Requests whose guards fit when they are sent one by one.
fn requests() -> impl Strategy<Value = Vec<Request>> {
    vec(draw::ask(), 1..40).prop_map(|asks: Vec<Ask>| {
        let mut world = World::new(Rules {
            window: WindowLimits::default(),
            retain_events: None,
        });
        for ask in asks {
            world.step(&Step::Submit(vec![ask], None));
        }
        world.asked().to_vec()
    })
}

proptest! {
    #![proptest_config(crate::cases::config())]

    #[test]
    fn the_same_steps_write_the_same_log(rules in draw::rules(), steps in draw::steps()) {
        let play = || {
            let mut world = World::new(rules);
            steps.iter().for_each(|step| world.step(step));
            world
        };
        let (first, second) = (play(), play());
        prop_assert_eq!(first.log(), second.log());
        prop_assert_eq!(format!("{:?}", first.log()), format!("{:?}", second.log()));
    }

    #[test]
    fn grouping_changes_neither_answers_nor_log(requests in requests(), group in 2..12usize) {
        let alone = Outcome::of(&requests, 1);
        for size in [group, requests.len().max(1)] {
            let grouped = Outcome::of(&requests, size);
            prop_assert_eq!(&grouped.answers, &alone.answers);
            prop_assert_eq!(grouped.log(), alone.log());
        }
    }

    #[test]
    fn any_snapshot_and_what_follows_it_are_the_full_replay(requests in requests()) {
        let outcome = Outcome::of(&requests, 1);
        let Some(last) = outcome.images.last() else {
            return Ok(());
        };
        assert_same_image(&open(&outcome.storage).reader().image(), last);
        for image in &outcome.images {
            let snapshot = Snapshot {
                epoch: outcome.storage.log().epoch(),
                replaces: None,
                image: image.clone(),
            };
            outcome.storage.snapshots().save(&snapshot).expect("memory never fails");
            assert_same_image(&open(&outcome.storage).reader().image(), last);
        }
    }
}
