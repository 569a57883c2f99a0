//! Entries become state: what of one can be applied, for who reads its own log.

use super::evolve::{check, evolve};
use crate::defect;
use crate::machine::ledger::{Product, StoreIx};
use crate::machine::{Break, Entry, Event, Head, Inapplicable, Ledger, Movement};
use crate::vocabulary::Sequence;

/// An event that could not be applied: its position is taken and its product quarantined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poison {
    /// Position of the event.
    pub sequence: Sequence,
    /// What was wrong.
    pub reason: Inapplicable,
    /// The event as it stands in the log.
    pub event: Event,
}

/// Follows the log by one entry: applies its events, remembers its key, and moves the head.
///
/// An event that cannot be applied takes its position, is listed in [`Ledger::buried`], and quarantines its product;
/// the others of the entry are applied. They are returned, none on a healthy log.
///
/// # Errors
///
/// The entry does not continue what the ledger has followed; the ledger is as it was.
pub fn apply(ledger: &mut Ledger, entry: &Entry) -> Result<Vec<Poison>, Break> {
    ledger.head.check(entry)?;
    Ok(apply_events(ledger, entry, check))
}

/// Follows an entry that was decided on this very ledger: as [`apply`], without computing again what ties the entry to
/// it.
///
/// # Panics
///
/// The entry was decided on something else.
pub fn apply_decided(ledger: &mut Ledger, entry: &Entry) {
    assert_eq!(entry.first, ledger.head.sequence.next());
    let poison = apply_events(ledger, entry, check);
    assert!(
        poison.is_empty(),
        "what was decided on a ledger applies to it"
    );
}

/// Follows a log that has lost what comes before `entry`: as [`apply`], except that nothing ties the entry to what the
/// ledger has followed so far. Products that do not follow any more are quarantined.
pub fn apply_after_loss(ledger: &mut Ledger, entry: &Entry) -> Vec<Poison> {
    // What the entry opens is found by the position of its request, which does not follow the ledger's.
    ledger.skip_to(Sequence::new(entry.first.number().saturating_sub(1)));
    apply_events(ledger, entry, check)
}

/// Deadlines of levels that have lapsed, which are dropped with each entry: some ten microseconds of its time.
const DROPPED: usize = 1_024;

/// Applies the events of an entry that `check` lets pass, and buries the others.
pub(super) fn apply_events(
    ledger: &mut Ledger,
    entry: &Entry,
    check: impl Copy + Fn(&Product, Option<StoreIx>, &Movement) -> Result<(), Inapplicable>,
) -> Vec<Poison> {
    let mut poison = Vec::new();
    ledger.holds.drop_lapsed(DROPPED);
    let mut packer = std::mem::take(&mut ledger.packer);
    packer.begin(entry);
    for (sequence, event) in entry.numbered() {
        let evolved = match event {
            Event::Moved(movement) => {
                assert!(
                    !defect!(HalfApplied) || sequence == entry.first,
                    "half of the entry is applied"
                );
                let evolved = evolve(ledger, sequence, movement, entry.recorded_at, check);
                let (product, store) = evolved.unwrap_or_else(|_| ledger.positions(movement));
                packer.movement(movement, product, store);
                evolved.map(|_positions| ())
            }
            Event::DeadLettered(letter) => {
                let product = letter.product.as_ref().map(|id| ledger.product_ix(id));
                packer.dead_letter(letter, product);
                Err(Inapplicable::Unreadable)
            }
        };
        if let Err(reason) = evolved {
            ledger.quarantine(sequence, event, reason.to_string().into());
            poison.push(Poison {
                sequence,
                reason,
                event: event.clone(),
            });
        }
    }
    if let Some(intent) = &entry.intent {
        ledger.remember(intent, packer.bytes());
    }
    ledger.packer = packer;
    ledger.head = Head::after(entry);
    poison
}
