//! Selected events of a record, without making the others: a line of megabytes may hold one that is wanted.

use inventory_core::machine::{Entry, Event};
use inventory_core::ports::Excerpt;
use inventory_core::vocabulary::Sequence;

use super::canonical::{canonical_end, canonical_head, canonical_shape};
use super::decode::decode;
use crate::codec::interner::Interner;
use crate::codec::text::Cursor;

/// Reads those events of a line whose product and store, if it has one, are picked. There may be none.
///
/// # Errors
///
/// The text is no entry, as far as it was read.
pub(crate) fn select(
    text: &str,
    ids: &mut Interner,
    picked: impl Fn(&str, Option<&str>) -> bool,
) -> Result<Excerpt, String> {
    match short_way(text, ids, &picked) {
        Some(excerpt) => Ok(excerpt),
        None => Ok(picked_of(decode(text, ids)?, picked)),
    }
}

/// The form that the encoder writes, without escapes. An event that is passed over is read as far as its end is found.
fn short_way(
    text: &str,
    ids: &mut Interner,
    picked: impl Fn(&str, Option<&str>) -> bool,
) -> Option<Excerpt> {
    let cursor = &mut Cursor::new(text);
    let (head, count) = canonical_head(cursor)?;
    let mut events = Vec::new();
    for at in 0..count {
        if at > 0 {
            cursor.pass(",")?;
        }
        let shape = canonical_shape(cursor)?;
        if picked(shape.product, Some(shape.store)) {
            let sequence = head.first.plus(at as u64);
            events.push((sequence, shape.event(ids)?));
        }
    }
    canonical_end(cursor)?;
    Some(excerpt(head, events))
}

fn picked_of(mut entry: Entry, picked: impl Fn(&str, Option<&str>) -> bool) -> Excerpt {
    let first = entry.first;
    let events = std::mem::take(&mut entry.events).into_iter().enumerate();
    let events = events.filter(|(_, event)| {
        let store = event.movement().map(|movement| movement.store.as_str());
        event
            .product()
            .is_some_and(|product| picked(product.as_str(), store))
    });
    let events = events.map(|(at, event)| (first.plus(at as u64), event));
    excerpt(entry, events.collect())
}

fn excerpt(head: Entry, events: Vec<(Sequence, Event)>) -> Excerpt {
    Excerpt {
        first: head.first,
        recorded_at: head.recorded_at,
        intent: head.intent,
        annotations: head.annotations,
        events,
    }
}
