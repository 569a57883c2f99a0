//! Intents that wait for a person.

use std::sync::Arc;

use inventory_core::vocabulary::IdempotencyKey;
use inventory_http::kit::{Answer, ApiError, Call, Code, PathParam};
use inventory_http::wire::schema;

use super::service::Store;
use super::writes::not_queued;
use crate::bodies::Retry;
use crate::outbox::{Outbox, OutboxError};

/// The path of a parked intent.
pub(super) const PARKED_PATH: &[PathParam] = &[PathParam {
    name: "idempotencyKey",
    about: "the key of the intent, percent-encoded as one segment",
    schema: schema::key,
}];

/// POST /store/parked/{idempotencyKey}/retry
pub(super) async fn retry(call: Call<Store>) -> Result<Answer, ApiError> {
    let Retry { version } = call.json()?;
    let now = call.service().clock.now();
    change(&call, move |outbox, key| outbox.retry(key, version, now)).await
}

/// POST /store/parked/{idempotencyKey}/discard
pub(super) async fn discard(call: Call<Store>) -> Result<Answer, ApiError> {
    change(&call, Outbox::discard).await
}

/// Changes the outbox beside the threads that serve, and answers how the store is doing then.
async fn change(
    call: &Call<Store>,
    change: impl FnOnce(&mut Outbox, &IdempotencyKey) -> Result<(), OutboxError> + Send + 'static,
) -> Result<Answer, ApiError> {
    let key: IdempotencyKey = call.path.parse(0, "idempotencyKey", |text| {
        IdempotencyKey::new(text).map_err(|error| error.to_string())
    })?;
    let store = Arc::clone(call.service());
    let changing = tokio::task::spawn_blocking(move || {
        let changed = change(&mut store.outbox.lock(), &key);
        changed.map(|()| store)
    });
    let changed = changing.await.map_err(|_| {
        ApiError::new(Code::Unavailable, "the store is stopping").with_retry_after(1)
    })?;
    let store = changed.map_err(not_queued)?;
    store.to_send.notify_one();
    Ok(Answer::json(&store.status()))
}
