//! Alerts: who wants to be told when a level runs low.

use super::ruling::{Ruling, quarantine};
use crate::machine::{Alert, Kind, Line, Outcome, Rejection, RemoveAlert, SetAlert, Skip};

/// The level is judged at once: it may be low already.
pub(super) fn set(
    ruling: &mut Ruling<'_, '_>,
    line: Line,
    set: &SetAlert,
) -> Result<(), Rejection> {
    let place = ruling.draft.place(&set.product, &set.store);
    if !place.is_known {
        return Err(Rejection::UnknownLevel {
            product: set.product.clone(),
            store: set.store.clone(),
        });
    }
    quarantine(line, &place)?;
    let thresholds = set.thresholds;
    if place
        .alert
        .is_some_and(|alert| alert.thresholds == thresholds)
    {
        let outcomes = [Outcome::Skipped(Skip::Unchanged)].into();
        return Err(Rejection::NothingToDo { outcomes });
    }
    let kind = Kind::AlertSet {
        low: thresholds.low(),
        replenished: thresholds.replenished(),
    };
    ruling.note(&place, kind);
    let told = Alert::new(thresholds).judge(place.level.available());
    if let Some(kind) = told {
        let place = ruling.draft.place(&set.product, &set.store);
        ruling.note(&place, kind);
    }
    Ok(())
}

pub(super) fn remove(ruling: &mut Ruling<'_, '_>, remove: &RemoveAlert) -> Result<(), Rejection> {
    let place = ruling.draft.place(&remove.product, &remove.store);
    if place.alert.is_none() {
        return Err(Rejection::UnknownAlert {
            product: remove.product.clone(),
            store: remove.store.clone(),
        });
    }
    ruling.note(&place, Kind::AlertRemoved);
    Ok(())
}
