//! Audit after a start: what the witness compares.

use std::sync::Arc;

use inventory_core::engine::{Reader, RecoveryReport};
use inventory_core::machine::{Entry, Event, Head};
use inventory_core::ports::{DeadLetter, LogReader};
use inventory_core::vocabulary::Sequence;

use super::Witness;
use crate::file::{Finding, FindingKind};
use crate::testing::simulation::violation::ensure;
use crate::testing::simulation::{Check, Situation, Tally, Violation};

/// An engine that has just started.
pub(in crate::testing::simulation) struct Recovered<'a> {
    pub(in crate::testing::simulation) findings: &'a [Finding],
    pub(in crate::testing::simulation) report: &'a RecoveryReport,
    pub(in crate::testing::simulation) letters: Vec<DeadLetter>,
    pub(in crate::testing::simulation) log: &'a dyn LogReader,
    pub(in crate::testing::simulation) reader: &'a Reader,
    pub(in crate::testing::simulation) full: bool,
}

impl Witness {
    /// Compares an engine that has just started with what callers know.
    pub(in crate::testing::simulation) fn recovered(
        &mut self,
        recovered: Recovered<'_>,
        tally: &mut Tally,
    ) -> Result<(), Violation> {
        let Recovered {
            findings,
            report,
            letters,
            log,
            reader,
            full,
        } = recovered;
        let epoch = *self.epoch.get_or_insert_with(|| reader.epoch());
        ensure(epoch == reader.epoch(), Check::EpochStays, || {
            format!("{epoch} became {}", reader.epoch())
        })?;
        self.torn = self.torn || self.unanswered.is_some();
        self.check_letters(findings, letters, tally)?;
        // On a full disk, what was torn may stay where it is until there is room.
        self.torn &= full;
        tally.saw_if(full, Situation::StartedFull);
        let tail = self.check_log(log)?;
        self.resolve(&tail, tally)?;
        self.forget_for_room(reader)?;
        self.tell(tally);
        self.ids.live_again();
        self.check_snapshot(report, tally)?;
        self.check_shown()?;
        self.check_ledger(reader)?;
        let after = reader.floor();
        let taken = reader.subscribe(after).take(usize::MAX).map_err(|error| {
            Violation::new(
                Check::AcknowledgedIsKept,
                format!("the feed after {after}: {error:?}"),
            )
        })?;
        self.check_feed(after, &taken)?;
        tally.saw_if(!report.poison.is_empty(), Situation::Poison);
        let is_held = self.model.open_reservations().next().is_some();
        tally.saw_if(is_held, Situation::ReservationRecovered);
        let is_shipped = self.model.open_transfers().next().is_some();
        tally.saw_if(is_shipped, Situation::TransferRecovered);
        Ok(())
    }

    /// Compares the log with the history. Returns what it has beyond.
    fn check_log(&self, log: &dyn LogReader) -> Result<Vec<Arc<Entry>>, Violation> {
        let floor = log.floor();
        let mut known = self
            .history
            .iter()
            .skip(self.history.partition_point(|entry| entry.first <= floor));
        let (mut after, mut tail) = (floor, Vec::new());
        loop {
            let page = log.read(after, 7).map_err(|error| {
                Violation::new(
                    Check::AcknowledgedIsKept,
                    format!("reading after {after}: {error:?}"),
                )
            })?;
            if page.is_empty() {
                break;
            }
            for entry in page {
                ensure(
                    entry.first == after.next(),
                    Check::SequenceIsContiguous,
                    || format!("{} follows {after}", entry.first),
                )?;
                after = entry.last();
                match known.next() {
                    Some(known) => ensure(*known == entry, Check::AcknowledgedIsKept, || {
                        format!("{entry:?} is in the place of {known:?}")
                    })?,
                    None => tail.push(entry),
                }
            }
        }
        match known.next() {
            Some(lost) => Err(Violation::new(
                Check::AcknowledgedIsKept,
                format!("{lost:?} is gone"),
            )),
            None => self.check_floor(floor, after).map(|()| tail),
        }
    }

    /// What is to be kept, counted from the end that the log was found with, and what is newer than the older snapshot, is there.
    fn check_floor(&self, floor: Sequence, end: Sequence) -> Result<(), Violation> {
        let retain = self.setup.settings.retain_events;
        let keep = retain.map_or(0, |retain| end.number().saturating_sub(retain));
        let allowed = self.saved_before.min(Sequence::new(keep));
        ensure(floor <= allowed, Check::PurgeIsCovered, || {
            let older = self.saved_before;
            format!(
                "the log starts after {floor}, the older snapshot is at {older}, and {keep} may go"
            )
        })
    }

    fn check_letters(
        &mut self,
        findings: &[Finding],
        letters: Vec<DeadLetter>,
        tally: &mut Tally,
    ) -> Result<(), Violation> {
        for finding in findings {
            let torn = finding.kind == FindingKind::TornWrite && self.torn;
            ensure(torn, Check::DeadLettersAreRight, || {
                format!("nobody has caused this: {finding:?}")
            })?;
            let is_its_letter = |letter: &DeadLetter| {
                letter.reason == finding.reason && letter.content_bytes == finding.bytes
            };
            ensure(
                letters.iter().any(is_its_letter),
                Check::DeadLettersAreRight,
                || format!("{finding:?} is not among {letters:?}"),
            )?;
            tally.saw(Situation::TornTail);
        }
        ensure(
            letters.starts_with(&self.letters),
            Check::DeadLettersAreRight,
            || format!("{:?} became {letters:?}", self.letters),
        )?;
        let buried: Vec<Sequence> = letters
            .iter()
            .filter_map(|letter| letter.sequence)
            .collect();
        let poison: Vec<Sequence> = self.poison.iter().copied().collect();
        ensure(buried == poison, Check::DeadLettersAreRight, || {
            format!("{poison:?} are poison, {letters:?} buried")
        })?;
        self.letters = letters;
        Ok(())
    }

    fn check_snapshot(
        &mut self,
        report: &RecoveryReport,
        tally: &mut Tally,
    ) -> Result<(), Violation> {
        let used = report.from_snapshot.unwrap_or_default();
        let expected = self.saved..=self.save_attempted.max(self.saved);
        ensure(
            expected.contains(&used) && report.snapshot_unusable.is_none(),
            Check::SnapshotIsKept,
            || format!("saved at {expected:?}: {report:?}"),
        )?;
        self.saved_at(used);
        let across = report.from_snapshot.is_some() && report.events_replayed > 0;
        tally.saw_if(across, Situation::ReplayAcrossSnapshot);
        Ok(())
    }

    /// Whatever a caller has seen must have become history.
    fn check_shown(&mut self) -> Result<(), Violation> {
        for refusal in std::mem::take(&mut self.early) {
            ensure(self.timeline.has(&refusal), Check::ShownIsKept, || {
                format!("it was never so: {refusal:?}")
            })?;
        }
        for head in std::mem::take(&mut self.shown) {
            let kept = self.history.iter().any(|entry| Head::after(entry) == head);
            ensure(kept, Check::ShownIsKept, || {
                format!("a reader has seen {head:?}")
            })?;
        }
        Ok(())
    }

    /// Compares what a reader sees with the model.
    pub(in crate::testing::simulation) fn check_ledger(
        &self,
        reader: &Reader,
    ) -> Result<(), Violation> {
        reader.read(|ledger| {
            if let Some(difference) = self.model.difference(ledger) {
                return Err(Violation::new(Check::LedgerIsRight, difference));
            }
            ensure(
                ledger.head() == self.head(),
                Check::SequenceIsContiguous,
                || {
                    format!(
                        "the ledger is at {:?}, the log at {:?}",
                        ledger.head(),
                        self.head()
                    )
                },
            )?;
            ensure(
                ledger.buried().keys().eq(&self.poison),
                Check::LedgerIsRight,
                || format!("{:?} are poison, {:?} buried", self.poison, ledger.buried()),
            )
        })
    }

    /// Compares what a subscriber gets with the history after its position. What was buried is shown as such.
    pub(in crate::testing::simulation) fn check_feed(
        &self,
        after: Sequence,
        taken: &[Arc<Entry>],
    ) -> Result<(), Violation> {
        let known = &self.history[self.history.partition_point(|entry| entry.first <= after)..];
        let same =
            |(taken, known): (&Arc<Entry>, &Arc<Entry>)| match self.poison.contains(&known.first) {
                true => {
                    Head::after(taken) == Head::after(known)
                        && matches!(*taken.events, [Event::DeadLettered(_)])
                }
                false => taken == known,
            };
        let kept = taken.len() == known.len() && taken.iter().zip(known).all(same);
        ensure(kept, Check::OnlyDurableIsShown, || {
            format!("the feed shows {taken:?} instead of {known:?}")
        })
    }
}
