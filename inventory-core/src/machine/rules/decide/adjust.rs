//! Adjust: stock arrives or leaves.

use super::request_draft::{
    RequestDraft, ceiling, check_guard, insufficient, quarantine, with_on_hand, written,
};
use crate::machine::{Adjust, Line, MovementKind, Rejection, RowOutcome};
use crate::vocabulary::Delta;

pub(super) fn decide(
    request: &mut RequestDraft<'_, '_>,
    line: Line,
    adjust: &Adjust,
) -> Result<RowOutcome, Rejection> {
    let place = request.draft.place(&adjust.product, &adjust.store);
    quarantine(line, &place)?;
    check_guard(line, &place, adjust.guard)?;
    let delta = adjust.delta.delta();
    let added = delta > Delta::ZERO;
    let on_hand = place.level.on_hand().checked_apply(delta);
    if added && on_hand.is_none() {
        return Err(ceiling(line, &place));
    }
    let level = on_hand.and_then(|on_hand| with_on_hand(place.level, on_hand));
    let level = level.ok_or_else(|| insufficient(line, &place, delta))?;
    let kind = match added {
        true => MovementKind::Increased,
        false => MovementKind::Decreased,
    };
    request.write(line, &place, kind, level)?;
    Ok(written(&place))
}
