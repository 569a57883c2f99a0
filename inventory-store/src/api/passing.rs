//! Calls that are passed on to central as they are: what a store promises, counts, sends and takes in only central can decide,
//! and none of it can wait in the outbox, since nobody may be told of a promise that nobody keeps.

use std::sync::Arc;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use inventory_core::vocabulary::{ProductId, StoreId};
use inventory_http::kit::params::{self, STORE_HEADERS};
use inventory_http::kit::{Access, Answer, ApiError, BULK_BODY_BYTES_MAX, Call, PathParam, Route};
use inventory_http::wire::headers::IDEMPOTENT_REPLAYED;
use inventory_http::wire::{
    Close, Code, Commit, Committed, Count, Counted, Extend, Extended, Held, Hold, LevelAfter,
    Moved, Mutation, Receive, Release, Released, Reservation, Ship, Transfer, Updated, schema,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::service::Store;
use super::turn::Turn;
use super::writes::{away, origin, refused};
use crate::client::{CallError, Outcome};

const RESERVATION_PATH: &[PathParam] = &[PathParam {
    name: "reservationId",
    about: "the reservation, percent-encoded as one segment",
    schema: schema::id,
    example: "cart-3",
}];
const TRANSFER_PATH: &[PathParam] = &[PathParam {
    name: "transferId",
    about: "the transfer, percent-encoded as one segment",
    schema: schema::id,
    example: "van-1",
}];

/// What a change that is passed on may be refused with.
const REFUSALS: &[Code] = &[
    Code::NotFound,
    Code::Conflict,
    Code::Gone,
    Code::Unprocessable,
    Code::Quarantined,
];

/// The body of a call that is passed on.
trait Passed: Mutation + Serialize + DeserializeOwned + Send {
    /// The stores that it names and writes for. What it ends at others only central knows, and refuses.
    fn stores(&self) -> Vec<&StoreId>;

    /// The products that it names.
    fn products(&self) -> Vec<&ProductId> {
        Vec::new()
    }
}

impl Passed for Hold {
    fn stores(&self) -> Vec<&StoreId> {
        self.lines.iter().map(|line| &line.store_id).collect()
    }

    fn products(&self) -> Vec<&ProductId> {
        self.lines.iter().map(|line| &line.product_id).collect()
    }
}

impl Passed for Commit {
    fn stores(&self) -> Vec<&StoreId> {
        let lines = self.lines.iter().flatten();
        lines.map(|line| &line.store_id).collect()
    }
}

impl Passed for Release {
    fn stores(&self) -> Vec<&StoreId> {
        Vec::new()
    }
}

impl Passed for Extend {
    fn stores(&self) -> Vec<&StoreId> {
        Vec::new()
    }
}

impl Passed for Ship {
    fn stores(&self) -> Vec<&StoreId> {
        vec![&self.from_store_id]
    }

    fn products(&self) -> Vec<&ProductId> {
        self.lines.iter().map(|line| &line.product_id).collect()
    }
}

impl Passed for Receive {
    fn stores(&self) -> Vec<&StoreId> {
        Vec::new()
    }
}

impl Passed for Close {
    fn stores(&self) -> Vec<&StoreId> {
        Vec::new()
    }
}

impl Passed for Count {
    fn stores(&self) -> Vec<&StoreId> {
        vec![&self.store_id]
    }

    fn products(&self) -> Vec<&ProductId> {
        vec![&self.product_id]
    }
}

/// What the answer to any of them says of levels.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    last_updated: inventory_core::vocabulary::Timestamp,
    #[serde(default)]
    lines: Vec<LevelAfter>,
}

/// The calls that are passed on.
pub(super) fn routes() -> Vec<Route<Store>> {
    let (ok, created) = (StatusCode::OK, StatusCode::CREATED);
    vec![
        change::<Count>("/store/inventory/counts")
            .about("countStock", "sets the stock of a product at this store to what was counted, at central")
.example(r#"{"storeId":"store-1","productId":"tea","counted":25,"version":null,"idempotencyKey":"count-1"}"#)
            .answers::<Counted>(ok, "central has applied it"),
        change::<Hold>("/store/reservations")
            .about("holdStock", "sets units at this store aside for a while, at central")
.example(r#"{"reservationId":"cart-3","lines":[{"storeId":"store-1","productId":"tea","quantity":1}],"ttlSeconds":600,"idempotencyKey":"hold-3"}"#)
            .answers::<Held>(created, "they are held"),
        Route::later(
            Method::GET,
            "/store/reservations/{reservationId}",
            Access::Read,
            fetch,
        )
        .about("readReservation", "reads a reservation at central")
        .path_params(RESERVATION_PATH)
        .answers::<Reservation>(ok, "the reservation")
        .errors(&[Code::NotFound]),
        change::<Commit>("/store/reservations/{reservationId}/commit")
            .about("commitReservation", "takes what a reservation holds out of the stock, at central")
.example(r#"{"idempotencyKey":"pay-3","reason":"sale","reference":"order-3"}"#)
            .path_params(RESERVATION_PATH)
            .answers::<Committed>(ok, "it is committed"),
        change::<Release>("/store/reservations/{reservationId}/release")
            .about("releaseReservation", "makes what a reservation holds available again, at central")
.example(r#"{"idempotencyKey":"release-4"}"#)
            .path_params(RESERVATION_PATH)
            .answers::<Released>(ok, "it is released"),
        change::<Extend>("/store/reservations/{reservationId}/extend")
            .about("extendReservation", "moves the end of a reservation, at central")
.example(r#"{"ttlSeconds":900,"idempotencyKey":"extend-3"}"#)
            .path_params(RESERVATION_PATH)
            .answers::<Extended>(ok, "it lasts until then"),
        change::<Ship>("/store/transfers")
            .about("shipTransfer", "sends units of this store to another one, at central")
.example(r#"{"transferId":"van-1","fromStoreId":"store-1","toStoreId":"south","lines":[{"productId":"tea","quantity":4}],"idempotencyKey":"ship-1"}"#)
            .answers::<Moved>(created, "they have left, and are on the way"),
        Route::later(
            Method::GET,
            "/store/transfers/{transferId}",
            Access::Read,
            fetch,
        )
        .about("readTransfer", "reads a transfer at central")
        .path_params(TRANSFER_PATH)
        .answers::<Transfer>(ok, "the transfer")
        .errors(&[Code::NotFound]),
        change::<Receive>("/store/transfers/{transferId}/receive")
            .about("receiveTransfer", "takes in what has arrived of a transfer, at central")
.example(r#"{"lines":[{"productId":"tea","quantity":3}],"idempotencyKey":"receive-1"}"#)
            .path_params(TRANSFER_PATH)
            .answers::<Moved>(ok, "it is in stock"),
        change::<Close>("/store/transfers/{transferId}/close")
            .about("closeTransfer", "settles what of a transfer has not arrived, at central")
.example(r#"{"outcome":"lost","idempotencyKey":"close-1"}"#)
            .path_params(TRANSFER_PATH)
            .answers::<Moved>(ok, "it is settled"),
    ]
}

fn change<T: Passed + JsonSchema + 'static>(path: &'static str) -> Route<Store> {
    Route::later(Method::POST, path, Access::Write, pass::<T>)
        .headers(STORE_HEADERS)
        .takes::<T>(BULK_BODY_BYTES_MAX)
        .example(r#"{"outcome":"lost","idempotencyKey":"close-1"}"#)
        .errors(REFUSALS)
}

/// Passes a change on, under its key.
async fn pass<T: Passed + JsonSchema>(call: Call<Store>) -> Result<Answer, ApiError> {
    let mut body: T = call.json()?;
    let store = Arc::clone(call.service());
    // Central is asked in the name of this store: whoever may not write for it must not borrow that name, also where the
    // body names no store.
    call.caller().may_write_for(&store.id)?;
    for named in body.stores() {
        store.check_own(named)?;
    }
    let key = params::required_key(&call, body.key_mut().take())?;
    let deadline = Instant::now() + store.forward_timeout;
    if store.turn(&body.products(), deadline).await == Turn::Queues {
        let message = "earlier changes of this product wait to be sent; nothing was done";
        return Err(ApiError::new(Code::Unavailable, message).with_retry_after(1));
    }
    *body.key_mut() = Some(key);
    let json = serde_json::to_vec(&body).expect("a body is made of texts and numbers");
    store.pass_on(&call, Some(json.into())).await
}

/// Reads at central what no store has a copy of.
async fn fetch(call: Call<Store>) -> Result<Answer, ApiError> {
    let store = Arc::clone(call.service());
    store.pass_on(&call, None).await
}

impl Store {
    /// Asks central, and shows at once what its answer says of this store's levels.
    async fn pass_on(&self, call: &Call<Self>, body: Option<Bytes>) -> Result<Answer, ApiError> {
        if !self.is_connected() {
            return Err(away(Outcome::NothingDone));
        }
        let path = call.path.as_sent();
        let of_central = "it is a path of a store";
        let target = path.strip_prefix("/store").expect(of_central);
        let template = call.route.strip_prefix("/store").expect(of_central);
        let deadline = Instant::now() + self.forward_timeout;
        let span = call.span.child("PassOn");
        let origin = origin(call, &span);
        let passed = self
            .central
            .pass_until(template, target, body, &origin, deadline);
        let passed = passed
            .await
            .inspect_err(|error| span.fail(error.to_string()));
        drop(span);
        let passed = match passed {
            Ok(passed) => passed,
            Err(CallError::Refused {
                status,
                body,
                retry_after,
                ..
            }) => return Ok(refused(status, body, retry_after)),
            Err(CallError::Gone { body, .. }) => {
                return Ok(refused(StatusCode::GONE.as_u16(), body, None));
            }
            Err(error) => {
                self.doubt(&error);
                return Err(away(error.outcome()));
            }
        };
        self.show(&passed.body);
        let answer = Answer::json_bytes(passed.body).with_status(passed.status);
        Ok(match passed.replayed {
            true => answer.with_header(
                IDEMPOTENT_REPLAYED,
                hyper::header::HeaderValue::from_static("true"),
            ),
            false => answer,
        })
    }

    /// Takes what an answer says of levels as what is there, until the log has brought it.
    fn show(&self, answer: &[u8]) {
        let told: Option<Told> = serde_json::from_slice(answer).ok();
        let counted: Option<LevelAfter> = serde_json::from_slice(answer).ok();
        let Some(Told {
            last_updated,
            lines,
        }) = told
        else {
            return;
        };
        if let Some(replica) = &mut *self.replica.write() {
            for level in lines.into_iter().chain(counted) {
                replica.answered(&Updated {
                    product_id: level.product_id,
                    new_quantity: level.new_quantity,
                    new_version: level.new_version,
                    applied: true,
                    last_updated,
                    store_id: level.store_id,
                    store_quantity: level.store_quantity,
                });
            }
        }
    }
}
