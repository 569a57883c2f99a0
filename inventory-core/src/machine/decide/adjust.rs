//! Adjust: stock arrives or leaves.

use super::{Change, ceiling, with_on_hand};
use crate::machine::draft::Place;
use crate::machine::{Adjust, Event, Line, Rejection};
use crate::vocabulary::Delta;

pub(super) fn decide(line: Line, place: &Place<'_>, adjust: &Adjust) -> Result<Change, Rejection> {
    let delta = adjust.delta.delta();
    let added = delta > Delta::ZERO;
    let on_hand = place.level.on_hand().checked_apply(delta);
    if added && on_hand.is_none() {
        return Err(ceiling(line, place));
    }
    let Some(level) = on_hand.and_then(|on_hand| with_on_hand(place.level, on_hand)) else {
        return Err(Rejection::InsufficientStock {
            line,
            product: place.product.clone(),
            store: place.store.clone(),
            delta,
            available: place.level.available(),
        });
    };
    let event = match added {
        true => Event::StockIncreased,
        false => Event::StockDecreased,
    };
    Ok(Change { level, event })
}
