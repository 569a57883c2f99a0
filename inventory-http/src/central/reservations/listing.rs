//! Reading reservations.

use inventory_core::machine::{HeldLine, Rejection, Reservation, ReservationState};
use inventory_core::vocabulary::{ProductId, StoreId, Timestamp};

use super::params::{PRODUCT, STATE, STORE};
use crate::central::opened::Page;
use crate::central::params::checked;
use crate::central::refusal::refused;
use crate::central::service::Central;
use crate::server::params::{page_after, page_limit, subject};
use crate::server::{Answer, ApiError, Call};
use crate::wire::{self, ReservationList};

/// GET /reservations/{reservationId}
pub(super) fn get(call: &Call<Central>) -> Result<Answer, ApiError> {
    let id = subject(call)?;
    let found = call.service().reader().read(|ledger| {
        let at = ledger.head().recorded_at;
        let found = ledger.reservation(&id);
        found.map(|found| wire::Reservation::of(found, at))
    });
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
    fn shows(&self, reservation: &Reservation, at: Timestamp) -> bool {
        let of_level = |line: &HeldLine| {
            self.store.as_ref().is_none_or(|store| *store == line.store)
                && self
                    .product
                    .as_ref()
                    .is_none_or(|product| *product == line.product)
        };
        self.state
            .is_none_or(|state| state == reservation.state_at(at))
            && reservation.lines.iter().any(of_level)
    }
}

/// GET /reservations
pub(super) fn list(call: &Call<Central>) -> Result<Answer, ApiError> {
    let filter = Filter {
        store: checked(call, &STORE),
        product: checked(call, &PRODUCT),
        state: checked(call, &STATE),
    };
    let reader = call.service().reader();
    let at = reader.head().recorded_at;
    let show = |reservation: &Reservation| {
        let shown = filter.shows(reservation, at);
        shown.then(|| wire::Reservation::of(reservation, at))
    };
    let (items, next_cursor) = Page::read(reader, page_after(call), page_limit(call), show);
    Ok(Answer::json(&ReservationList { items, next_cursor }))
}
