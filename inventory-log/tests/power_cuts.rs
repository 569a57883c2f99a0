//! Crashes at every call, with every fault: what was acknowledged is there, and a healthy disk is never refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use inventory_core::conformance::{History, adjust};
use inventory_core::engine::Recovery;
use inventory_core::machine::{Entry, Request};
use inventory_core::ports::{
    AppendError, DeadLetter, DeadLetters, EventLog, Snapshot, SnapshotStore,
};
use inventory_core::testing::{Defect, ManualClock};
use inventory_core::vocabulary::{Epoch, Sequence, Timestamp};
use inventory_log::file::{FileOptions, FileStore, FindingKind, OpenError, open_on};
use inventory_log::testing::{Call, Fault, SimDisk};

/// Small enough that a few entries fill a segment, and that a group spans sectors.
const SMALL: FileOptions = FileOptions {
    segment_bytes: 1_500,
    reserve_bytes: 700,
    prefill_bytes: 400,
    recovery: Recovery::Strict,
};

fn open(disk: &SimDisk) -> Result<FileStore, OpenError> {
    open_on(
        Arc::new(disk.clone()),
        &ManualClock::at(Timestamp::UNIX_EPOCH),
        SMALL,
    )
}

/// What a program that used the store knows of it.
#[derive(Default)]
struct Witness {
    history: History,
    epoch: Option<Epoch>,
    entries: Vec<Arc<Entry>>,
    /// Entries whose append did not return.
    unsure: Vec<Arc<Entry>>,
    purged: Sequence,
    saved: Option<Sequence>,
    saving: Option<Sequence>,
    buried: Vec<String>,
}

/// One thing that a program does with its store.
#[derive(Debug, Clone, Copy)]
enum Step {
    Append { entries: usize, lines: usize },
    Save,
    Purge,
    Bury,
}

const WORKLOAD: &[Step] = &[
    Step::Append {
        entries: 1,
        lines: 1,
    },
    Step::Append {
        entries: 3,
        lines: 2,
    },
    Step::Save,
    Step::Append {
        entries: 1,
        lines: 6,
    },
    Step::Bury,
    Step::Append {
        entries: 4,
        lines: 1,
    },
    Step::Save,
    Step::Purge,
    Step::Append {
        entries: 2,
        lines: 2,
    },
];

impl Witness {
    fn group(&mut self, entries: usize, lines: usize) -> Vec<Arc<Entry>> {
        let commands = || {
            (0..lines)
                .map(|line| adjust("tea", ["north", "south"][line % 2], 1))
                .collect()
        };
        (0..entries)
            .map(|_| {
                let key = format!("k{}", self.history.ledger().head().sequence)
                    .parse()
                    .unwrap();
                self.history.write(&Request::new(key, commands()).unwrap())
            })
            .collect()
    }

    /// Takes steps until one fails in a way that ends the process.
    fn run(&mut self, store: &mut FileStore, steps: &[Step]) {
        self.epoch = Some(store.log.epoch());
        for (at, &step) in steps.iter().enumerate() {
            if !self.step(store, step, at) {
                return;
            }
        }
    }

    fn step(&mut self, store: &mut FileStore, step: Step, at: usize) -> bool {
        match step {
            Step::Append { entries, lines } => {
                let head = store.log.head().sequence;
                let group = self.group(entries, lines);
                match store.log.append(head, &group) {
                    Ok(()) => self.entries.extend(group),
                    Err(AppendError::NotWritten { .. }) => {
                        assert_eq!(store.log.head().sequence, head);
                        self.rewind();
                    }
                    Err(AppendError::OutcomeUnknown { .. }) => {
                        self.unsure = group;
                        return false;
                    }
                    Err(AppendError::Conflict { .. }) => panic!("nobody else writes"),
                }
            }
            Step::Save => {
                let image = self.history.ledger().freeze();
                let sequence = image.head().sequence;
                let epoch = store.log.epoch();
                let replaces = None;
                self.saving = Some(sequence);
                if store
                    .snapshots
                    .save(&Snapshot {
                        epoch,
                        replaces,
                        image,
                    })
                    .is_ok()
                {
                    self.saved = Some(sequence);
                }
            }
            Step::Purge => {
                let through = self.saved.unwrap_or_default();
                // A purge that fails may have given up any of what it was to give up.
                self.purged = through;
                let _ = store.log.purge(through);
            }
            Step::Bury => {
                let id = format!("letter {at}");
                let letter = DeadLetter {
                    id: id.clone(),
                    sequence: None,
                    product: None,
                    reason: "for a test".to_owned(),
                    buried_at: Timestamp::UNIX_EPOCH,
                    content: vec![0xff, 0, b'a'],
                };
                if store.dead_letters.bury(&letter).is_ok() {
                    self.buried.push(id);
                }
            }
        }
        true
    }

    /// Forgets what was drafted for a group that was not written.
    fn rewind(&mut self) {
        self.history = History::new();
        for entry in &self.entries {
            self.history.follow(entry);
        }
    }

    /// Appends to a log that was recovered, and looks whether that is there when it is opened again.
    fn go_on(mut self, mut store: FileStore, disk: &SimDisk) -> Result<(), String> {
        let reader = store.log.reader();
        self.entries = reader
            .read(reader.floor(), usize::MAX)
            .map_err(|error| error.to_string())?;
        self.unsure.clear();
        self.history = History::after(store.log.head());
        self.run(
            &mut store,
            &[
                Step::Append {
                    entries: 1,
                    lines: 1,
                },
                Step::Append {
                    entries: 2,
                    lines: 2,
                },
            ],
        );
        drop(store);
        let mut store =
            open(disk).map_err(|refused| format!("refused after going on: {refused:?}"))?;
        match store.findings.as_slice() {
            [] => self.check(&mut store),
            found => Err(format!("found after going on: {found:?}")),
        }
    }

    /// What a store must have that is opened after the process has ended.
    fn check(&self, store: &mut FileStore) -> Result<(), String> {
        let say = |what: &str| Err(what.to_owned());
        if self.epoch.is_some_and(|epoch| epoch != store.log.epoch()) {
            return say("another epoch");
        }
        let reader = store.log.reader();
        let floor = reader.floor();
        if floor > self.purged {
            return say("purged what was to be kept");
        }
        let mut found = Vec::new();
        let mut after = floor;
        loop {
            let page = reader.read(after, 3).map_err(|error| error.to_string())?;
            let Some(last) = page.last() else { break };
            after = last.last();
            found.extend(page);
        }
        let known: Vec<_> = self
            .entries
            .iter()
            .chain(&self.unsure)
            .filter(|entry| entry.first > floor)
            .collect();
        let acknowledged = known.len() - self.unsure.len();
        if found.len() < acknowledged || found.len() > known.len() {
            return Err(format!(
                "{} entries, {acknowledged} acknowledged, {} tried",
                found.len(),
                known.len()
            ));
        }
        if !found
            .iter()
            .zip(&known)
            .all(|(found, known)| found == *known)
        {
            return say("an entry is not what was appended");
        }
        let head = found.last().map_or(floor, |last| last.last());
        if head != store.log.head().sequence {
            return say("the head is not the last entry");
        }
        let snapshot = store.snapshots.load().map_err(|error| error.to_string())?;
        let loaded = snapshot.map(|snapshot| snapshot.image.head().sequence);
        if loaded < self.saved || loaded > self.saving.max(self.saved) {
            return Err(format!("snapshot {loaded:?}, saved {:?}", self.saved));
        }
        let letters = store
            .dead_letters
            .letters()
            .map_err(|error| error.to_string())?;
        let is_there = |id: &String| letters.iter().any(|letter| letter.id == *id);
        match self.buried.iter().all(is_there) {
            true => Ok(()),
            false => say("a dead letter is gone"),
        }
    }
}

/// Runs the workload with a fault at call `nth`, lets the process end, and says what the next one finds.
fn crash(seed: u64, nth: u64, fault: Fault, power: bool) -> Result<bool, String> {
    let disk = SimDisk::new(seed);
    disk.arm(None, nth, fault);
    let mut witness = Witness::default();
    let reached = {
        let opened = open(&disk);
        match opened {
            Ok(mut store) => {
                witness.run(&mut store, WORKLOAD);
                // A process that ends in good order drops its store; here, half of them do not get that far.
                if seed.is_multiple_of(2) {
                    std::mem::forget(store);
                }
            }
            Err(OpenError::Io(_)) => {}
            Err(refused) => return Err(format!("refused a new directory: {refused:?}")),
        }
        disk.calls() >= nth
    };
    let mut dice =
        seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ nth.wrapping_mul(0xd134_2543_de82_ef95);
    let mut coin = move |_| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice.is_multiple_of(2)
    };
    let mut disk = match power {
        true => disk.power_cut(&mut coin),
        false => disk.kill(),
    };
    // The recovery is interrupted as well, at every call in turn, until one is not.
    for interrupted in 1.. {
        disk.arm(None, interrupted, Fault::Crash);
        match open(&disk) {
            Ok(mut store) => {
                disk.disarm();
                witness.check(&mut store)?;
                return witness.go_on(store, &disk).map(|()| reached);
            }
            Err(OpenError::Io(_)) => {
                disk = if power {
                    disk.power_cut(&mut coin)
                } else {
                    disk.kill()
                }
            }
            Err(refused) => return Err(format!("refused a healthy disk: {refused:?}")),
        }
    }
    unreachable!("an endless loop only ends by returning")
}

fn sweep(fault: Fault, power: bool, seeds: u64) -> Result<(), String> {
    for seed in 0..seeds {
        for nth in 1.. {
            match crash(seed, nth, fault, power) {
                Ok(true) => {}
                Ok(false) => break,
                Err(what) => {
                    return Err(format!(
                        "seed {seed}, call {nth}, {fault:?}, power {power}: {what}"
                    ));
                }
            }
        }
    }
    Ok(())
}

const FAULTS: [Fault; 6] = [
    Fault::Crash,
    Fault::Eio,
    Fault::SyncLosesPages,
    Fault::NoSpace,
    Fault::Short,
    Fault::ShortThenNoSpace,
];

#[test]
fn what_was_acknowledged_survives_a_power_cut_at_any_call() {
    for fault in FAULTS {
        sweep(fault, true, 6).unwrap();
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_call() {
    for fault in FAULTS {
        sweep(fault, false, 2).unwrap();
    }
}

#[test]
fn the_sweep_sees_the_defects_of_this_adapter() {
    let seen = [
        (Defect::AcknowledgeBeforeSync, Fault::Crash, true),
        (Defect::IgnoreFailedSync, Fault::SyncLosesPages, true),
        (Defect::RetryFailedSync, Fault::SyncLosesPages, true),
        (Defect::NoDirectorySyncAfterRename, Fault::Crash, true),
        (Defect::SnapshotInPlace, Fault::Crash, true),
        (Defect::TornTailNotCut, Fault::Crash, true),
        (
            Defect::FullDiskNotRolledBack,
            Fault::ShortThenNoSpace,
            false,
        ),
        (Defect::PoisonIgnored, Fault::SyncLosesPages, true),
    ];
    for (defect, fault, power) in seen {
        let outcome = std::panic::catch_unwind(|| {
            inventory_core::testing::with(defect, || sweep(fault, power, 6))
        });
        assert!(!matches!(outcome, Ok(Ok(()))), "{defect:?} was not seen");
    }
}

#[test]
fn every_subset_of_a_small_group_leaves_a_prefix_of_it() {
    let base = SimDisk::new(3);
    let mut witness = Witness::default();
    let mut store = open(&base).unwrap();
    witness.run(
        &mut store,
        &[Step::Append {
            entries: 1,
            lines: 1,
        }],
    );
    let head = store.log.head().sequence;
    // The sync of the group fails: everything written since the one before is up to chance.
    let group = witness.group(3, 2);
    base.arm(Some(Call::Write), 2, Fault::Crash);
    base.arm(Some(Call::Sync), 1, Fault::Crash);
    assert!(store.log.append(head, &group).is_err());
    witness.unsure = group;
    let units = base.units();
    assert!((2..16).contains(&units), "{units} units");
    let mut kept = std::collections::BTreeSet::new();
    let mut torn = 0;
    for subset in 0..1_u32 << units {
        let disk = base.fork().power_cut(|unit| subset >> unit & 1 == 1);
        let mut store = open(&disk).unwrap();
        witness
            .check(&mut store)
            .unwrap_or_else(|what| panic!("subset {subset:b}: {what}"));
        torn += store
            .findings
            .iter()
            .filter(|finding| finding.kind == FindingKind::TornWrite)
            .count();
        kept.insert(store.log.head().sequence);
    }
    assert!(kept.len() > 1 && torn > 0, "{kept:?}, {torn} torn");
}
