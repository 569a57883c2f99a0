//! Intents that wait for a person.

use std::sync::Arc;

use inventory_core::vocabulary::IdempotencyKey;
use inventory_http::kit::{Answer, ApiError, Call, PathParam};
use inventory_http::wire::schema;

use super::service::Store;
use crate::bodies::Retry;
use crate::outbox::Change;

/// The path of a parked intent.
pub(super) const PARKED_PATH: &[PathParam] = &[PathParam {
    name: "idempotencyKey",
    about: "the key of the intent, percent-encoded as one segment",
    schema: schema::key,
}];

/// POST /store/parked/{idempotencyKey}/retry
pub(super) async fn retry(call: Call<Store>) -> Result<Answer, ApiError> {
    let Retry { version } = call.json()?;
    let key = key(&call)?;
    change(&call, Change::Retry { key, version }).await
}

/// POST /store/parked/{idempotencyKey}/discard
pub(super) async fn discard(call: Call<Store>) -> Result<Answer, ApiError> {
    let key = key(&call)?;
    change(&call, Change::Discard(key)).await
}

fn key(call: &Call<Store>) -> Result<IdempotencyKey, ApiError> {
    call.path.parse(0, "idempotencyKey", |text| {
        IdempotencyKey::new(text).map_err(|error| error.to_string())
    })
}

/// Changes the outbox, and answers how the store is doing then.
async fn change(call: &Call<Store>, change: Change) -> Result<Answer, ApiError> {
    let store = Arc::clone(call.service());
    store.change(change).await?;
    store.to_send.notify_one();
    Ok(Answer::json(&store.status()))
}
