//! Intents that wait for a person.

use std::sync::Arc;

use inventory_http::server::params::subject;
use inventory_http::server::{Answer, ApiError, Call, Param};
use inventory_http::wire::KeyName;

use super::service::Store;
use crate::bodies::{Decided, Discard, Retry, Which};
use crate::outbox::{Change, IntentKey, Parked};

/// Whose the key in the path is.
pub(super) const TILL: Param = Param::text(
    "till",
    "the till whose key it is, as the parked intent names it; absent when it names none",
    "^[^\\u0000-\\u001f\\u007f-\\u009f/]{1,64}$",
    "",
    |text| {
        KeyName::new(text)
            .map(drop)
            .map_err(|error| error.to_string())
    },
);

/// POST /store/parked/{idempotencyKey}/retry
pub(super) async fn retry(call: Call<Store>) -> Result<Answer, ApiError> {
    let Retry { version } = call.json()?;
    let key = key(&call)?;
    change(&call, Change::Retry { key, version }).await
}

/// POST /store/parked/{idempotencyKey}/discard
pub(super) async fn discard(call: Call<Store>) -> Result<Answer, ApiError> {
    let Discard {} = call.json()?;
    let key = key(&call)?;
    change(&call, Change::Discard(key)).await
}

/// POST /store/parked/retry
pub(super) async fn retry_all(call: Call<Store>) -> Result<Answer, ApiError> {
    change_all(&call, |key| Change::Retry { key, version: None }).await
}

/// POST /store/parked/discard
pub(super) async fn discard_all(call: Call<Store>) -> Result<Answer, ApiError> {
    change_all(&call, Change::Discard).await
}

fn key(call: &Call<Store>) -> Result<IntentKey, ApiError> {
    let idempotency_key = subject(call)?;
    let till = call.query.text(&TILL).map(KeyName::new).transpose();
    let till = till.map_err(|error| ApiError::field(TILL.name, error.to_string()))?;
    Ok(IntentKey {
        till,
        idempotency_key,
    })
}

/// Changes the outbox, and answers how the store is doing then.
async fn change(call: &Call<Store>, change: Change) -> Result<Answer, ApiError> {
    let store = Arc::clone(call.service());
    store.change(change).await?;
    Ok(Answer::json(&store.status()))
}

/// Decides about all parked intents of a kind, the longest parked first, until one is refused: there is room for no more.
async fn change_all(
    call: &Call<Store>,
    decide: impl Fn(IntentKey) -> Change,
) -> Result<Answer, ApiError> {
    let which: Which = call.json()?;
    let store = Arc::clone(call.service());
    let keys: Vec<_> = {
        let outbox = store.outbox.outbox();
        let meant = outbox.parked().filter(|parked| is_meant(&which, parked));
        meant.map(|parked| parked.intent.key().clone()).collect()
    };
    let answers = store
        .changes(keys.into_iter().map(decide).collect())
        .await?;
    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    if let (0, Some(Err(error))) = (done, answers.into_iter().next()) {
        return Err(error);
    }
    Ok(Answer::json(&Decided {
        decided: done as u64,
        parked: store.outbox.outbox().parked_count() as u64,
    }))
}

fn is_meant(which: &Which, parked: &Parked) -> bool {
    let Which { reason, product_id } = which;
    reason
        .as_deref()
        .is_none_or(|code| code == parked.reason.code())
        && product_id
            .as_ref()
            .is_none_or(|product| product == parked.intent.product())
}
