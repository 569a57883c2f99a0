//! *evolve*: events become state. Continuity checks and assignment, nothing else; no rule is decided again.

use std::sync::Arc;

use super::ledger::{Product, ProductIx, StoreIx, apply_to_records};
use crate::defect;
use crate::machine::{Buried, Entry, Event, Head, Kind, Ledger, Movement};
use crate::testing::step;
use crate::vocabulary::{Delta, ProductId, Sequence, StoreId, Timestamp, Version};

/// Why an event does not follow from the ledger. The ledger is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Inapplicable {
    /// The event is of a type that this program does not know, or was buried by whoever sent it.
    #[error("the event is of an unknown type, or does not make sense")]
    Unreadable,
    /// The version does not follow the product's.
    #[error("version {claimed} does not follow version {current}")]
    Version {
        /// Version of the product.
        current: Version,
        /// Version that the event claims.
        claimed: Version,
    },
    /// The level after the event is not the level before it plus the change.
    #[error("the level after the event is not the level before it plus the change")]
    Level,
    /// The total after the event is not the total before it plus the change.
    #[error("the total after the event is not the total before it plus the change")]
    Total,
}

/// Why an entry does not continue the log that the ledger has followed. The ledger is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// Positions between the ledger's head and the entry are missing, or the entry repeats some.
    #[error("{found} follows {head}")]
    Gap {
        /// The ledger's head.
        head: Sequence,
        /// First position of the entry.
        found: Sequence,
    },
    /// The entry was written after another history, or earlier than the entry before it.
    #[error("the entry at {at} continues another history")]
    OtherHistory {
        /// First position of the entry.
        at: Sequence,
    },
}

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

/// Applies one event, at the position after the ledger's head.
///
/// # Errors
///
/// The event does not follow from the ledger, which is as it was.
pub fn evolve(ledger: &mut Ledger, event: &Event, at: Timestamp) -> Result<(), Inapplicable> {
    let movement = event.movement().ok_or(Inapplicable::Unreadable)?;
    let sequence = ledger.head.sequence.next();
    evolve_movement(ledger, sequence, movement, at).map(|_positions| ())
}

fn evolve_movement(
    ledger: &mut Ledger,
    sequence: Sequence,
    movement: &Movement,
    at: Timestamp,
) -> Result<(ProductIx, StoreIx), Inapplicable> {
    let product = ledger.product_index.get(&movement.product).copied();
    let store = ledger.store_index.get(&movement.store).copied();
    match product {
        Some(ix) => check(ledger.products.at(ix), store, movement)?,
        None => check(&ledger.unborn(&movement.product), store, movement)?,
    }

    // From here it must succeed.
    let product_ix = product.unwrap_or_else(|| ledger.add_product(&movement.product));
    let store_ix = store.unwrap_or_else(|| ledger.add_store(&movement.store));
    if movement.touches() {
        let product = ledger.products.at_mut(product_ix);
        ledger.unheard -= usize::from(!product.is_heard_of());
        let was_quarantined = product.quarantined;
        ledger.levels += usize::from(assign(
            product,
            store_ix,
            sequence,
            movement,
            (at, ledger.unknown_before),
        ));
        if was_quarantined && !product.quarantined {
            ledger.trust(product_ix, sequence);
        }
    }
    apply_to_records(ledger, movement, (product_ix, store_ix), at);
    Ok((product_ix, store_ix))
}

/// Assigns what a movement leaves behind and returns whether the level is a new one.
pub(super) fn assign(
    product: &mut Product,
    store: StoreIx,
    sequence: Sequence,
    movement: &Movement,
    (at, unknown_before): (Timestamp, Sequence),
) -> bool {
    product.version = movement.after.version;
    product.total = movement.after.total;
    product.updated_at = at;
    let counted_at = (movement.kind == Kind::Counted).then_some(sequence);
    let is_new = product.assign(store, movement.after.level, counted_at);
    // The levels add up again, so the numbers can be believed again: unless they were made to, by the end of a reservation
    // that nobody has looked at a stock for, or others are from before a loss: what is missing may have
    // moved units from one of them to another.
    let proves_nothing =
        matches!(movement.kind, Kind::Released { .. } | Kind::Lapsed) && !defect!(ProvedByRelease);
    let is_proved = product.quarantined
        && !proves_nothing
        && product.others_are_counted_since(store, unknown_before)
        && product.sum_available() == Some(product.total);
    product.quarantined &= !is_proved;
    is_new
}

/// Puts a product under suspicion.
pub(super) fn suspect(product: &mut Product, event: &Event) {
    // Somebody may have seen the version that the event gave: it must not be given twice.
    if let Some(claimed) = event.version().filter(|_| !defect!(ClaimedVersionReused)) {
        product.version = product.version.max(claimed);
    }
    product.quarantined = true;
}

pub(super) fn check(
    product: &Product,
    store: Option<StoreIx>,
    movement: &Movement,
) -> Result<(), Inapplicable> {
    let (current, claimed) = (product.version, movement.after.version);
    if !movement.touches() {
        // It says something about a level at the version that it has; but for alerts, about one that somebody has written. An
        // alert that was set again to what it was leaves its level unchanged.
        let of_alert = matches!(
            movement.kind,
            Kind::AlertSet { .. }
                | Kind::AlertRemoved
                | Kind::Low { .. }
                | Kind::Replenished { .. }
                | Kind::Unchanged
        );
        let never = current == Version::NEVER_WRITTEN && !of_alert;
        if current != claimed || never {
            return Err(Inapplicable::Version { current, claimed });
        }
        if product.quarantined {
            return Ok(());
        }
    } else if product.quarantined {
        // What is missing may have raised the version. After-images are complete: nothing else is needed to go on.
        return match claimed > current {
            true => Ok(()),
            false => Err(Inapplicable::Version { current, claimed }),
        };
    }
    let is_next = current.next() == Some(claimed) || defect!(VersionNotFollowed);
    if movement.touches() && !is_next {
        return Err(Inapplicable::Version { current, claimed });
    }
    let before = store
        .and_then(|store| product.level(store))
        .unwrap_or_default();
    let after = movement.after.level;
    let follows = before.on_hand().checked_apply(movement.delta) == Some(after.on_hand())
        && before.reserved().checked_apply(movement.reserved_delta) == Some(after.reserved());
    if !follows {
        return Err(Inapplicable::Level);
    }
    let change: Delta = after.available().since(before.available());
    if product.total.checked_apply(change) != Some(movement.after.total) {
        return Err(Inapplicable::Total);
    }
    Ok(())
}

/// Follows the log by one entry: applies its events, remembers its key, and moves the head.
///
/// An event that cannot be applied takes its position, is listed in [`Ledger::buried`], and quarantines its product;
/// the others of the entry are applied. They are returned, none on a healthy log.
///
/// # Errors
///
/// The entry does not continue what the ledger has followed; the ledger is as it was.
pub fn follow(ledger: &mut Ledger, entry: &Entry) -> Result<Vec<Poison>, Break> {
    let head = ledger.head;
    let chained = entry
        .chain_after(head.chain)
        .is_none_or(|chain| chain == entry.chain);
    if entry.first == head.sequence.next() && !chained {
        return Err(Break::OtherHistory { at: entry.first });
    }
    follow_on_trust(ledger, entry)
}

/// Follows an entry that this program cannot digest, since a later one has written it: as [`follow`], except that whoever has
/// sent it vouches for its chain, with which the entries after it are held against it.
///
/// # Errors
///
/// As for [`follow`]: its position or its time does not continue what the ledger has followed; the ledger is as it was.
pub fn follow_on_trust(ledger: &mut Ledger, entry: &Entry) -> Result<Vec<Poison>, Break> {
    let head = ledger.head;
    if entry.first != head.sequence.next() {
        let (head, found) = (head.sequence, entry.first);
        return Err(Break::Gap { head, found });
    }
    if entry.recorded_at < head.recorded_at {
        return Err(Break::OtherHistory { at: entry.first });
    }

    // From here it must succeed.
    Ok(apply(ledger, entry))
}

/// Follows an entry that was decided on this very ledger: as [`follow`], without computing again what ties the entry to
/// it.
///
/// # Panics
///
/// The entry was decided on something else.
pub(crate) fn follow_decided(ledger: &mut Ledger, entry: &Entry) {
    assert_eq!(entry.first, ledger.head.sequence.next());
    let poison = apply(ledger, entry);
    assert!(
        poison.is_empty(),
        "what was decided on a ledger applies to it"
    );
}

/// Follows a log that has lost what comes before `entry`: as [`follow`], except that nothing ties the entry to what the
/// ledger has followed so far. Products that do not follow any more are quarantined.
pub fn follow_after_loss(ledger: &mut Ledger, entry: &Entry) -> Vec<Poison> {
    // What the entry opens is found by the position of its request, which does not follow the ledger's.
    ledger.skip_to(Sequence::new(entry.first.number().saturating_sub(1)));
    apply(ledger, entry)
}

/// Deadlines of levels that have lapsed, which are dropped with each entry: some ten microseconds of its time.
const DROPPED: usize = 1_024;

fn apply(ledger: &mut Ledger, entry: &Entry) -> Vec<Poison> {
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
                let evolved = evolve_movement(ledger, sequence, movement, entry.recorded_at);
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
            ledger.quarantine(sequence, event, reason);
            poison.push(Poison {
                sequence,
                reason,
                event: event.clone(),
            });
        }
    }
    if let Some(intent) = &entry.intent {
        let window = &mut ledger.window;
        window.remember(intent.caller.as_ref(), packer.bytes());
    }
    ledger.packer = packer;
    ledger.head = Head::after(entry);
    poison
}

impl Ledger {
    /// Gives up the positions up to `sequence`, which are lost. Entries after it can be followed as after a loss.
    pub fn skip_to(&mut self, sequence: Sequence) {
        self.head.sequence = self.head.sequence.max(sequence);
    }

    /// Acknowledged positions before `before` are gone. What they did nobody knows, so every product is quarantined until
    /// its numbers are proved, and so is every product that is heard of for the first time.
    pub fn lose(&mut self, before: Sequence) {
        if defect!(LossNotSuspected) {
            return;
        }
        self.unknown_before = self.unknown_before.max(before);
        for at in 0..self.products.len() {
            let ix = ProductIx(at as u32);
            if !self.products.at(ix).quarantined {
                self.products.at_mut(ix).quarantined = true;
                self.quarantined += 1;
            }
        }
        self.unheard = 0;
    }

    /// Keys that were recorded until a moment are gone, nobody knows which: from now on none of them is promised to be
    /// remembered. Those that are known still are answered as they were first.
    pub(crate) fn forget_keys(&mut self, until: Timestamp) {
        self.window.forget_until(until);
    }

    /// Marks a position as buried and its product as quarantined.
    fn quarantine(&mut self, sequence: Sequence, event: &Event, reason: Inapplicable) {
        let buried = Buried {
            product: event.product().cloned(),
            version: event.version(),
            suspected_until: None,
            reason: reason.to_string().into(),
        };
        Arc::make_mut(&mut self.buried).insert(sequence, buried);
        let Some(id) = event.product() else { return };
        let ix = self.product_ix(id);
        self.buried_by_product.insert((ix, sequence));
        let product = self.products.at_mut(ix);
        self.quarantined += usize::from(!product.quarantined);
        self.unheard -= usize::from(!product.is_heard_of());
        suspect(product, event);
    }

    /// Ends the suspicion of a product whose numbers the event at a position has proved.
    fn trust(&mut self, product: ProductIx, proof: Sequence) {
        self.quarantined -= 1;
        let of_it = (product, Sequence::START)..=(product, proof);
        // The proof before has ended the suspicion of all that had been buried by then.
        for (_, at) in self.buried_by_product.range(of_it).rev() {
            step();
            let is_suspected = |buried: &Buried| buried.suspected_until.is_none();
            if !self.buried.get(at).is_some_and(is_suspected) {
                break;
            }
            if let Some(buried) = Arc::make_mut(&mut self.buried).get_mut(at) {
                buried.suspected_until = Some(proof);
            }
        }
    }

    fn product_ix(&mut self, id: &ProductId) -> ProductIx {
        let known = self.product_index.get(id).copied();
        known.unwrap_or_else(|| self.add_product(id))
    }

    fn positions(&mut self, movement: &Movement) -> (ProductIx, StoreIx) {
        let store = self.store_index.get(&movement.store).copied();
        let store = store.unwrap_or_else(|| self.add_store(&movement.store));
        (self.product_ix(&movement.product), store)
    }

    fn add_product(&mut self, id: &ProductId) -> ProductIx {
        let product = self.unborn(id);
        self.quarantined += usize::from(product.quarantined);
        self.unheard += usize::from(!product.is_heard_of());
        let ix = ProductIx(self.products.push(product) as u32);
        self.product_index.insert(id.clone(), ix);
        self.by_id.insert(id.clone(), ix);
        ix
    }

    fn add_store(&mut self, id: &StoreId) -> StoreIx {
        let ix = StoreIx(self.stores.push(id.clone()) as u32);
        self.store_index.insert(id.clone(), ix);
        ix
    }
}
