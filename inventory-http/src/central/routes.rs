//! The table of calls. The published document is made of it.

use hyper::{Method, StatusCode};
use inventory_core::vocabulary::ProductId;
use serde_json::Value;

use super::as_of::AS_OF;
use super::history::{HISTORY_CURSOR, HISTORY_PRODUCT, HISTORY_REFERENCE, HISTORY_STORE};
use super::params::{
    BELOW, CHAIN, CHANGES_LIMIT, EPOCH, FROM_OFFSET, LETTER_PATH, LONG_POLL, NODE, OF_STORE,
    PREFIX, PRODUCT_HEADERS, STORE, STREAM_HEADERS,
};
use super::service::Central;
use super::{alerts, as_of, batch, counts, dead_letters, history, mutate, products};
use super::{replication, reservations, stream, sync, transfers, whoami};
use crate::server::params::{KEYLESS_HEADERS, LIMIT, MUTATION_HEADERS, PRODUCTS_CURSOR, REPLAYED};
use crate::server::{Access, BODY_BYTES_MAX, BULK_BODY_BYTES_MAX, Route, schema_of, tagged};
use crate::wire::{
    Batch, Batched, Changes, Code, Count, DeadLetterList, GlobalProduct, History,
    InspectedDeadLetter, Listing, Mutation as _, Product, Resolve, StateSnapshot, Subject as _,
    Sync, Synced, Transaction, Update, WhoAmI,
};
use crate::{health, openapi};

const OK: StatusCode = StatusCode::OK;
const ETAG: &[(&str, &str)] = &[(
    "ETag",
    "the first digits of the epoch and the product's version, in quotes",
)];

/// The document of central's calls, with answers that it has given.
pub fn document() -> Value {
    let answers = include_str!("answers.json");
    openapi::document("Inventory engine: central", &routes(), answers)
}

/// Every call of central. Literal segments come before parameters: the first match counts.
pub fn routes() -> Vec<Route<Central>> {
    [
        tagged("changes", mutations()),
        tagged("past", past()),
        tagged("products", reads()),
        tagged("replication", replication()),
        tagged("reservations", reservations::routes()),
        tagged("transfers", transfers::routes()),
        tagged("alerts", alerts::routes()),
        health::routes(),
        tagged("administration", administration()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn mutations() -> Vec<Route<Central>> {
    vec![
        mutate::route::<Update>(),
        Route::later(Method::POST, "/inventory/sync", Access::Write, sync::post)
            .about("syncStore", "sets a store's stock of many products in one atomic request")
            .headers(MUTATION_HEADERS)
            .takes::<Sync>(BULK_BODY_BYTES_MAX)
.example(r#"{"storeId":"north","mode":"overwrite","products":[{"id":"tea","qty":20}]}"#)
            .answers::<Synced>(OK, "each row was applied or skipped")
            .telling(REPLAYED)
            .errors(&[Code::Conflict, Code::Unprocessable, Code::Quarantined]),
        Route::later(Method::POST, "/inventory/batch", Access::Write, batch::post)
        .about("updateMany", "makes many independent updates durable together")
        .headers(KEYLESS_HEADERS)
        .keyless("each row has its own idempotencyKey")
        .takes::<Batch>(BULK_BODY_BYTES_MAX)
.example(r#"{"updates":[{"storeId":"north","productId":"tea","delta":2,"version":null,"idempotencyKey":"row-1"}]}"#)
        .answers::<Batched>(OK, "each row has its own answer"),
        mutate::route::<Transaction>(),
    ]
}

fn reads() -> Vec<Route<Central>> {
    vec![
        Route::reads("/inventory", products::list)
            .about("listProducts", "lists products by id, a page at a time")
            .query(&[&PRODUCTS_CURSOR, &LIMIT, &STORE, &PREFIX, &BELOW, &AS_OF])
            .or_later(as_of::is_asked, as_of::list)
            .answers::<Listing>(
                OK,
                "a page; with filters, or of the past, it may be short of its limit before the end",
            )
            .errors(&[Code::Gone]),
        Route::reads("/inventory/global/{productId}", products::get_global)
            .about(
                "readGlobalProduct",
                "reads a product with what each store has of it",
            )
            .path_params(ProductId::PARAMS)
            .query(&[&AS_OF])
            .or_later(as_of::is_asked, as_of::get_global)
            .answers::<GlobalProduct>(OK, "the product")
            .errors(&[Code::NotFound, Code::Gone]),
        Route::reads("/inventory/{productId}", products::get)
            .about(
                "readProduct",
                "reads a product; its ETag is its version in this history",
            )
            .path_params(ProductId::PARAMS)
            .query(&[&AS_OF])
            .or_later(as_of::is_asked, as_of::get)
            .headers(PRODUCT_HEADERS)
            .answers::<Product>(OK, "the product")
            .telling(ETAG)
            .answers_with(
                StatusCode::NOT_MODIFIED,
                "the client has this version",
                None,
            )
            .telling(ETAG)
            .errors(&[Code::NotFound, Code::PreconditionFailed, Code::Gone]),
    ]
}

fn past() -> Vec<Route<Central>> {
    vec![
        Route::reads_later("/history", history::get)
            .about(
                "readHistory",
                "reads what has happened to a product, or under a reference, the newest first",
            )
            .query(&[
                &HISTORY_PRODUCT,
                &HISTORY_STORE,
                &HISTORY_REFERENCE,
                &HISTORY_CURSOR,
                &LIMIT,
            ])
            .answers::<History>(OK, "a page; with filters it may be short before the end")
            .errors(&[Code::Gone]),
        Route::declared::<Count, _>(Count::CALL.path.central, MUTATION_HEADERS, counts::post),
    ]
}

fn replication() -> Vec<Route<Central>> {
    vec![
        Route::reads("/replication/snapshot", replication::snapshot)
            .about("readSnapshot", "reads all products at one offset")
            .free()
            .answers::<StateSnapshot>(OK, "the state"),
        Route::reads_later("/replication/changes", replication::changes)
            .about(
                "readChanges",
                "reads a page of the log, and waits for it if asked to",
            )
            .patient()
            .free()
            .query(&[&FROM_OFFSET, &CHANGES_LIMIT, &LONG_POLL, &EPOCH, &CHAIN])
            .answers::<Changes<'_>>(OK, "a page, empty when nothing has happened")
            .errors(&[Code::Gone]),
        Route::reads_later("/replication/stream", stream::stream)
            .about("followLog", "follows the log as server-sent events")
            .free()
            .query(&[&FROM_OFFSET, &EPOCH, &CHAIN])
            .headers(STREAM_HEADERS)
            .answers_with(
                OK,
                "events, as they happen: each with its type as `event`, and a WireEvent as `data`",
                Some(("text/event-stream", Some(schema_of::<String>()))),
            )
            .errors(&[Code::Gone]),
    ]
}

fn administration() -> Vec<Route<Central>> {
    vec![
        Route::reads("/whoami", whoami::get)
            .about("whoAmI", "says whose key this is, what it may do, and whether a node is the only one of its store")
            .query(&[&OF_STORE, &NODE])
            .free()
            .answers::<WhoAmI>(OK, "the key's name, role and stores"),
        Route::later(
            Method::GET,
            "/admin/dead-letters",
            Access::Admin,
            dead_letters::list,
        )
        .about(
            "listDeadLetters",
            "lists what was found in the log and has no effect",
        )
        .free()
        .answers::<DeadLetterList>(OK, "the letters, the oldest first"),
        Route::later(
            Method::GET,
            "/admin/dead-letters/{letterId}",
            Access::Admin,
            dead_letters::get,
        )
        .about(
            "readDeadLetter",
            "reads a dead letter with the bytes that were found",
        )
        .free()
        .path_params(LETTER_PATH)
        .answers::<InspectedDeadLetter>(OK, "the letter")
        .errors(&[Code::NotFound]),
        Route::later(
            Method::POST,
            "/admin/dead-letters/{letterId}/resolution",
            Access::Admin,
            dead_letters::resolve,
        )
        .about(
            "resolveDeadLetter",
            "says that a dead letter was dealt with; the first one to say so counts",
        )
        .free()
        .path_params(LETTER_PATH)
        .keyless("the first one to say so counts")
        .takes::<Resolve>(BODY_BYTES_MAX)
        .example(r#"{"note":"counted"}"#)
        .answers::<InspectedDeadLetter>(OK, "the letter, resolved")
        .errors(&[Code::NotFound]),
    ]
}
