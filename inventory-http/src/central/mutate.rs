//! Mutations: each whose commands follow from what it says has one handler, and one order of checks.

use hyper::StatusCode;
use hyper::header::HeaderValue;
use inventory_core::machine::Request;
use inventory_core::vocabulary::IdempotencyKey;

use super::refusal::{lines_refused, refused_in};
use super::service::Central;
use crate::server::params::{self, MUTATION_HEADERS};
use crate::server::{Answer, ApiError, Call, Route};
use crate::wire::headers::IDEMPOTENT_REPLAYED;
use crate::wire::{Code, Direct, FromReceipt as _, Mutation};

/// The call that takes a mutation.
pub(super) fn route<M: Direct>() -> Route<Central> {
    Route::declared::<M, _>(M::CALL.path.central, MUTATION_HEADERS, mutate::<M>)
}

async fn mutate<M: Direct>(call: Call<Central>) -> Result<Answer, ApiError> {
    let subject = params::subject(&call)?;
    let (key, body) = asked::<M>(&call)?;
    let remarks = body.remarks();
    let commands = body.commands(subject).map_err(lines_refused)?;
    let request = Request::new(key, commands);
    let request = request.expect("a body has one command, or one for each of its counted lines");
    let receipt = call.submit_one(remarks.of(request)).await?;
    let receipt = receipt.map_err(|rejection| refused_in(&rejection, M::CALL.amount))?;
    let mut answer = Answer::json(&M::Answer::from_receipt(&receipt).ok_or_else(buried)?);
    if M::CALL.creates {
        answer = answer.with_status(StatusCode::CREATED);
    }
    Ok(mark_replayed(answer, receipt.replayed))
}

/// The body of a mutation and its key, from somebody who may write for all stores that it names.
pub(super) fn asked<M: Mutation>(call: &Call<Central>) -> Result<(IdempotencyKey, M), ApiError> {
    let mut body: M = call.json()?;
    let key = params::required_key(call, body.key_mut().take())?;
    for store in body.stores() {
        call.caller().may_write_for(store)?;
    }
    Ok((key, body))
}

/// Marks the first answer that is given again.
pub(super) fn mark_replayed(answer: Answer, replayed: bool) -> Answer {
    if !replayed {
        return answer;
    }
    let yes = HeaderValue::from_static("true");
    answer.with_header(IDEMPOTENT_REPLAYED, yes).free()
}

/// The key belongs to an event that could not be applied when the log was read again.
pub(super) fn buried() -> ApiError {
    let message = "what this key has written was buried as a dead letter; count the product";
    ApiError::new(Code::Quarantined, message)
}
