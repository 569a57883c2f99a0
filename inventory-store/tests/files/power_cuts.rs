//! The outbox on a disk that loses what was not synced: crashes at every call, with every fault. What was acknowledged is there.

use std::mem;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::time::Duration;

use inventory_core::testing::{Defect, with};
use inventory_core::vocabulary::Adjustment;
use inventory_http::wire::Update;
use inventory_log::disk::Directory;
use inventory_log::testing::{Fault, SimDisk};
use inventory_store::outbox::{
    Change, ChangeError, DurableOutbox, Intent, IntentKey, OnConflict, OpenError, OutboxLimits,
    Reason,
};

use crate::intents::at;

/// So many, queued at once, are worth writing the file anew.
const MANY: u16 = 1_500;

const LIMITS: OutboxLimits = OutboxLimits {
    intents_max: 2 * MANY as usize,
    age_max: Duration::from_secs(1),
    parked_max: 9,
};

/// Something that is asked of an outbox, of the intents with these numbers, all at once.
#[derive(Debug, Clone)]
enum Step {
    Queue(Vec<u16>),
    Settle(Vec<u16>),
    Park(u16),
    /// The outbox is opened anew.
    Restart,
}

impl Step {
    /// What of it may be asked of an outbox with this content.
    fn of(self, content: &Content) -> Self {
        let queued = |number: &u16| content.queued.contains(number);
        match self {
            Self::Settle(numbers) => Self::Settle(numbers.into_iter().filter(queued).collect()),
            Self::Park(number) if !queued(&number) => Self::Settle(Vec::new()),
            step @ (Self::Queue(_) | Self::Park(_) | Self::Restart) => step,
        }
    }
}

fn workload() -> Vec<Step> {
    vec![
        Step::Queue(vec![1]),
        Step::Queue(vec![2, 3, 4]),
        Step::Park(2),
        Step::Settle(vec![1]),
        Step::Restart,
        Step::Queue((100..100 + MANY).collect()),
        Step::Settle((100..100 + MANY).collect()),
        Step::Queue(vec![5, 6]),
        Step::Settle(vec![3, 5]),
    ]
}

fn key(number: u16) -> IntentKey {
    IntentKey {
        till: None,
        idempotency_key: number.to_string().parse().unwrap(),
    }
}

fn change(step: &Step) -> Vec<Change> {
    let queue = |number: &u16| {
        let update = Update::new(
            "north".parse().unwrap(),
            "tea".parse().unwrap(),
            Adjustment::new(-1).unwrap(),
            None,
        );
        Change::Enqueue(Intent::new(key(*number), update, at(5), None))
    };
    match step {
        Step::Queue(numbers) => numbers.iter().map(queue).collect(),
        Step::Settle(numbers) => numbers
            .iter()
            .map(|&one| Change::Settle(key(one)))
            .collect(),
        Step::Park(number) => vec![Change::Park {
            key: key(*number),
            reason: Reason::new("unprocessable", "there are none"),
        }],
        Step::Restart => Vec::new(),
    }
}

/// What is queued and parked, by number, in order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Content {
    queued: Vec<u16>,
    parked: Vec<u16>,
}

impl Content {
    fn of(outbox: &DurableOutbox) -> Self {
        let outbox = outbox.outbox();
        let number = |intent: &Intent| intent.key().idempotency_key.as_str().parse().unwrap();
        Self {
            queued: outbox.queued().map(number).collect(),
            parked: outbox.parked().map(|one| number(&one.intent)).collect(),
        }
    }

    fn after(&self, step: &Step) -> Self {
        let mut after = self.clone();
        match step {
            Step::Queue(numbers) => after.queued.extend(numbers),
            Step::Settle(numbers) => after.queued.retain(|one| !numbers.contains(one)),
            Step::Park(number) => {
                after.queued.retain(|one| one != number);
                after.parked.push(*number);
            }
            Step::Restart => {}
        }
        after
    }
}

fn open(disk: &SimDisk) -> Result<DurableOutbox, OpenError> {
    let io = |source| OpenError::Io {
        file: "the directory",
        source,
    };
    let directory = Directory::lock(Arc::new(disk.clone())).map_err(io)?;
    let directory = directory.expect("the process before has ended");
    Ok(DurableOutbox::open(&directory, LIMITS, OnConflict::Park)?.0)
}

/// What somebody knows who was told every answer.
#[derive(Debug, Default)]
struct Witness {
    acknowledged: Content,
    /// The step that may have happened or not.
    unsure: Option<Step>,
}

impl Witness {
    /// Goes through the workload, until the outbox cannot be opened anew.
    fn run(&mut self, disk: &SimDisk, mut outbox: DurableOutbox) {
        for step in workload() {
            let step = step.of(&self.acknowledged);
            if matches!(step, Step::Restart) {
                drop(outbox);
                match open(disk) {
                    Ok(opened) => outbox = opened,
                    Err(OpenError::Io { .. }) => return,
                    Err(refused) => panic!("refused a healthy disk: {refused}"),
                }
                self.check(&outbox);
                continue;
            }
            let had_failed = outbox.failure().is_some();
            let answers = outbox.change_all(&change(&step), at(6));
            let done = answers.iter().filter(|answer| answer.is_ok()).count();
            if done == answers.len() {
                self.acknowledged = self.acknowledged.after(&step);
                assert_eq!(Content::of(&outbox), self.acknowledged, "what was durable");
                continue;
            }
            assert_eq!(done, 0, "one append, {answers:?}");
            let failed = |answer: &Result<_, _>| matches!(answer, Err(ChangeError::Failed(_)));
            assert!(answers.iter().all(failed), "{answers:?}");
            // Once it has failed, nothing more is written.
            if !had_failed {
                self.unsure = Some(step);
            }
            if outbox.heal().is_ok() {
                self.unsure = None;
            }
            assert_eq!(Content::of(&outbox), self.acknowledged, "what was durable");
        }
        // A process that is killed drops nothing.
        mem::forget(outbox);
    }

    /// What is found is what was acknowledged, and what was not is there as a whole or not at all.
    fn check(&mut self, outbox: &DurableOutbox) {
        let found = Content::of(outbox);
        let unsure = self.unsure.take();
        if found != self.acknowledged {
            let with = unsure.map(|step| self.acknowledged.after(&step));
            assert_eq!(Some(&found), with.as_ref(), "not {:?}", self.acknowledged);
            self.acknowledged = found;
        }
    }
}

/// Runs the workload with a fault at call `nth`, lets the process end, and looks at what the next one finds. Says whether the call
/// was reached.
fn crash(seed: u64, nth: u64, fault: Fault, power: bool) -> bool {
    let disk = SimDisk::new(seed);
    disk.arm(None, nth, fault);
    let mut witness = Witness::default();
    match open(&disk) {
        Ok(outbox) => witness.run(&disk, outbox),
        Err(OpenError::Io { .. }) => {}
        Err(refused) => panic!("refused an empty directory: {refused}"),
    }
    let reached = disk.calls() >= nth;
    let mut dice = fastrand::Rng::with_seed(seed ^ nth << 8);
    let mut next_life = |disk: &SimDisk| match power {
        true => disk.power_cut(|_| dice.bool()),
        false => disk.kill(),
    };
    let mut disk = next_life(&disk);
    // The start is interrupted as well, at every call in turn, until one is not.
    for interrupted in 1.. {
        disk.arm(None, interrupted, Fault::Crash);
        match open(&disk) {
            Ok(outbox) => {
                witness.check(&outbox);
                break;
            }
            Err(OpenError::Io { .. }) => disk = next_life(&disk),
            Err(refused) => panic!("refused a healthy disk: {refused}"),
        }
    }
    // What was found is durable by now.
    let outbox = open(&next_life(&disk)).unwrap();
    assert_eq!(Content::of(&outbox), witness.acknowledged, "found again");
    reached
}

fn sweep(fault: Fault, power: bool, seeds: u64) {
    for seed in 0..seeds {
        for nth in 1.. {
            let case = || crash(seed, nth, fault, power);
            let reached = catch_unwind(case).unwrap_or_else(|panic| {
                let what = panic.downcast_ref::<String>();
                panic!("seed {seed}, call {nth}, {fault:?}, power {power}: {what:?}");
            });
            if !reached {
                break;
            }
        }
    }
}

const FAULTS: [Fault; 7] = [
    Fault::Crash,
    Fault::Eio,
    Fault::SyncLosesPages,
    Fault::NoSpace,
    Fault::NoDescriptors,
    Fault::Short,
    Fault::ShortThenNoSpace,
];

#[test]
fn what_the_outbox_has_acknowledged_survives_a_power_cut_at_any_call() {
    for fault in FAULTS {
        sweep(fault, true, 2);
    }
}

#[test]
fn what_the_outbox_has_acknowledged_survives_a_kill_at_any_call() {
    for fault in FAULTS {
        sweep(fault, false, 1);
    }
}

#[test]
fn the_workload_writes_the_file_anew() {
    let disk = SimDisk::new(1);
    let outbox = open(&disk).unwrap();
    Witness::default().run(&disk, outbox);
    let renames = disk.calls_of(inventory_log::testing::Call::Rename);
    assert_eq!(renames, 3, "at both starts, and once it was mostly history");
}

#[test]
fn the_sweep_sees_an_outbox_that_syncs_too_little() {
    for defect in [
        Defect::AcknowledgeBeforeSync,
        Defect::NoDirectorySyncAfterRename,
    ] {
        let seen = catch_unwind(|| with(defect, || sweep(Fault::Crash, true, 3)));
        assert!(seen.is_err(), "{defect:?} was not seen");
    }
}
