//! The table of a store's calls. The published document is made of it.

use hyper::{Method, StatusCode};
use inventory_core::vocabulary::{IdempotencyKey, ProductId};
use inventory_http::server::params::{LIMIT, PRODUCTS_CURSOR, STORE_HEADERS};
use inventory_http::server::{Access, BODY_BYTES_MAX, Route, tagged};
use inventory_http::wire::{Code, Mutation as _, Subject as _, Update};
use inventory_http::{health, openapi};
use serde_json::Value;

use super::parked::TILL;
use super::service::Store;
use super::{forward, parked, reads, writes};
use crate::bodies::{
    Decided, Discard, Queued, Retry, StoreListing, StoreProduct, StoreStatus, Which,
};

const OK: StatusCode = StatusCode::OK;

/// The document of a store's calls, with answers that one has given.
pub fn document() -> Value {
    let answers = include_str!("answers.json");
    openapi::document("Inventory engine: store", &routes(), answers)
}

/// Every call of a store.
pub fn routes() -> Vec<Route<Store>> {
    let mut routes = tagged("passing", forward::routes());
    routes.extend(tagged("store", stock()));
    routes.extend(health::routes());
    routes
}

fn stock() -> Vec<Route<Store>> {
    let update = Update::CALL;
    vec![
        Route::declared::<Update, _>(update.path.store, STORE_HEADERS, writes::post)
            .about(
                update.id,
                "changes the stock of one product at this store, at central or, while that is away, later",
            )
            .answers::<Queued>(StatusCode::ACCEPTED, "it is queued, and nothing was sold yet"),
        Route::reads("/store/inventory", reads::list)
            .about("listProducts", "lists products as this store knows them, a page at a time")
            .query(&[&PRODUCTS_CURSOR, &LIMIT])
            .answers::<StoreListing>(OK, "a page"),
        Route::reads("/store/inventory/{productId}", reads::get)
            .about("readProduct", "reads a product as this store knows it")
            .path_params(ProductId::PARAMS)
            .answers::<StoreProduct>(OK, "the product")
            .errors(&[Code::NotFound]),
        Route::reads("/store/status", reads::status)
            .about("readStatus", "says how this store is doing")
            .free()
            .answers::<StoreStatus>(OK, "the state of link, copy and outbox"),
        Route::later(
            Method::POST,
            "/store/parked/retry",
            Access::Admin,
            parked::retry_all,
        )
        .about("retryParked", "sends parked intents once more, under their keys and without a version: all, or those of a reason or product")
        .keyless("each intent is sent under its own key")
        .takes::<Which>(BODY_BYTES_MAX)
.example(r#"{"reason":"unprocessable"}"#)
        .answers::<Decided>(OK, "they are queued, as many as there was room for"),
        Route::later(
            Method::POST,
            "/store/parked/discard",
            Access::Admin,
            parked::discard_all,
        )
        .about("discardParked", "gives parked intents up: all, or those of a reason or product")
        .keyless("what is forgotten cannot be forgotten again")
        .takes::<Which>(BODY_BYTES_MAX)
.example(r#"{"productId":"tea"}"#)
        .answers::<Decided>(OK, "they are forgotten"),
        Route::later(
            Method::POST,
            "/store/parked/{idempotencyKey}/retry",
            Access::Admin,
            parked::retry,
        )
        .about("retryIntent", "sends a parked intent once more, under its key")
        .keyless("the intent is sent under the key in the path")
        .path_params(IdempotencyKey::PARAMS)
        .query(&[&TILL])
        .takes::<Retry>(BODY_BYTES_MAX)
.example(r#"{"version":null}"#)
        .answers::<StoreStatus>(OK, "it is queued")
        .errors(&[Code::NotFound]),
        Route::later(
            Method::POST,
            "/store/parked/{idempotencyKey}/discard",
            Access::Admin,
            parked::discard,
        )
        .about("discardIntent", "gives a parked intent up")
        .keyless("what is forgotten cannot be forgotten again")
        .path_params(IdempotencyKey::PARAMS)
        .query(&[&TILL])
        .takes::<Discard>(BODY_BYTES_MAX)
.example(r#"{}"#)
        .answers::<StoreStatus>(OK, "it is forgotten")
        .errors(&[Code::NotFound]),
    ]
}
