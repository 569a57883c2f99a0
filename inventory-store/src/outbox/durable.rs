//! The outbox and its file, which is always ahead.

use std::collections::BTreeSet;
use std::sync::Arc;

use inventory_core::vocabulary::{ProductId, Timestamp};
use inventory_log::disk::Directory;
use parking_lot::{RwLock, RwLockReadGuard};

use super::change::{Change, Changed};
use super::decide::Ahead;
use super::error::{ChangeError, Fault, OpenError, OutboxFailed};
use super::file::{FILE, OutboxFile};
use super::intent::Intent;
use super::key::IntentKey;
use super::limits::{OnConflict, OutboxLimits};
use super::machine::{Heard, Outbox};
use super::record::Record;
use super::survey::{Torn, survey};
use super::tally::Tally;

/// Where the end of a file is kept that was cut off.
const TORN: &str = "outbox.torn";

/// An outbox of which nothing is seen that is not on disk.
///
/// Its calls wait for the disk: they belong on a thread that may.
#[derive(Debug)]
pub struct DurableOutbox {
    /// Locked for writing only while memory changes, never while the disk is waited for.
    outbox: Arc<RwLock<Outbox>>,
    file: OutboxFile,
    tally: Arc<Tally>,
}

impl DurableOutbox {
    /// Opens the outbox of a directory, and says what was cut off its end.
    ///
    /// # Errors
    ///
    /// The file is damaged, from a newer program, or cannot be used; it is as it was.
    pub fn open(
        directory: &Directory,
        limits: OutboxLimits,
        on_conflict: OnConflict,
    ) -> Result<(Self, Option<Torn>), OpenError> {
        let file = FILE;
        let io = |source| OpenError::Io { file, source };
        let mut outbox = Outbox::new(limits, on_conflict);
        let mut torn = None;
        if let Some(bytes) = directory.read(FILE).map_err(io)? {
            let found = survey(&bytes).map_err(|fault| match fault {
                Fault::Damaged { line, what } => OpenError::Damaged { file, line, what },
                Fault::NewerFormat { found } => OpenError::NewerFormat { file, found },
            })?;
            for (line, record) in &found.records {
                outbox.evolve(record).map_err(|_| OpenError::Damaged {
                    file,
                    line: *line,
                    what: "it does not follow from the lines before it",
                })?;
            }
            torn = found.torn;
        }
        if let Some(torn) = &torn {
            directory
                .replace(TORN, |out| out.write_all(&torn.bytes))
                .map_err(|error| io(error.into()))?;
        }
        let file = OutboxFile::create(directory, outbox.records());
        let file = file.map_err(|error| io(error.into()))?;
        let outbox = Arc::new(RwLock::new(outbox));
        let tally = Arc::default();
        Ok((
            Self {
                outbox,
                file,
                tally,
            },
            torn,
        ))
    }

    /// What is queued and parked: all of it is on disk.
    pub fn outbox(&self) -> RwLockReadGuard<'_, Outbox> {
        self.outbox.read()
    }

    /// The same, for others to look at while this value waits for the disk.
    pub(super) fn shared(&self) -> Arc<RwLock<Outbox>> {
        Arc::clone(&self.outbox)
    }

    /// What is counted of it.
    pub(super) fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// Why nothing is taken or sent: a write has failed, and the file was not written anew since.
    pub fn failure(&self) -> Option<OutboxFailed> {
        self.file.check().err()
    }

    /// Writes the file anew after a failure: what is in memory was durable, and is the whole truth, so that whatever the
    /// failed write has left is gone with the old file. Does nothing when there was no failure.
    ///
    /// # Errors
    ///
    /// The disk still does not take it. Nothing has changed, and it may be tried again.
    pub fn heal(&mut self) -> Result<(), OutboxFailed> {
        let outbox = self.outbox.read();
        self.file.heal(outbox.records())
    }

    /// Makes one change.
    ///
    /// # Errors
    ///
    /// [`ChangeError::Refused`]: nothing has changed. [`ChangeError::Failed`]: it has not happened once [`heal`](Self::heal)
    /// has succeeded, and is unknown when the outbox is opened before that.
    pub fn change(&mut self, change: Change, now: Timestamp) -> Result<Changed, ChangeError> {
        let mut changed = self.change_all(&[change], now);
        changed.pop().expect("there is an answer to each change")
    }

    /// Makes changes in their order, with as few syncs as that allows: one, when each is about another key. The answers
    /// are in the same order, and each is what it would be if the changes came one by one.
    pub fn change_all(
        &mut self,
        changes: &[Change],
        now: Timestamp,
    ) -> Vec<Result<Changed, ChangeError>> {
        let mut answers = Vec::with_capacity(changes.len());
        while let rest @ [_, ..] = &changes[answers.len()..] {
            let group = Group::take(&self.outbox.read(), rest, now);
            match self.write(&group.records) {
                Ok(()) => answers.extend(group.answers),
                Err(failed) => {
                    let failures = group.answers.iter().map(|_| Err(failed.clone().into()));
                    answers.extend(failures);
                }
            }
        }
        answers
    }

    /// Takes the oldest intents that may be sent together, as [`Outbox::start`] does. What has waited too long is parked
    /// first. Afterwards one of `Settle`, `Park` and `Conflict` follows for each, or [`stop`](Self::stop).
    ///
    /// # Errors
    ///
    /// The outbox has failed: what is sent now could not be recorded. Nothing is in flight that was not before.
    pub fn start(
        &mut self,
        most: usize,
        now: Timestamp,
        aside: impl Fn(&ProductId) -> bool,
    ) -> Result<Vec<Intent>, OutboxFailed> {
        self.file.check()?;
        if self.outbox().has_overdue(now) {
            match self.change(Change::Expire, now) {
                Ok(_) | Err(ChangeError::Refused(_)) => {}
                Err(ChangeError::Failed(failed)) => return Err(failed),
            }
        }
        let started = self.outbox.write().start(most, now, aside);
        let new = started.iter().filter(|intent| !intent.attempted());
        let keys: Vec<_> = new.map(|intent| intent.key().clone()).collect();
        // Written before anything is sent: an answer that is lost leaves a trace of its question.
        if !keys.is_empty()
            && let Err(failed) = self.write(&[Record::Attempted { keys }])
        {
            self.stop(started.iter().map(Intent::key));
            return Err(failed);
        }
        Ok(started)
    }

    /// Moves what is queued along with the clock, which somebody has set by so much.
    ///
    /// # Errors
    ///
    /// The outbox has failed, and nothing was moved.
    pub fn redate(&mut self, by_ms: i64) -> Result<(), OutboxFailed> {
        let is_empty = self.outbox().queued_count() == 0;
        match is_empty {
            true => Ok(()),
            false => self.write(&[Record::Redated { by_ms }]),
        }
    }

    /// What was read when the outbox was opened is of an earlier process, and is as old as the clock says only if something
    /// else bears it out.
    pub fn resume(&mut self, now: Timestamp) {
        self.outbox.write().resume(now);
    }

    /// Takes what central says of time.
    pub fn hear(&mut self, heard: Heard) {
        self.outbox.write().hear(heard);
    }

    /// Takes back intents that have no answer: they are the next of their products again.
    pub fn stop<'a>(&mut self, keys: impl IntoIterator<Item = &'a IntentKey>) {
        let mut outbox = self.outbox.write();
        keys.into_iter().for_each(|key| outbox.stop(key));
    }

    fn write(&mut self, records: &[Record]) -> Result<(), OutboxFailed> {
        if records.is_empty() {
            return Ok(());
        }
        self.file.append(records)?;
        let mut outbox = self.outbox.write();
        for record in records {
            let applied = outbox.evolve(record);
            applied.expect(
                "the records of a group are about different keys, and were decided on this outbox",
            );
        }
        drop(outbox);
        self.tally.count(records);
        if self.file.is_overgrown() {
            self.file.compact(self.outbox.read().records());
        }
        Ok(())
    }
}

/// The first of some changes, as many as can be decided before any of them is applied.
struct Group {
    answers: Vec<Result<Changed, ChangeError>>,
    records: Vec<Record>,
}

impl Group {
    /// Takes at least one change.
    fn take(outbox: &Outbox, changes: &[Change], now: Timestamp) -> Self {
        let mut group = Self {
            answers: Vec::new(),
            records: Vec::new(),
        };
        let mut keys = BTreeSet::new();
        for change in changes {
            // What depends on a change of this group is decided once that is applied.
            let depends = change.key().is_none_or(|key| !keys.insert(key.clone()));
            if depends && !group.records.is_empty() {
                break;
            }
            let answer = outbox.decide(change, Ahead::of(&group.records), now);
            if answer.is_err() && !group.records.is_empty() {
                break;
            }
            group.answers.push(match answer {
                Ok(records) if records.is_empty() => Ok(Changed::Already),
                Ok(records) => {
                    group.records.extend(records);
                    Ok(Changed::Done)
                }
                Err(refusal) => Err(refusal.into()),
            });
            if change.key().is_none() {
                break;
            }
        }
        group
    }
}

#[cfg(test)]
pub(super) mod tests;
