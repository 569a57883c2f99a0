//! *evolve*: an event becomes state. Continuity checks and assignment, nothing else; no rule is decided again.

use crate::defect;
use crate::machine::ledger::{Product, ProductIx, StoreIx, apply_to_records};
use crate::machine::{Ledger, Movement, MovementKind};
use crate::vocabulary::{Delta, Sequence, Timestamp, Version};

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

/// Applies a movement at a position, if `check` finds that it follows from its product and level.
pub(super) fn evolve(
    ledger: &mut Ledger,
    sequence: Sequence,
    movement: &Movement,
    at: Timestamp,
    check: impl Fn(&Product, Option<StoreIx>, &Movement) -> Result<(), Inapplicable>,
) -> Result<(ProductIx, StoreIx), Inapplicable> {
    let product = ledger.find_product(&movement.product);
    let store = ledger.find_store(&movement.store);
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
    let counted_at = (movement.kind == MovementKind::Counted).then_some(sequence);
    let is_new = product.assign(store, movement.after.level, counted_at);
    // The levels add up again, so the numbers can be believed again: unless they were made to, by the end of a reservation
    // that nobody has looked at a stock for, or others are from before a loss: what is missing may have
    // moved units from one of them to another.
    let proves_nothing = matches!(
        movement.kind,
        MovementKind::Released { .. } | MovementKind::Lapsed
    ) && !defect!(ProvedByRelease);
    let is_proved = product.quarantined
        && !proves_nothing
        && product.others_are_counted_since(store, unknown_before)
        && product.sum_available() == Some(product.total);
    product.quarantined &= !is_proved;
    is_new
}

/// Whether a movement follows from what its product is.
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
            MovementKind::AlertSet { .. }
                | MovementKind::AlertRemoved
                | MovementKind::Low { .. }
                | MovementKind::Replenished { .. }
                | MovementKind::Unchanged
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
