//! Expire: a deadline has passed, and nobody asks.
//!
//! Nothing sees units held after their deadline, whatever else is to be done: what is due and of the products of a request
//! expires right before it. The rest goes in portions, so that a million reservations that end at one moment do not hold
//! up requests that have nothing to do with them.

use std::sync::Arc;

use super::Fresh;
use super::ruling::Ruling;
use crate::machine::{Draft, Kind, Request, Reservation};

/// Lets reservations expire that are due, the longest overdue first: about as many as have `lines_max` lines. `None` when
/// none is due.
pub fn expire(draft: &mut Draft<'_>, lines_max: usize) -> Option<Fresh> {
    match draft.has_backlog() {
        true => {
            let due = draft.take_due(lines_max);
            expire_all(draft, due)
        }
        false => None,
    }
}

/// Lets reservations expire that are due and that a request would see, about as many as have `lines_max` lines. To be called
/// until it returns `None`, before the request is decided.
pub fn expire_before(draft: &mut Draft<'_>, request: &Request, lines_max: usize) -> Option<Fresh> {
    match draft.has_backlog() {
        true => {
            let due = draft.take_due_before(request, lines_max);
            expire_all(draft, due)
        }
        false => None,
    }
}

fn expire_all(draft: &mut Draft<'_>, due: Vec<Arc<Reservation>>) -> Option<Fresh> {
    let mut ruling = Ruling::on(draft, due.len());
    for known in due {
        let id = &known.id;
        // One that holds units of two products of a request is named twice.
        let reservation = ruling.draft.reservation(id);
        if reservation.is_some_and(|known| known.is_open()) {
            let reservation = id.clone();
            ruling.free(&known, &Kind::Expired { reservation });
        }
    }
    ruling.tell();
    let events = ruling.events;
    draft.keep();
    (!events.is_empty()).then(|| Fresh {
        events,
        outcomes: Vec::new(),
    })
}
