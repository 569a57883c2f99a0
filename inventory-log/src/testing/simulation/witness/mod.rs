//! Witness of a crash simulation: it knows what callers were told, and so what must be there after a crash.

mod aftermath;
mod answers;
mod audit;
mod ids;
mod resolve;
mod timeline;

use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) use aftermath::Aftermath;
use answers::Answers;
pub(super) use audit::Recovered;
use ids::Ids;
use inventory_core::engine::{Answer, Reader};
use inventory_core::machine::{Entry, Event, Head, Movement, Rejection, Request};
use inventory_core::ports::DeadLetter;
use inventory_core::testing::{Model, Predicted};
use inventory_core::vocabulary::{Epoch, ProductId, Sequence, Timestamp, Version};
use timeline::Timeline;

use super::violation::ensure;
use super::{Check, Setup, Tally, Violation};

/// A group whose outcome nobody knows.
#[derive(Debug, Clone)]
pub(super) struct Unanswered {
    pub(super) requests: Vec<Request>,
    pub(super) at: Timestamp,
}

/// What must be there, and what may be.
///
/// ```text
///  history, certain, agrees with the model      unanswered
///  ├ acknowledged, or found by a recovery ────┤├ any prefix of what it would write ┤
/// ```
#[derive(Debug, Clone)]
pub struct Witness {
    setup: Setup,
    pub(super) model: Model,
    history: Vec<Arc<Entry>>,
    timeline: Timeline,
    answers: Answers,
    ids: Ids,
    poison: BTreeSet<Sequence>,
    pub(super) unanswered: Option<Unanswered>,
    /// Whether a torn write may be in the log.
    torn: bool,
    /// Refusals that were answered although the group had not ended.
    early: Vec<Rejection>,
    /// Heads that a reader has shown beyond what is certain.
    shown: Vec<Head>,
    epoch: Option<Epoch>,
    saved: Sequence,
    /// The position of the snapshot before: the log must not be purged beyond.
    saved_before: Sequence,
    save_attempted: Sequence,
    letters: Vec<DeadLetter>,
}

impl Witness {
    pub(super) fn new(setup: Setup) -> Self {
        Self {
            setup,
            model: Model::new(setup.settings.window),
            history: Vec::new(),
            timeline: Timeline::default(),
            answers: Answers::default(),
            ids: Ids::default(),
            poison: BTreeSet::new(),
            unanswered: None,
            torn: false,
            early: Vec::new(),
            shown: Vec::new(),
            epoch: None,
            saved: Sequence::START,
            saved_before: Sequence::START,
            save_attempted: Sequence::START,
            letters: Vec::new(),
        }
    }

    /// The end of what is certain.
    pub fn head(&self) -> Head {
        self.history
            .last()
            .map(|entry| Head::after(entry))
            .unwrap_or_default()
    }

    /// Whether there is nothing in the log as far as anybody knows.
    pub(super) fn expects_nothing(&self) -> bool {
        self.history.is_empty() && self.unanswered.is_none()
    }

    /// The version of a product at the end of what is certain.
    pub fn version(&self, product: &ProductId) -> Version {
        self.timeline.version(product)
    }

    /// Whether an event of the product could not be applied, ever.
    pub(super) fn was_poisoned(&self, product: &ProductId) -> bool {
        let letters = self.letters.iter();
        letters
            .filter(|letter| letter.sequence.is_some())
            .any(|letter| letter.product.as_ref() == Some(product))
    }

    /// Whether anything was ever written that cannot be applied.
    pub(super) fn has_poison(&self) -> bool {
        !self.poison.is_empty()
    }

    /// Where the entries begin that the newest snapshot has not, or that no snapshot has when all are gone.
    pub(super) fn firsts(&self, are_snapshots_gone: bool) -> Vec<Sequence> {
        let covered = match are_snapshots_gone {
            true => Sequence::START,
            false => self.saved,
        };
        let entries = self.history.iter().map(|entry| entry.first);
        entries.filter(|first| *first > covered).collect()
    }

    /// The dead letters, as of the last start.
    pub(super) fn letters(&self) -> &[DeadLetter] {
        &self.letters
    }

    /// Whether something was written under the key of a request.
    pub(super) fn knows_key_of(&self, request: &Request) -> bool {
        self.answers.has_key_of(request)
    }

    /// Takes note of an entry that is certain and that the model has.
    pub(super) fn know(&mut self, entry: &Arc<Entry>) {
        self.timeline.follow(entry, false);
        self.answers.know(entry);
        self.ids.know(entry);
        self.history.push(Arc::clone(entry));
    }

    /// Takes note of an entry that somebody wrote on purpose although it cannot be applied.
    pub(super) fn know_poison(&mut self, entry: &Arc<Entry>) {
        for (sequence, event) in entry.numbered() {
            self.model.bury(event, entry.recorded_at);
            self.poison.insert(sequence);
        }
        self.timeline.follow(entry, true);
        self.history.push(Arc::clone(entry));
    }

    /// Compares an answer with what was answered before, as far as keys were remembered `since`, and with the model's, and
    /// remembers what it says.
    pub(super) fn hear(
        &mut self,
        request: &Request,
        answer: &Answer,
        predicted: &Predicted,
        (now, since): (Timestamp, Timestamp),
    ) -> Result<(), Violation> {
        self.answers.check(request, answer, since)?;
        let wrong = |check| {
            Violation::new(
                check,
                format!("{request:?}: {answer:?} instead of {predicted:?}"),
            )
        };
        match (answer, predicted) {
            (Err(refused), predicted) if predicted.is(&Predicted::Refused(refused.clone())) => {
                Ok(())
            }
            (Ok(receipt), Predicted::Replayed { first, .. }) => {
                let known = self.find(Sequence::new(*first));
                let same = receipt.replayed && known.is_some_and(|known| **known == *receipt.entry);
                same.then_some(()).ok_or_else(|| wrong(Check::AnswerIsKept))
            }
            (Ok(receipt), Predicted::Applied { .. }) if !receipt.replayed => {
                ensure(
                    self.wrote(request, now, predicted, &receipt.entry),
                    Check::AnswerIsRight,
                    || {
                        format!(
                            "{request:?} at {now} wrote {:?} instead of {predicted:?}",
                            receipt.entry
                        )
                    },
                )?;
                self.know(&receipt.entry);
                Ok(())
            }
            (Err(_), Predicted::Replayed { .. }) => Err(wrong(Check::AnswerIsKept)),
            (
                Ok(_) | Err(_),
                Predicted::Applied { .. } | Predicted::Reused { .. } | Predicted::Refused(_),
            ) => Err(wrong(Check::AnswerIsRight)),
        }
    }

    /// Whether an entry that follows the history is what a request should write.
    pub(super) fn wrote(
        &self,
        request: &Request,
        at: Timestamp,
        predicted: &Predicted,
        entry: &Entry,
    ) -> bool {
        Predicted::applied(entry) == *predicted
            && entry.intent.as_ref() == request.intent()
            && entry.recorded_at == at.max(self.head().recorded_at)
            && entry.chain_after(self.head().chain) == Some(entry.chain)
    }

    /// The entry that follows the history when reservations expire.
    pub(super) fn expiry(&self, movements: &[Movement], at: Timestamp) -> Entry {
        let head = self.head();
        let events = movements.iter().cloned().map(Event::Moved);
        let mut entry = Entry {
            first: head.sequence.next(),
            recorded_at: at.max(head.recorded_at),
            intent: None,
            outcomes: Box::default(),
            events: events.collect(),
            annotations: None,
            chain: head.chain,
        };
        let chain = entry.chain_after(head.chain);
        entry.chain = chain.expect("what was moved can be digested");
        entry
    }

    /// Remembers what a caller got to know before its group had ended.
    pub(super) fn hear_early(&mut self, refusals: Vec<Rejection>) {
        self.early.extend(refusals);
    }

    /// Looks at what a reader shows after a group that was not answered.
    pub(super) fn look(&mut self, reader: &Reader) {
        let head = reader.head();
        if head.sequence > self.head().sequence {
            self.shown.push(head);
        }
    }

    pub(super) fn saves(&mut self) {
        self.save_attempted = self.head().sequence;
    }

    pub(super) fn save_attempted(&self) -> Sequence {
        self.save_attempted
    }

    /// The snapshot was saved that was begun last.
    pub(super) fn saved(&mut self) {
        self.saved_at(self.save_attempted);
    }

    /// A snapshot of a position that is saved already is not saved again.
    fn saved_at(&mut self, sequence: Sequence) {
        if sequence != self.saved {
            self.saved_before = self.saved;
            self.saved = sequence;
        }
    }

    /// Forgets what an engine has forgotten for want of bytes, which the model does not count.
    pub(super) fn forget_for_room(&mut self, reader: &Reader) -> Result<(), Violation> {
        if !self.setup.is_short_of_bytes() {
            return Ok(());
        }
        let forgotten = reader.read(|ledger| self.model.forget_for_room(ledger));
        forgotten.map_err(|detail| Violation::new(Check::LedgerIsRight, detail))
    }

    /// Tells what it has seen since it was asked last.
    pub(super) fn tell(&mut self, tally: &mut Tally) {
        for situation in self.ids.take_seen() {
            tally.saw(situation);
        }
    }

    fn find(&self, first: Sequence) -> Option<&Arc<Entry>> {
        let at = self
            .history
            .binary_search_by_key(&first, |entry| entry.first)
            .ok()?;
        self.history.get(at)
    }
}
