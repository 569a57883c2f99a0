//! The calls about transfers.

use hyper::{Method, StatusCode};

use super::params::{CURSOR, FROM, PRODUCT, STATE, TO, TRANSFER_PATH};
use super::{changes, listing};
use crate::central::service::Central;
use crate::kit::params::{LIMIT, MUTATION_HEADERS, REPLAYED};
use crate::kit::{Access, BODY_BYTES_MAX, BULK_BODY_BYTES_MAX, Route};
use crate::wire::{Close, Code, Moved, Receive, Ship, Transfer, TransferList};

const OK: StatusCode = StatusCode::OK;

/// What a change of a transfer that is there may be refused with.
const REFUSALS: &[Code] = &[
    Code::NotFound,
    Code::Conflict,
    Code::Unprocessable,
    Code::Quarantined,
];

pub(in crate::central) fn routes() -> Vec<Route<Central>> {
    let (get, post) = (Method::GET, Method::POST);
    vec![
        Route::later(post.clone(), "/transfers", Access::Write, changes::ship)
            .about("shipTransfer", "sends units of several products to another store: all of them, or none")
            .headers(MUTATION_HEADERS)
            .takes::<Ship>(BULK_BODY_BYTES_MAX)
.example(r#"{"transferId":"van-1","fromStoreId":"north","toStoreId":"south","lines":[{"productId":"tea","quantity":4}],"idempotencyKey":"ship-1"}"#)
            .answers::<Moved>(StatusCode::CREATED, "they have left, and are on the way")
            .telling(REPLAYED)
            .errors(&[Code::Conflict, Code::Unprocessable, Code::Quarantined]),
        Route::now(get.clone(), "/transfers", Access::Read, listing::list)
            .about("listTransfers", "lists transfers, the oldest first, a page at a time")
            .query(&[&CURSOR, &LIMIT, &FROM, &TO, &PRODUCT, &STATE])
            .answers::<TransferList>(OK, "a page; it may be short of its limit before the end"),
        Route::now(get, "/transfers/{transferId}", Access::Read, listing::get)
            .about("readTransfer", "reads a transfer that is under way, or has ended not long ago")
            .path_params(TRANSFER_PATH)
            .answers::<Transfer>(OK, "the transfer")
            .errors(&[Code::NotFound]),
        Route::later(
            post.clone(),
            "/transfers/{transferId}/receive",
            Access::Write,
            changes::receive,
        )
        .about("receiveTransfer", "takes in what has arrived of a transfer, a part of it or all")
        .path_params(TRANSFER_PATH)
        .headers(MUTATION_HEADERS)
        .takes::<Receive>(BULK_BODY_BYTES_MAX)
.example(r#"{"lines":[{"productId":"tea","quantity":3}],"idempotencyKey":"receive-1"}"#)
        .answers::<Moved>(OK, "it is in stock")
        .telling(REPLAYED)
        .errors(REFUSALS),
        Route::later(
            post,
            "/transfers/{transferId}/close",
            Access::Write,
            changes::close,
        )
        .about("closeTransfer", "settles what of a transfer has not arrived, and ends it")
        .path_params(TRANSFER_PATH)
        .headers(MUTATION_HEADERS)
        .takes::<Close>(BODY_BYTES_MAX)
.example(r#"{"outcome":"lost","idempotencyKey":"close-1"}"#)
        .answers::<Moved>(OK, "it is settled")
        .telling(REPLAYED)
        .errors(REFUSALS),
    ]
}
