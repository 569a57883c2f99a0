//! What the store knows of central: a ledger that follows central's log, and answers that are ahead of it.
//!
//! ```text
//!  snapshot ──▶ from_snapshot ─┐
//!                              ▼
//!  pages ──────▶ follow ──▶ ledger ──┬──▶ product, page: what is shown
//!  answers ────▶ answered ─▶ answers ┘
//!                              └──▶ freeze ──▶ the file, in the form of a snapshot
//! ```
//!
//! Pure and synchronous: no I/O, no clock, no lock.
//!
//! **Invariant**: what is shown of a product at a store is what central had at the version that is shown with it.
//!
//! An event of a type that this version does not know stands for what it leaves behind. What it was digested from nobody here
//! knows: the chain after it is central's word, and what follows is held against that.
//!
//! **Invariant**: the ledger is what central's was at the position. What cannot be followed changes nothing: a replica
//! never guesses, it is replaced by a fresh snapshot.

mod after_images;
mod answers;
mod diverged;
mod frozen;
mod page;
mod shown;
mod snapshot;

pub use diverged::Diverged;
pub use frozen::Frozen;
pub use page::Page;
pub use shown::Shown;
pub use snapshot::InvalidSnapshot;

use inventory_core::machine::replica::apply_whole;
use inventory_core::machine::{Head, Ledger, WindowLimits};
use inventory_core::vocabulary::{Epoch, ProductId, Sequence, StoreId, Timestamp};
use inventory_http::wire::{Changes, Levels, Position, StateSnapshot, WireEvent};

use after_images::{AfterImages, Continued};
use answers::Answers;

/// Keys are judged at central; the replica's ledger remembers none.
const NO_WINDOW: WindowLimits = WindowLimits::new()
    .with_age_ms(0)
    .with_keys_max(0)
    .with_bytes_max(0);

/// What the store knows of central.
#[derive(Debug)]
pub struct Replica {
    ledger: Ledger,
    epoch: Epoch,
    answers: Answers,
}

/// How far a page has led.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Followed {
    /// Where the replica stands now.
    pub position: Position,
    /// Events of the page that were new.
    pub events: u64,
    /// Whether central had more when it made the page.
    pub has_more: bool,
    /// Where central's log ended then.
    pub head: Sequence,
    /// Of the new events, those of types that this version does not know: what they leave behind was taken over.
    pub taken_over: u64,
}

impl Replica {
    /// The replica that a snapshot stands for, central's or one that [`Replica::freeze`] made.
    ///
    /// # Errors
    ///
    /// The snapshot contradicts itself, and there is no replica.
    pub fn from_snapshot(snapshot: &StateSnapshot) -> Result<Self, InvalidSnapshot> {
        Ok(Self {
            ledger: snapshot::image(snapshot)?.thaw(NO_WINDOW),
            epoch: snapshot.epoch,
            answers: Answers::default(),
        })
    }

    /// Follows the log by a page. Events that the replica has followed already are skipped.
    ///
    /// # Errors
    ///
    /// The page does not continue what was followed. The replica is as it was, except for [`Diverged::Inapplicable`],
    /// which leaves it after the last entry that applies. Either way it shows what central once had; a fresh snapshot
    /// has to take its place.
    pub fn follow(&mut self, page: &Changes<'_>) -> Result<Followed, Diverged> {
        let entries = self.continuation(page)?;
        let before = self.ledger.head().sequence;
        let mut taken_over = 0;
        for Continued { entry, unknown } in &entries {
            apply_whole(&mut self.ledger, entry)?;
            taken_over += unknown;
        }
        self.answers.settle(&self.ledger, page.has_more);
        Ok(Followed {
            position: self.position(),
            events: self.ledger.head().sequence.events_since(before),
            has_more: page.has_more,
            head: page.head_offset,
            taken_over,
        })
    }

    /// The entries of a page that are new, which continue the log that was followed.
    fn continuation(&self, page: &Changes<'_>) -> Result<Vec<Continued>, Diverged> {
        if page.epoch != self.epoch {
            let (ours, theirs) = (self.epoch, page.epoch);
            return Err(Diverged::Epoch { ours, theirs });
        }
        let mut head = self.ledger.head();
        let known = |event: &&WireEvent<'_>| event.seq <= head.sequence;
        let skipped = page.events.iter().take_while(known).count();
        let (known, mut rest) = page.events.split_at(skipped);
        if known
            .last()
            .is_some_and(|last| last.seq == head.sequence && last.chain != head.chain)
        {
            return Err(Diverged::Chain { at: head.sequence });
        }
        let mut entries = Vec::new();
        let mut images = AfterImages::of(&self.ledger, rest);
        while let Some((continued, later)) = images.split(rest)? {
            let entry = &continued.entry;
            match continued.unknown {
                0 => head.check(entry)?,
                _ => head.check_place(entry)?,
            }
            head = Head::after(entry);
            entries.push(continued);
            rest = later;
        }
        if page.next_offset > head.sequence {
            let (head, found) = (head.sequence, page.next_offset.next());
            return Err(Diverged::Gap { head, found });
        }
        Ok(entries)
    }

    /// Takes the answer to a write of this store: reads show its levels at once, unless they show something newer.
    pub fn answered(&mut self, answer: &impl Levels) {
        for level in answer.levels() {
            self.answers.add(&self.ledger, level, answer.recorded_at());
        }
    }

    /// Where the replica stands in central's log. Answers that are ahead of it do not count.
    pub fn position(&self) -> Position {
        Position::of(self.ledger.head(), self.epoch)
    }

    /// When the last event that was followed was written, by central's clock.
    pub fn recorded_at(&self) -> Timestamp {
        self.ledger.head().recorded_at
    }

    /// A product as the store shows it; `None` when the store knows nothing of it.
    pub fn product(&self, id: &ProductId, store: &StoreId) -> Option<Shown> {
        let known = self.ledger.product(id);
        let answer = self.answers.ahead(id, known, store);
        answer.or_else(|| known.map(|view| Shown::of(view, store)))
    }

    /// The next products after an id, in the order of ids; from the first one on without an id.
    pub fn page(&self, after: Option<&ProductId>, limit: usize, store: &StoreId) -> Page {
        page::page(&self.ledger, &self.answers, after, limit, store)
    }

    /// Number of products in the ledger.
    pub fn product_count(&self) -> usize {
        self.ledger.product_count()
    }

    /// The replica at this moment, to be written down while it goes on. Costs a reference per 64 products.
    ///
    /// Answers that are ahead of the ledger are left out: the log brings them.
    pub fn freeze(&self) -> Frozen {
        Frozen::new(self.ledger.freeze(), self.epoch)
    }
}

#[cfg(test)]
pub(crate) mod tests;
