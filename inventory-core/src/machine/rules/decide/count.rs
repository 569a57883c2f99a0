//! Count: somebody looked. Whatever the ledger thought, this many are there, or so many more or less than there were.

use std::sync::Arc;

use super::request_draft::{RequestDraft, ceiling, check_guard, insufficient, quarantine, written};
use crate::defect;
use crate::machine::rules::draft::Place;
use crate::machine::{Basis, Count, LINES_MAX, Level, Line, MovementKind, Rejection, RowOutcome};
use crate::vocabulary::{Delta, Quantity};

pub(super) fn decide(
    request: &mut RequestDraft<'_, '_>,
    line: Line,
    count: &Count,
) -> Result<RowOutcome, Rejection> {
    let place = request.draft.place(&count.product, &count.store);
    let on_hand = found(line, &place, count)?;
    let reserved = request.reserved(&place);
    if let Some(level) = Level::new(on_hand, reserved) {
        request.write(line, &place, MovementKind::Counted, level)?;
        return Ok(written(&place));
    }
    if !count.release_holds {
        return Err(Rejection::BelowReserved {
            line,
            product: place.product.clone(),
            store: place.store.clone(),
            counted: count.counted,
            reserved,
        });
    }
    let reserved = release_youngest(request, line, &place, reserved, on_hand)?;
    let place = request.draft.place(&count.product, &count.store);
    let level = Level::new(on_hand, reserved).expect("no more is reserved than there is");
    request.write(line, &place, MovementKind::Counted, level)?;
    Ok(written(&place))
}

/// Releases reservations of the level, each as a whole, since a customer was promised all of it or nothing, until no more is
/// reserved than there is. Returns what still is.
///
/// # Errors
///
/// They have more lines than one command may change: some have to be released before, by their names.
fn release_youngest(
    request: &mut RequestDraft<'_, '_>,
    line: Line,
    place: &Place<'_>,
    mut reserved: Quantity,
    on_hand: Quantity,
) -> Result<Quantity, Rejection> {
    let mut released = Vec::new();
    let mut lines = 0;
    for reservation in request.draft.youngest(place) {
        if reserved <= on_hand {
            break;
        }
        lines += reservation.lines.len();
        if lines > LINES_MAX {
            return Err(Rejection::TooManyLines { line });
        }
        let held = reservation.line(place.product, place.store);
        reserved = held.map_or(reserved, |line| reserved.saturating_sub(line.held));
        released.push(Arc::clone(reservation));
    }
    for reservation in released {
        request.release(&reservation);
    }
    // What nobody holds is not reserved, whatever the ledger thought.
    Ok(reserved.min(on_hand))
}

/// What is there now, as the count says.
fn found(line: Line, place: &Place<'_>, count: &Count) -> Result<Quantity, Rejection> {
    match count.basis {
        Basis::Now(guard) => {
            check_guard(line, place, guard)?;
            Ok(count.counted)
        }
        Basis::Then(then) => {
            // A difference says nothing about a stock that the ledger is not sure of.
            quarantine(line, place)?;
            // Nor does it once somebody has said how much is there: what this count has found more or less may be what
            // that statement has put right already.
            if place.counted_at > then.whole() && !defect!(CountedSinceIgnored) {
                return Err(Rejection::CountedSince {
                    line,
                    product: place.product.clone(),
                    store: place.store.clone(),
                    at: place.counted_at,
                });
            }
            let difference = count.counted.since(then.on_hand());
            let found = place.level.on_hand().checked_apply(difference);
            found.ok_or_else(|| match difference > Delta::ZERO {
                true => ceiling(line, place),
                false => insufficient(line, place, difference),
            })
        }
    }
}
