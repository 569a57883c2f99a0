//! Calls that are passed on to central as they are: what a store promises, counts, sends and takes in only central can decide,
//! and none of it can wait in the outbox, since nobody may be told of a promise that nobody keeps.

use std::sync::Arc;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use inventory_core::vocabulary::{ReservationId, TransferId};
use inventory_http::client::{CallError, Effect};
use inventory_http::server::params::{self, STORE_HEADERS};
use inventory_http::server::{Access, Answer, ApiError, Call, Route};
use inventory_http::wire::headers::IDEMPOTENT_REPLAYED;
use inventory_http::wire::{
    Close, Code, Commit, Count, Extend, Hold, LevelAfter, Mutation, Receive, Release, Reservation,
    Ship, Subject as _, Transfer, Updated,
};
use tokio::time::Instant;

use super::service::Store;
use super::turn::Turn;
use super::writes::{away, origin, refused};

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
    let ok = StatusCode::OK;
    vec![
        passed::<Count>(),
        passed::<Hold>(),
        Route::later(
            Method::GET,
            "/store/reservations/{reservationId}",
            Access::Read,
            fetch,
        )
        .about("readReservation", "reads a reservation at central")
        .path_params(ReservationId::PARAMS)
        .answers::<Reservation>(ok, "the reservation")
        .errors(&[Code::NotFound]),
        passed::<Commit>(),
        passed::<Release>(),
        passed::<Extend>(),
        passed::<Ship>(),
        Route::later(
            Method::GET,
            "/store/transfers/{transferId}",
            Access::Read,
            fetch,
        )
        .about("readTransfer", "reads a transfer at central")
        .path_params(TransferId::PARAMS)
        .answers::<Transfer>(ok, "the transfer")
        .errors(&[Code::NotFound]),
        passed::<Receive>(),
        passed::<Close>(),
    ]
}

fn passed<M: Mutation>() -> Route<Store> {
    Route::declared::<M, _>(M::CALL.path.store, STORE_HEADERS, pass::<M>)
}

/// Passes a change on, under its key.
async fn pass<M: Mutation>(call: Call<Store>) -> Result<Answer, ApiError> {
    let mut body: M = call.json()?;
    let store = Arc::clone(call.service());
    // Central is asked in the name of this store: whoever may not write for it must not borrow that name, also where the
    // body names no store. What it changes at others only central knows, and refuses.
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
            return Err(away(Effect::NothingDone));
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
                return Err(away(error.effect()));
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
