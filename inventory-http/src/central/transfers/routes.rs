//! The calls about transfers.

use hyper::StatusCode;
use inventory_core::vocabulary::TransferId;

use super::listing;
use super::params::{CURSOR, FROM, PRODUCT, STATE, TO};
use crate::central::mutate;
use crate::central::service::Central;
use crate::server::Route;
use crate::server::params::LIMIT;
use crate::wire::{Close, Code, Receive, Ship, Subject as _, Transfer, TransferList};

const OK: StatusCode = StatusCode::OK;

pub(in crate::central) fn routes() -> Vec<Route<Central>> {
    vec![
        mutate::route::<Ship>(),
        Route::reads("/transfers", listing::list)
            .about(
                "listTransfers",
                "lists transfers, the oldest first, a page at a time",
            )
            .query(&[&CURSOR, &LIMIT, &FROM, &TO, &PRODUCT, &STATE])
            .answers::<TransferList>(OK, "a page; it may be short of its limit before the end"),
        Route::reads("/transfers/{transferId}", listing::get)
            .about(
                "readTransfer",
                "reads a transfer that is under way, or has ended not long ago",
            )
            .path_params(TransferId::PARAMS)
            .answers::<Transfer>(OK, "the transfer")
            .errors(&[Code::NotFound]),
        mutate::route::<Receive>(),
        mutate::route::<Close>(),
    ]
}
