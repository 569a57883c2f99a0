//! Alerts: who wants to be told when a level runs low.

use super::request_draft::{RequestDraft, quarantine};
use crate::machine::{Line, MovementKind, Rejection, RemoveAlert, RowOutcome, SetAlert, Skip};

/// The level is judged when the request ends: it may be low already. Nothing needs to be known of it: what was never there is
/// low, and somebody who lists an assortment before the first delivery wants to hear of that.
pub(super) fn set(
    request: &mut RequestDraft<'_, '_>,
    line: Line,
    set: &SetAlert,
) -> Result<RowOutcome, Rejection> {
    let place = request.draft.place(&set.product, &set.store);
    quarantine(line, &place)?;
    let thresholds = set.thresholds;
    if place
        .alert
        .is_some_and(|alert| alert.thresholds == thresholds)
    {
        return Ok(RowOutcome::Skipped(Skip::Unchanged));
    }
    let kind = MovementKind::AlertSet {
        low: thresholds.low(),
        replenished: thresholds.replenished(),
    };
    request.note(&place, kind);
    Ok(RowOutcome::Updated)
}

pub(super) fn remove(
    request: &mut RequestDraft<'_, '_>,
    remove: &RemoveAlert,
) -> Result<(), Rejection> {
    let place = request.draft.place(&remove.product, &remove.store);
    if place.alert.is_none() {
        return Err(Rejection::UnknownAlert {
            product: remove.product.clone(),
            store: remove.store.clone(),
        });
    }
    request.note(&place, MovementKind::AlertRemoved);
    Ok(())
}
