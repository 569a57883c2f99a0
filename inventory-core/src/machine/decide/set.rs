//! Set: a row of a synchronisation. It sets what it may, and is skipped otherwise.

use super::ruling::{Ruling, quarantine};
use crate::machine::draft::Place;
use crate::machine::{Kind, Level, Line, Outcome, Rejection, Set, SetRule, Skip};
use crate::vocabulary::Version;

pub(super) fn decide(ruling: &mut Ruling<'_, '_>, line: Line, set: &Set) -> Result<(), Rejection> {
    let place = ruling.draft.place(&set.product, &set.store);
    if set.rule != SetRule::Overwrite {
        quarantine(line, &place)?;
    }
    let outcome = match level(ruling, &place, set) {
        Ok(level) => {
            ruling.write(line, &place, Kind::Counted, level)?;
            match place.is_known {
                true => Outcome::Updated,
                false => Outcome::Created,
            }
        }
        Err(skip) => Outcome::Skipped(skip),
    };
    ruling.outcomes.push(outcome);
    Ok(())
}

fn level(ruling: &Ruling<'_, '_>, place: &Place<'_>, set: &Set) -> Result<Level, Skip> {
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
    Level::new(set.on_hand, ruling.reserved(place)).ok_or(Skip::BelowReserved)
}
