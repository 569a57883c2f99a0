//! The outbox and its file, which is always ahead.

use std::collections::BTreeSet;

use inventory_core::vocabulary::{IdempotencyKey, Timestamp};

use super::change::{Change, Changed};
use super::decide::Ahead;
use super::error::{ChangeError, Fault, OpenError, OutboxFailed};
use super::file::{FILE, OutboxFile};
use super::intent::Intent;
use super::limits::{OnConflict, OutboxLimits};
use super::machine::Outbox;
use super::record::Record;
use super::survey::{Torn, survey};
use crate::cache::DataDirectory;

/// Where the end of a file is kept that was cut off.
const TORN: &str = "outbox.torn";

/// An outbox of which nothing is seen that is not on disk.
///
/// Its calls wait for the disk: they belong on a thread that may.
#[derive(Debug)]
pub struct DurableOutbox {
    outbox: Outbox,
    file: OutboxFile,
}

impl DurableOutbox {
    /// Opens the outbox of a directory, and says what was cut off its end.
    ///
    /// # Errors
    ///
    /// The file is damaged, from a newer program, or cannot be used; it is as it was.
    pub fn open(
        directory: &DataDirectory,
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
        Ok((Self { outbox, file }, torn))
    }

    /// What is queued and parked: all of it is on disk.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Whether a write has failed, so that nothing is taken or sent until the outbox is opened again.
    pub fn has_failed(&self) -> bool {
        self.file.check().is_err()
    }

    /// Makes one change.
    ///
    /// # Errors
    ///
    /// [`ChangeError::Refused`]: nothing has changed. [`ChangeError::Failed`]: it may have happened, which is known after
    /// opening again.
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
            let group = Group::take(&self.outbox, rest, now);
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

    /// Takes the oldest intent that may be sent: those of one product go one after the other. What has waited too long is
    /// parked first. Afterwards one of `Settle`, `Park` and `Conflict` follows, or [`stop`](Self::stop).
    ///
    /// # Errors
    ///
    /// The outbox has failed: what is sent now could not be recorded. Nothing is in flight that was not before.
    pub fn start_next(&mut self, now: Timestamp) -> Result<Option<Intent>, OutboxFailed> {
        self.file.check()?;
        let age = self.outbox.oldest_age(now);
        if age.is_some_and(|age| age > self.outbox.limits().age_max) {
            match self.change(Change::Expire, now) {
                Ok(_) | Err(ChangeError::Refused(_)) => {}
                Err(ChangeError::Failed(failed)) => return Err(failed),
            }
        }
        Ok(self.outbox.start_next(now))
    }

    /// Takes back an intent that has no answer: it is the next of its product again.
    pub fn stop(&mut self, key: &IdempotencyKey) {
        self.outbox.stop(key);
    }

    fn write(&mut self, records: &[Record]) -> Result<(), OutboxFailed> {
        if records.is_empty() {
            return Ok(());
        }
        self.file.append(records)?;
        for record in records {
            let applied = self.outbox.evolve(record);
            applied.expect(
                "the records of a group are about different keys, and were decided on this outbox",
            );
        }
        if self.file.is_overgrown() {
            self.file.compact(self.outbox.records());
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
mod tests;
