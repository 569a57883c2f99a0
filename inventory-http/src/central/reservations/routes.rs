//! The calls about reservations.

use hyper::{Method, StatusCode};

use super::params::{CURSOR, PRODUCT, RESERVATION_PATH, STATE, STORE};
use super::{changes, listing};
use crate::central::service::Central;
use crate::kit::params::{LIMIT, MUTATION_HEADERS, REPLAYED};
use crate::kit::{Access, BODY_BYTES_MAX, BULK_BODY_BYTES_MAX, Route};
use crate::wire::{
    Code, Commit, Committed, Extend, Extended, Held, Hold, Release, Released, Reservation,
    ReservationList,
};

const OK: StatusCode = StatusCode::OK;

/// What a change of a reservation that is there may be refused with.
const REFUSALS: &[Code] = &[
    Code::NotFound,
    Code::Conflict,
    Code::Unprocessable,
    Code::Quarantined,
];

pub(in crate::central) fn routes() -> Vec<Route<Central>> {
    let (get, post) = (Method::GET, Method::POST);
    vec![
        Route::later(post.clone(), "/reservations", Access::Write, changes::hold)
            .about("holdStock", "sets units of several levels aside for a while: all of them, or none")
            .headers(MUTATION_HEADERS)
            .takes::<Hold>(BULK_BODY_BYTES_MAX)
.example(r#"{"reservationId":"cart-3","lines":[{"storeId":"north","productId":"tea","quantity":1}],"ttlSeconds":600,"idempotencyKey":"hold-3"}"#)
            .answers::<Held>(StatusCode::CREATED, "they are held")
            .telling(REPLAYED)
            .errors(&[Code::Conflict, Code::Unprocessable, Code::Quarantined]),
        Route::now(get.clone(), "/reservations", Access::Read, listing::list)
            .about("listReservations", "lists reservations, the oldest first, a page at a time")
            .query(&[&CURSOR, &LIMIT, &STORE, &PRODUCT, &STATE])
            .answers::<ReservationList>(OK, "a page; it may be short of its limit before the end"),
        Route::now(
            get,
            "/reservations/{reservationId}",
            Access::Read,
            listing::get,
        )
        .about("readReservation", "reads a reservation that is open, or has ended not long ago")
        .path_params(RESERVATION_PATH)
        .answers::<Reservation>(OK, "the reservation")
        .errors(&[Code::NotFound]),
        Route::later(
            post.clone(),
            "/reservations/{reservationId}/commit",
            Access::Write,
            changes::commit,
        )
        .about("commitReservation", "takes what a reservation holds, or a part of it, out of the stock and ends it")
        .path_params(RESERVATION_PATH)
        .headers(MUTATION_HEADERS)
        .takes::<Commit>(BULK_BODY_BYTES_MAX)
.example(r#"{"idempotencyKey":"pay-3","reason":"sale","reference":"order-3"}"#)
        .answers::<Committed>(OK, "it is committed")
        .telling(REPLAYED)
        .errors(REFUSALS),
        Route::later(
            post.clone(),
            "/reservations/{reservationId}/release",
            Access::Write,
            changes::release,
        )
        .about("releaseReservation", "makes what a reservation holds available again and ends it")
        .path_params(RESERVATION_PATH)
        .headers(MUTATION_HEADERS)
        .takes::<Release>(BODY_BYTES_MAX)
.example(r#"{"idempotencyKey":"release-4"}"#)
        .answers::<Released>(OK, "it is released")
        .telling(REPLAYED)
        .errors(REFUSALS),
        Route::later(
            post,
            "/reservations/{reservationId}/extend",
            Access::Write,
            changes::extend,
        )
        .about("extendReservation", "moves the end of a reservation, up to a day after it was made")
        .path_params(RESERVATION_PATH)
        .headers(MUTATION_HEADERS)
        .takes::<Extend>(BODY_BYTES_MAX)
.example(r#"{"ttlSeconds":900,"idempotencyKey":"extend-3"}"#)
        .answers::<Extended>(OK, "it lasts until then")
        .telling(REPLAYED)
        .errors(&[Code::NotFound, Code::Conflict, Code::Unprocessable]),
    ]
}
