//! Facts after a loss. The model has not followed it: the judges are the people in the building, who know what is really
//! there, and the callers, who know what they were answered.

use std::collections::BTreeMap;
use std::sync::Arc;

use inventory_core::engine::{Answer, Reader, RecoveryReport};
use inventory_core::machine::{
    Command, Entry, Head, Movement, MovementKind, ProductView, Rejection, Request,
};
use inventory_core::ports::{DeadLetter, LogReader};
use inventory_core::testing::Shelves;
use inventory_core::vocabulary::{Epoch, ProductId, Sequence, StoreId, Timestamp};

use super::answers::Answers;
use super::{Recovered, Witness};
use crate::file::FindingKind;
use crate::testing::simulation::violation::ensure;
use crate::testing::simulation::{Check, Situation, Tally, Violation};

/// Why a level is what a ledger says, if it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    Nothing,
    /// What is left of the log says so, after the loss.
    Log,
    /// Somebody has counted it since.
    Count,
}

/// A history under a new epoch, after one of which something is lost.
#[derive(Debug, Clone)]
pub(in crate::testing::simulation) struct Aftermath {
    epoch: Epoch,
    /// Where the new epoch began.
    start: Head,
    history: Vec<Arc<Entry>>,
    shelves: Shelves,
    answers: Answers,
    levels: BTreeMap<ProductId, BTreeMap<StoreId, Proof>>,
    letters: Vec<DeadLetter>,
    unanswered: Option<Vec<Request>>,
}

impl Aftermath {
    /// What follows from all that a witness knows, and from what a start says is gone of it.
    ///
    /// # Errors
    ///
    /// The loss was not written down, or something is believed that nothing proves.
    pub(in crate::testing::simulation) fn new(
        witness: &Witness,
        recovered: Recovered<'_>,
    ) -> Result<Self, Violation> {
        let Recovered {
            findings,
            report,
            letters,
            reader,
            ..
        } = recovered;
        ensure(
            witness.epoch != Some(reader.epoch()),
            Check::LossEndsTheEpoch,
            || "the epoch is still the same".to_owned(),
        )?;
        let losses = findings
            .iter()
            .filter(|found| found.kind == FindingKind::Loss);
        let reasons: Vec<_> = losses.map(|found| found.reason.clone()).collect();
        check_written_down(&witness.letters, &letters, report, &reasons)?;
        let mut aftermath = Self {
            epoch: reader.epoch(),
            start: reader.head(),
            history: Vec::new(),
            shelves: Shelves::default(),
            answers: witness.answers.clone(),
            levels: reader.read(|ledger| {
                let levels = |view: ProductView<'_>| {
                    let levels = view.levels();
                    let unproved = levels.map(|(store, _)| (store.clone(), Proof::Nothing));
                    (view.id().clone(), unproved.collect())
                };
                ledger.products().map(levels).collect()
            }),
            letters,
            unanswered: None,
        };
        let (head, lost) = (aftermath.start.sequence, &report.lost);
        let is_left = |entry: &Entry| {
            let is_in = |after, before| after < entry.last() && entry.first < before;
            entry.last() <= head && !lost.iter().any(|lost| is_in(lost.after, lost.before))
        };
        aftermath.answers.retain(is_left);
        let proves_from = match lost.iter().map(|lost| lost.before).max() {
            Some(before) => before,
            // Only the log has noticed: what is left of it proves nothing.
            None => head.next(),
        };
        for entry in &witness.history {
            for movement in movements(entry) {
                aftermath.move_units(movement)?;
                if entry.first >= proves_from && entry.last() <= head && shows_level(movement) {
                    aftermath.prove(movement, Proof::Log);
                }
            }
        }
        aftermath.check_ledger(reader)?;
        Ok(aftermath)
    }

    /// Whether a start that was interrupted, and done again, has come to the same end.
    pub(in crate::testing::simulation) fn is_same_end(&self, recovered: &Recovered<'_>) -> bool {
        let letters = |letters: &[DeadLetter]| {
            let letters = letters.iter();
            let letters = letters.map(|letter| (letter.id.clone(), letter.content.clone()));
            letters.collect::<Vec<_>>()
        };
        recovered.reader.epoch() == self.epoch
            && recovered.reader.head() == self.start
            && letters(&recovered.letters) == letters(&self.letters)
    }

    /// A later start: everything is there that was answered since.
    pub(in crate::testing::simulation) fn recovered(
        &mut self,
        recovered: Recovered<'_>,
    ) -> Result<(), Violation> {
        let Recovered {
            findings,
            report,
            letters,
            log,
            reader,
            ..
        } = recovered;
        ensure(reader.epoch() == self.epoch, Check::EpochStays, || {
            format!("{} became {}", self.epoch, reader.epoch())
        })?;
        let torn = findings
            .iter()
            .all(|found| found.kind == FindingKind::TornWrite);
        ensure(
            torn && report.lost.is_empty() && report.poison.is_empty(),
            Check::DeadLettersAreRight,
            || format!("nobody has caused this: {findings:?}, {report:?}"),
        )?;
        ensure(
            letters.starts_with(&self.letters),
            Check::DeadLettersAreRight,
            || format!("{:?} became {letters:?}", self.letters),
        )?;
        self.letters = letters;
        let tail = self.check_log(log)?;
        self.resolve(&tail)?;
        self.check_ledger(reader)
    }

    /// Compares the log with what was answered. Returns what it has beyond.
    fn check_log(&self, log: &dyn LogReader) -> Result<Vec<Arc<Entry>>, Violation> {
        let failed = |error| Violation::new(Check::AcknowledgedIsKept, format!("{error:?}"));
        let floor = log.floor();
        let entries = log.read(floor, usize::MAX).map_err(failed)?;
        let kept = self.history.partition_point(|entry| entry.first <= floor);
        let known = &self.history[kept..];
        ensure(
            entries.starts_with(known),
            Check::AcknowledgedIsKept,
            || format!("{entries:?} instead of {known:?}"),
        )?;
        Ok(entries[known.len()..].to_vec())
    }

    /// What is beyond was asked for by a group without an answer, in its order, or has expired.
    fn resolve(&mut self, tail: &[Arc<Entry>]) -> Result<(), Violation> {
        let requests = self.unanswered.take().unwrap_or_default();
        let mut requests = requests.iter();
        for (at, entry) in tail.iter().enumerate() {
            let has_expired = at == 0 && has_expired(entry);
            let is_asked =
                has_expired || requests.any(|request| request.intent() == entry.intent.as_ref());
            ensure(is_asked, Check::UnaskedIsAbsent, || {
                format!("nobody has written {entry:?}")
            })?;
            self.follow(entry)?;
        }
        Ok(())
    }

    /// Nobody has answered a group.
    pub(in crate::testing::simulation) fn unanswered(&mut self, group: &[Request]) {
        self.unanswered = Some(group.to_vec());
    }

    /// Judges an answer, and believes what it says. Keys were remembered `since` when the group came.
    pub(in crate::testing::simulation) fn hear(
        &mut self,
        request: &Request,
        answer: &Answer,
        since: Timestamp,
        tally: &mut Tally,
    ) -> Result<(), Violation> {
        let is_old = |entry: &Entry| entry.first <= self.start.sequence;
        if self.answers.check(request, answer, since)? {
            let kept = answer.as_ref().is_ok_and(|receipt| is_old(&receipt.entry));
            tally.saw_if(kept, Situation::AnswerOutlivedLoss);
            return Ok(());
        }
        match answer {
            Ok(receipt) if receipt.replayed => Ok(()),
            Ok(receipt) => {
                let is_asked = receipt.entry.intent.as_ref() == request.intent();
                ensure(is_asked, Check::AnswerIsRight, || {
                    format!("{request:?} wrote {:?}", receipt.entry)
                })?;
                let sells = |movement: &Movement| movement.kind == MovementKind::Decreased;
                let sold = movements(&receipt.entry).any(sells);
                tally.saw_if(sold, Situation::SoldAfterLoss);
                self.follow(&receipt.entry)
            }
            Err(Rejection::Quarantined { product, .. }) => {
                tally.saw(Situation::NotSoldAfterLoss);
                // Of a transfer from before nobody knows what has arrived, whatever was counted.
                let arrives =
                    |line: &Command| matches!(line, Command::Receive(_) | Command::Close(_));
                let is_fair = request.commands().iter().any(arrives) || !self.is_counted(product);
                ensure(is_fair, Check::CountEndsSuspicion, || {
                    format!("all of {product} was counted: {:?}", self.levels)
                })
            }
            Err(_) => Ok(()),
        }
    }

    /// What has expired with a group, which its callers are not told: the feed shows it first.
    pub(in crate::testing::simulation) fn hear_expiry(
        &mut self,
        shown: &[Arc<Entry>],
        answers: &[Answer],
    ) -> Result<(), Violation> {
        let is_answered = |entry: &Arc<Entry>| {
            let mut receipts = answers.iter().flatten();
            receipts.any(|receipt| receipt.entry == *entry)
        };
        match shown.first().filter(|first| !is_answered(first)) {
            Some(entry) => {
                ensure(has_expired(entry), Check::UnaskedIsAbsent, || {
                    format!("nobody has asked for {entry:?}")
                })?;
                self.follow(entry)
            }
            None => Ok(()),
        }
    }

    fn follow(&mut self, entry: &Arc<Entry>) -> Result<(), Violation> {
        let head = self.head().sequence;
        ensure(
            entry.first == head.next(),
            Check::SequenceIsContiguous,
            || format!("{} follows {head}", entry.first),
        )?;
        for movement in movements(entry).filter(|movement| movement.touches()) {
            let is_excused = movement.kind == MovementKind::Counted || !shows_level(movement);
            ensure(
                is_excused || self.is_proved(&movement.product),
                Check::UnprovedIsNotSold,
                || format!("{movement:?}, and all that is proved is {:?}", self.levels),
            )?;
            self.move_units(movement)?;
            if shows_level(movement) {
                self.prove(movement, Proof::Count);
            }
        }
        self.answers.know(entry);
        self.history.push(Arc::clone(entry));
        Ok(())
    }

    pub(in crate::testing::simulation) fn head(&self) -> Head {
        let last = self.history.last();
        last.map_or(self.start, |entry| Head::after(entry))
    }

    fn move_units(&mut self, movement: &Movement) -> Result<(), Violation> {
        let moved = self.shelves.follow(movement);
        moved.map_err(|oversold| Violation::new(Check::NoMoreIsSoldThanCameIn, oversold))
    }

    fn prove(&mut self, movement: &Movement, proof: Proof) {
        let levels = self.levels.entry(movement.product.clone()).or_default();
        levels.insert(movement.store.clone(), proof);
    }

    fn is_proved(&self, product: &ProductId) -> bool {
        let levels = self.levels.get(product);
        levels.is_some_and(|levels| {
            !levels.is_empty() && levels.values().all(|proof| *proof != Proof::Nothing)
        })
    }

    /// Whether every level was counted under the new epoch.
    fn is_counted(&self, product: &ProductId) -> bool {
        let levels = self.levels.get(product);
        levels.is_some_and(|levels| {
            !levels.is_empty() && levels.values().all(|proof| *proof == Proof::Count)
        })
    }

    /// What is believed is proved, and is there.
    pub(in crate::testing::simulation) fn check_ledger(
        &self,
        reader: &Reader,
    ) -> Result<(), Violation> {
        reader.read(|ledger| {
            let (shown, known) = (ledger.head(), self.head());
            ensure(shown == known, Check::OnlyDurableIsShown, || {
                format!("{shown:?} instead of {known:?}")
            })?;
            for view in ledger.products() {
                let id = view.id();
                if view.quarantined() {
                    ensure(!self.is_counted(id), Check::CountEndsSuspicion, || {
                        format!("all of {id} was counted: {:?}", self.levels)
                    })?;
                    continue;
                }
                ensure(self.is_proved(id), Check::UnprovedIsNotSold, || {
                    format!("{id} is believed, and {:?} is proved", self.levels)
                })?;
                for (store, level) in view.levels() {
                    let there = self.shelves.units(id.as_str(), store.as_str());
                    let shown = level.on_hand().units();
                    ensure(shown <= there, Check::NoMoreIsSoldThanCameIn, || {
                        format!("{id} at {store}: {shown} are shown, {there} are there")
                    })?;
                }
            }
            Ok(())
        })
    }

    /// What somebody finds who counts a product wherever a ledger says that it is.
    pub(in crate::testing::simulation) fn found(&self) -> Vec<(&ProductId, &StoreId, u64)> {
        let units = |product: &ProductId, store: &StoreId| {
            self.shelves.units(product.as_str(), store.as_str())
        };
        let products = self.levels.iter().flat_map(|(product, levels)| {
            let levels = levels.keys();
            levels.map(move |store| (product, store))
        });
        products
            .map(|(product, store)| (product, store, units(product, store)))
            .collect()
    }
}

/// Every loss is among the dead letters, and so is what was before.
fn check_written_down(
    before: &[DeadLetter],
    letters: &[DeadLetter],
    report: &RecoveryReport,
    reasons: &[String],
) -> Result<(), Violation> {
    let is_new = |letter: &&DeadLetter| !before.contains(letter);
    let new: Vec<_> = letters.iter().filter(is_new).collect();
    let is_named = |after: Sequence| {
        let mut new = new.iter();
        new.any(|letter| letter.sequence == Some(after.next()))
    };
    let said = reasons
        .iter()
        .all(|reason| new.iter().any(|letter| letter.reason == *reason));
    let named = report.lost.iter().all(|lost| is_named(lost.after));
    ensure(
        letters.starts_with(before) && said && named && !new.is_empty(),
        Check::LossIsWrittenDown,
        || format!("{report:?} and {reasons:?}, but {letters:?}"),
    )
}

fn movements(entry: &Entry) -> impl Iterator<Item = &Movement> {
    entry.events.iter().filter_map(|event| event.movement())
}

/// Whether an entry is one of those that nobody asks for.
fn has_expired(entry: &Entry) -> bool {
    entry.intent.is_none() && !movements(entry).any(shows_level)
}

/// Whether a movement says how much there is, which the end of a reservation does not: nobody has looked.
fn shows_level(movement: &Movement) -> bool {
    movement.touches()
        && !matches!(
            movement.kind,
            MovementKind::Released { .. } | MovementKind::Lapsed
        )
}
