//! Expiry: deadlines have passed, and nobody asks.
//!
//! What is due counts as free at once, for whoever looks: a level lapses as a whole, in one event, however many reservations
//! hold units of it. That these have ended is said later, in portions, so that a million deadlines at one moment hold up
//! nobody.

use super::request_draft::RequestDraft;
use crate::defect;
use crate::machine::{Draft, Effects, MovementKind, REQUEST_LINES_MAX};

/// How much of what is due is written with one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// Levels that lapse, about: those of one product do so together.
    pub levels: usize,
    /// Deadlines that those levels lapse through, about: each costs the ledger as much, however many reservations have it.
    pub deadlines: usize,
    /// Lines of reservations that end, about: those of one reservation do so together.
    pub lines: usize,
}

/// Lets levels lapse and reservations end that are due, the longest overdue first: a portion of each. A reservation ends once
/// all that it held has lapsed. `None` when none is due.
///
/// To be called first on a draft: what it finds is what the ledger has.
pub fn expire(draft: &mut Draft<'_>, portion: Portion) -> Option<Effects> {
    let lapsing = draft.lapsing(portion.levels, portion.deadlines);
    let due = draft.take_due(portion.lines, &lapsing);
    if due.is_empty() && lapsing.is_empty() {
        return None;
    }
    let mut request = RequestDraft::on(draft, lapsing.len() + due.len());
    for product in lapsing {
        request.lapse(product);
    }
    for reservation in &due {
        for line in &reservation.lines {
            let place = request.draft.place(&line.product, &line.store);
            let reservation = reservation.id.clone();
            let expired = MovementKind::Expired { reservation };
            match defect!(LapsedSetFreeAgain) {
                true => request.push(&place, place.free(line.held, expired)),
                false => request.note(&place, expired),
            }
        }
    }
    Some(finish(request))
}

/// Lets the levels lapse that a request has seen with something due. What it has staged is taken back. Entry by entry, since a
/// request may name ten thousand products, of fifty stores each: the levels of a product lapse together, and an entry ends with
/// the product that fills it.
pub(super) fn lapse_seen(draft: &mut Draft<'_>) -> Vec<Effects> {
    let mut entries = Vec::new();
    let mut overdue = draft.take_overdue().into_iter().peekable();
    while overdue.peek().is_some() {
        let mut request = RequestDraft::on(draft, overdue.len());
        while request.events.len() < REQUEST_LINES_MAX
            && let Some(product) = overdue.next()
        {
            request.lapse(product);
        }
        entries.push(finish(request));
    }
    entries
}

fn finish(mut request: RequestDraft<'_, '_>) -> Effects {
    request.tell();
    let RequestDraft { draft, events, .. } = request;
    draft.keep();
    draft.look_for_backlog();
    Effects {
        events,
        outcomes: Vec::new(),
    }
}
