//! Alerts: who wants to be told when a level runs low.

use super::ruling::{Ruling, quarantine};
use crate::machine::{Line, MovementKind, Outcome, Rejection, RemoveAlert, SetAlert, Skip};

/// The level is judged when the request ends: it may be low already. Nothing needs to be known of it: what was never there is
/// low, and somebody who lists an assortment before the first delivery wants to hear of that.
pub(super) fn set(
    ruling: &mut Ruling<'_, '_>,
    line: Line,
    set: &SetAlert,
) -> Result<Outcome, Rejection> {
    let place = ruling.draft.place(&set.product, &set.store);
    quarantine(line, &place)?;
    let thresholds = set.thresholds;
    if place
        .alert
        .is_some_and(|alert| alert.thresholds == thresholds)
    {
        return Ok(Outcome::Skipped(Skip::Unchanged));
    }
    let kind = MovementKind::AlertSet {
        low: thresholds.low(),
        replenished: thresholds.replenished(),
    };
    ruling.note(&place, kind);
    Ok(Outcome::Updated)
}

pub(super) fn remove(ruling: &mut Ruling<'_, '_>, remove: &RemoveAlert) -> Result<(), Rejection> {
    let place = ruling.draft.place(&remove.product, &remove.store);
    if place.alert.is_none() {
        return Err(Rejection::UnknownAlert {
            product: remove.product.clone(),
            store: remove.store.clone(),
        });
    }
    ruling.note(&place, MovementKind::AlertRemoved);
    Ok(())
}
