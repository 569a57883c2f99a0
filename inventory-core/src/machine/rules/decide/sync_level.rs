//! Synchronisation: a row sets what it may, and is skipped otherwise.

use super::request_draft::{RequestDraft, quarantine, written};
use crate::machine::rules::draft::Place;
use crate::machine::{Level, Line, MovementKind, Rejection, RowOutcome, Skip, SyncLevel, SyncRule};
use crate::vocabulary::Version;

pub(super) fn decide(
    request: &mut RequestDraft<'_, '_>,
    line: Line,
    set: &SyncLevel,
) -> Result<RowOutcome, Rejection> {
    let place = request.draft.place(&set.product, &set.store);
    if set.rule != SyncRule::Overwrite {
        quarantine(line, &place)?;
    }
    match level(request, &place, set) {
        Ok(level) => {
            request.write(line, &place, MovementKind::Counted, level)?;
            Ok(written(&place))
        }
        Err(skip) => Ok(RowOutcome::Skipped(skip)),
    }
}

fn level(
    request: &RequestDraft<'_, '_>,
    place: &Place<'_>,
    set: &SyncLevel,
) -> Result<Level, Skip> {
    if let SyncRule::Merge(version) = set.rule
        && place.version != Version::NEVER_WRITTEN
        && place.version != version
    {
        return Err(Skip::Stale);
    }
    // A count of a quarantined product says something new even when the number is the same.
    let unchanged = place.is_known && place.level.on_hand() == set.on_hand;
    if unchanged && !place.quarantined {
        return Err(Skip::Unchanged);
    }
    Level::new(set.on_hand, request.reserved(place)).ok_or(Skip::BelowReserved)
}
