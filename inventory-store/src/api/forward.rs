//! Calls that are forwarded as they are declared. Reservations, counts and transfers are decided by central alone. They are never
//! queued: a store must not confirm a promise that central has not made.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::HeaderValue;
use inventory_core::vocabulary::{ReservationId, TransferId};
use inventory_http::client::{CallError, Effect, Passed};
use inventory_http::server::params::{self, STORE_HEADERS};
use inventory_http::server::{Answer, ApiError, Call, Route};
use inventory_http::wire::headers::IDEMPOTENT_REPLAYED;
use inventory_http::wire::{
    Close, Code, Commit, Count, Extend, Hold, Mutation, Receive, Release, Reservation, Ship,
    Subject as _, Transfer,
};
use tokio::time::Instant;

use super::service::Store;
use super::turn::Turn;
use super::writes::{away, origin, refused};

/// The calls that are forwarded.
pub(super) fn routes() -> Vec<Route<Store>> {
    let ok = StatusCode::OK;
    vec![
        route::<Count>(),
        route::<Hold>(),
        Route::reads_later("/store/reservations/{reservationId}", fetch)
            .about("readReservation", "reads a reservation at central")
            .path_params(ReservationId::PARAMS)
            .answers::<Reservation>(ok, "the reservation")
            .errors(&[Code::NotFound]),
        route::<Commit>(),
        route::<Release>(),
        route::<Extend>(),
        route::<Ship>(),
        Route::reads_later("/store/transfers/{transferId}", fetch)
            .about("readTransfer", "reads a transfer at central")
            .path_params(TransferId::PARAMS)
            .answers::<Transfer>(ok, "the transfer")
            .errors(&[Code::NotFound]),
        route::<Receive>(),
        route::<Close>(),
    ]
}

fn route<M: Mutation>() -> Route<Store> {
    Route::declared::<M, _>(M::CALL.path.store, STORE_HEADERS, forward::<M>)
}

/// Forwards a mutation, under its key, and shows at once what its answer says of this store's levels.
async fn forward<M: Mutation>(call: Call<Store>) -> Result<Answer, ApiError> {
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
        return Err(ApiError::unavailable(message));
    }
    *body.key_mut() = Some(key);
    let json = serde_json::to_vec(&body).expect("a body is made of texts and numbers");
    let answered = store.ask_central(&call, Some(json.into())).await?;
    // What a newer central answers may be another thing: it goes to the caller as it is, and the log brings the levels.
    if let Forwarded::Done(passed) = &answered
        && let Ok(answer) = serde_json::from_slice::<M::Answer>(&passed.body)
        && let Some(replica) = &mut *store.replica.write()
    {
        replica.answered(&answer);
    }
    Ok(answered.into_answer())
}

/// Reads at central what no store has a copy of.
async fn fetch(call: Call<Store>) -> Result<Answer, ApiError> {
    let store = Arc::clone(call.service());
    Ok(store.ask_central(&call, None).await?.into_answer())
}

/// What central has said.
enum Forwarded {
    /// It is done.
    Done(Passed),
    /// It is refused, in these words.
    Refused(Answer),
}

impl Forwarded {
    fn into_answer(self) -> Answer {
        match self {
            Self::Refused(answer) => answer,
            Self::Done(passed) => {
                let answer = Answer::json_bytes(passed.body).with_status(passed.status);
                match passed.replayed {
                    true => {
                        answer.with_header(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"))
                    }
                    false => answer,
                }
            }
        }
    }
}

impl Store {
    /// Asks central, in the words of the caller.
    async fn ask_central(
        &self,
        call: &Call<Self>,
        body: Option<Bytes>,
    ) -> Result<Forwarded, ApiError> {
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
            .pass_until(template, target, body, &origin, deadline)
            .await
            .inspect_err(|error| span.fail(error.to_string()));
        match passed {
            Ok(passed) => Ok(Forwarded::Done(passed)),
            Err(CallError::Refused {
                status,
                body,
                retry_after,
                ..
            }) => Ok(Forwarded::Refused(refused(status, body, retry_after))),
            Err(CallError::Gone { body, .. }) => {
                let gone = StatusCode::GONE.as_u16();
                Ok(Forwarded::Refused(refused(gone, body, None)))
            }
            Err(error) => {
                self.doubt(&error);
                Err(away(error.effect()))
            }
        }
    }
}
