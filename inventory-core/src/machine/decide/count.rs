//! Count: somebody looked. Whatever the ledger thought, this many are there.

use super::{Change, with_on_hand};
use crate::machine::draft::Place;
use crate::machine::{Count, Event, Line, Rejection};

pub(super) fn decide(line: Line, place: &Place<'_>, count: &Count) -> Result<Change, Rejection> {
    let Some(level) = with_on_hand(place.level, count.counted) else {
        return Err(Rejection::BelowReserved {
            line,
            product: place.product.clone(),
            store: place.store.clone(),
            counted: count.counted,
            reserved: place.level.reserved(),
        });
    };
    Ok(Change {
        level,
        event: Event::StockCounted,
    })
}
