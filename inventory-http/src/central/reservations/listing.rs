//! Reading reservations.

use inventory_core::engine::Reader;
use inventory_core::machine::{HeldLine, Ledger, Rejection, Reservation, ReservationState};
use inventory_core::vocabulary::{ProductId, Sequence, StoreId};

use super::params::{CURSOR, PRODUCT, STATE, STORE, reservation};
use crate::central::params::checked;
use crate::central::refusal::refused;
use crate::central::service::Central;
use crate::kit::{Answer, ApiError, Call};
use crate::wire::params::LIMIT;
use crate::wire::{self, ReservationCursor, ReservationList};

/// Lines of reservations that are looked at under one hold of the ledger: the writer waits for less than a millisecond.
const LOOK_MAX: usize = 2_000;

/// Lines of reservations that are looked at for one page: neither a filter that matches little nor reservations of many
/// lines must keep a thread.
const SCAN_MAX: usize = 20_000;

/// GET /reservations/{reservationId}
pub(super) fn get(call: &Call<Central>) -> Result<Answer, ApiError> {
    let id = reservation(call)?;
    let found = call
        .service()
        .reader()
        .read(|ledger| ledger.reservation(&id).map(wire::Reservation::of));
    match found {
        Some(found) => Ok(Answer::json(&found)),
        None => Err(refused(&Rejection::UnknownReservation { reservation: id })),
    }
}

/// What a listing shows.
struct Filter {
    store: Option<StoreId>,
    product: Option<ProductId>,
    state: Option<ReservationState>,
}

impl Filter {
    fn shows(&self, reservation: &Reservation) -> bool {
        let of_level = |line: &HeldLine| {
            self.store.as_ref().is_none_or(|store| *store == line.store)
                && self
                    .product
                    .as_ref()
                    .is_none_or(|product| *product == line.product)
        };
        self.state.is_none_or(|state| state == reservation.state)
            && reservation.lines.iter().any(of_level)
    }
}

/// A page that is being filled.
struct Page {
    items: Vec<wire::Reservation>,
    limit: usize,
    looked_at: usize,
    after: Option<ReservationCursor>,
    ended: bool,
}

/// GET /reservations
pub(super) fn list(call: &Call<Central>) -> Result<Answer, ApiError> {
    let filter = Filter {
        store: checked(call, &STORE),
        product: checked(call, &PRODUCT),
        state: checked(call, &STATE),
    };
    let limit = call.query.integer(&LIMIT).expect("it has a default");
    let mut page = Page {
        items: Vec::new(),
        limit: limit as usize,
        looked_at: 0,
        after: checked(call, &CURSOR),
        ended: false,
    };
    while !page.ended && page.items.len() < page.limit && page.looked_at < SCAN_MAX {
        page.fill(call.service().reader(), &filter);
    }
    let next = page.after.filter(|_| !page.ended);
    Ok(Answer::json(&ReservationList {
        items: page.items,
        next_cursor: next.map(|cursor| cursor.to_string()).unwrap_or_default(),
    }))
}

impl Page {
    /// Looks at the next reservations, for as long as the writer can wait.
    fn fill(&mut self, reader: &Reader, filter: &Filter) {
        let after = self.after.take();
        reader.read(|ledger| {
            let mut reservations = from(ledger, after.as_ref()).peekable();
            let (mut looked_at, mut last) = (0, None);
            while looked_at < LOOK_MAX && self.items.len() < self.limit {
                let Some(reservation) = reservations.next() else {
                    break;
                };
                looked_at += reservation.lines.len().max(1);
                last = Some(reservation);
                if filter.shows(reservation) {
                    self.items.push(wire::Reservation::of(reservation));
                }
            }
            self.looked_at += looked_at;
            self.ended = reservations.peek().is_none();
            self.after = last.map(|last| ReservationCursor {
                opened: last.opened,
                id: last.id.clone(),
            });
        });
    }
}

/// The reservations after a cursor, in the order of the log.
///
/// One request may have made several. When the one that the cursor names is forgotten by now, those of its request are
/// shown from the first on: rather one of them twice than one never.
fn from<'a>(
    ledger: &'a Ledger,
    cursor: Option<&'a ReservationCursor>,
) -> impl Iterator<Item = &'a Reservation> {
    let start = cursor.map_or(Sequence::START, |cursor| {
        Sequence::new(cursor.opened.number().saturating_sub(1))
    });
    let is_last = move |known: &Reservation| {
        cursor.is_some_and(|cursor| known.opened == cursor.opened && known.id == cursor.id)
    };
    let named = cursor.and_then(|cursor| ledger.reservation(&cursor.id));
    let mut skipping = named.is_some_and(is_last);
    let reservations = ledger.reservations_after(start);
    reservations.skip_while(move |known| {
        let skip = skipping;
        skipping &= !is_last(known);
        skip
    })
}
