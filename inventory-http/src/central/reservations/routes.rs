//! The calls about reservations.

use hyper::StatusCode;
use inventory_core::vocabulary::ReservationId;

use super::listing;
use super::params::{CURSOR, PRODUCT, STATE, STORE};
use crate::central::mutate;
use crate::central::service::Central;
use crate::server::Route;
use crate::server::params::LIMIT;
use crate::wire::{
    Code, Commit, Extend, Hold, Release, Reservation, ReservationList, Subject as _,
};

const OK: StatusCode = StatusCode::OK;

pub(in crate::central) fn routes() -> Vec<Route<Central>> {
    vec![
        mutate::route::<Hold>(),
        Route::reads("/reservations", listing::list)
            .about(
                "listReservations",
                "lists reservations, the oldest first, a page at a time",
            )
            .query(&[&CURSOR, &LIMIT, &STORE, &PRODUCT, &STATE])
            .answers::<ReservationList>(OK, "a page; it may be short of its limit before the end"),
        Route::reads("/reservations/{reservationId}", listing::get)
            .about(
                "readReservation",
                "reads a reservation that is open, or has ended not long ago",
            )
            .path_params(ReservationId::PARAMS)
            .answers::<Reservation>(OK, "the reservation")
            .errors(&[Code::NotFound]),
        mutate::route::<Commit>(),
        mutate::route::<Release>(),
        mutate::route::<Extend>(),
    ]
}
