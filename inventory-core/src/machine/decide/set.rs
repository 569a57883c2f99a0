//! Set: a row of a synchronisation. It sets what it may, and is skipped otherwise.

use super::{Change, with_on_hand};
use crate::machine::draft::Place;
use crate::machine::{Event, Set, SetRule, Skip};
use crate::vocabulary::Version;

pub(super) fn decide(place: &Place<'_>, set: &Set) -> Result<Change, Skip> {
    if let SetRule::Merge(version) = set.rule
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
    let level = with_on_hand(place.level, set.on_hand).ok_or(Skip::BelowReserved)?;
    Ok(Change {
        level,
        event: Event::StockCounted,
    })
}
