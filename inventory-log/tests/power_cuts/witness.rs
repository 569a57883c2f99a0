//! Witness: what a program that used the store knows about it, and what it may expect to find.

use std::sync::Arc;

use inventory_core::conformance::{History, adjust};
use inventory_core::machine::{Entry, Request};
use inventory_core::ports::{
    AppendError, DeadLetter, DeadLetters, EventLog, Snapshot, SnapshotStore,
};
use inventory_core::vocabulary::{Epoch, Sequence, Timestamp};
use inventory_log::file::FileStore;
use inventory_log::testing::SimDisk;

use crate::small::open;

/// What a program that used the store knows of it.
#[derive(Default)]
pub(crate) struct Witness {
    history: History,
    epoch: Option<Epoch>,
    entries: Vec<Arc<Entry>>,
    /// Entries whose append did not return.
    pub(crate) unsure: Vec<Arc<Entry>>,
    purged: Sequence,
    saved: Option<Sequence>,
    /// Through where the log may be purged.
    covered: Sequence,
    saving: Option<Sequence>,
    buried: Vec<String>,
}

/// One thing that a program does with its store.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Append { entries: usize, lines: usize },
    Save,
    Purge,
    Bury,
}

pub(crate) const WORKLOAD: &[Step] = &[
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
    pub(crate) fn group(&mut self, entries: usize, lines: usize) -> Vec<Arc<Entry>> {
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
    pub(crate) fn run(&mut self, store: &mut FileStore, steps: &[Step]) {
        self.epoch = Some(store.log.epoch());
        for (at, &step) in steps.iter().enumerate() {
            if !self.step(store, step, at) {
                return;
            }
        }
    }

    pub(crate) fn step(&mut self, store: &mut FileStore, step: Step, at: usize) -> bool {
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
                    Err(error) => panic!("{error}, and nobody else writes"),
                }
            }
            Step::Save => {
                let image = self.history.ledger().freeze();
                let sequence = image.head().sequence;
                let epoch = store.log.epoch();
                let replaces = None;
                self.saving = Some(sequence);
                let saved = store.snapshots.save(&Snapshot {
                    epoch,
                    replaces,
                    image,
                });
                if let Ok(saved) = saved {
                    self.saved = Some(sequence);
                    self.covered = saved.purge_through;
                }
            }
            Step::Purge => {
                let through = self.covered;
                // A purge that fails may have given up any of what it was to give up.
                self.purged = through;
                let _ = store.log.purge(through);
            }
            Step::Bury => {
                let id = format!("letter {at}");
                let reason = "for a test".to_owned();
                let found = [0xff, 0, b'a'];
                let letter = DeadLetter::new(id.clone(), reason, Timestamp::UNIX_EPOCH, &found);
                if store.dead_letters.bury(&[letter]).is_ok() {
                    self.buried.push(id);
                }
            }
        }
        true
    }

    /// Forgets what was drafted for a group that was not written.
    pub(crate) fn rewind(&mut self) {
        self.history = History::new();
        for entry in &self.entries {
            self.history.follow(entry);
        }
    }

    /// Appends to a log that was recovered, and looks whether that is there when it is opened again.
    pub(crate) fn go_on(mut self, mut store: FileStore, disk: &SimDisk) -> Result<(), String> {
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
    pub(crate) fn check(&self, store: &mut FileStore) -> Result<(), String> {
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
        let loaded = snapshot.map(|loaded| loaded.snapshot.image.head().sequence);
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
