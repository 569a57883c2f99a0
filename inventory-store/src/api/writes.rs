//! Writes: forwarded with their own key and version, or queued while central is away.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue, RETRY_AFTER};
use inventory_core::vocabulary::TraceParent;
use inventory_http::kit::{Answer, ApiError, Call, Code};
use inventory_http::wire::{Update, params};
use tokio::time::Instant;

use super::service::Store;
use super::settings::OfflineWrites;
use crate::bodies::Queued;
use crate::client::{CallError, Failure, Outcome};
use crate::outbox::{NotQueued, OutboxError};

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// POST /store/inventory/updates
pub(super) async fn post(call: Call<Store>) -> Result<Answer, ApiError> {
    let mut update: Update = call.json()?;
    let store = Arc::clone(call.service());
    call.caller().may_write_for(&update.store_id)?;
    if update.store_id != store.id {
        let message = format!("this store writes for {} only; nothing was done", store.id);
        return Err(
            ApiError::new(Code::Forbidden, message).with_detail("storeId", "is another store")
        );
    }
    let key = params::required_key(&call, update.idempotency_key.take())?;
    let must_queue = store.outbox.lock().queue().holds(&key, &update.product_id);
    update.idempotency_key = Some(key);
    let trace = call.span.trace();
    if must_queue {
        return store.queue(update, trace).await;
    }
    let span = call.span.child("ForwardDelta");
    let forwarded = store.forward(&update, trace).await;
    if let Err(error) = &forwarded {
        span.fail(error.to_string());
    }
    match forwarded {
        Ok(answer) => Ok(answer),
        Err(CallError::Refused {
            status,
            body,
            retry_after,
            ..
        }) => Ok(refused(status, body, retry_after)),
        Err(error) => match store.offline_writes {
            OfflineWrites::Reject => Err(away(error.outcome())),
            OfflineWrites::Queue => store.queue(update, trace).await,
        },
    }
}

impl Store {
    /// Sends an update to central; while central is away, says so without asking.
    async fn forward(
        &self,
        update: &Update,
        trace: Option<TraceParent>,
    ) -> Result<Answer, CallError> {
        if !self.is_connected() {
            return Err(CallError::Unavailable {
                retry_after: None,
                source: Failure::ConnectTimeout,
            });
        }
        let deadline = Instant::now() + self.forward_timeout;
        let answered = self.central.update_until(update, trace, deadline).await?;
        if let Some(replica) = &mut *self.replica.write() {
            replica.answered(&answered.updated);
        }
        let answer = Answer::json_bytes(answered.body);
        Ok(match answered.replayed {
            true => answer.with_header(REPLAYED, HeaderValue::from_static("true")),
            false => answer,
        })
    }

    /// Queues an update; it is on disk when this answers.
    async fn queue(
        self: Arc<Self>,
        update: Update,
        trace: Option<TraceParent>,
    ) -> Result<Answer, ApiError> {
        let store = Arc::clone(&self);
        let queuing = tokio::task::spawn_blocking(move || {
            let now = store.clock.now();
            let queued = store.outbox.lock().enqueue(&update, trace, now);
            queued.map(|()| update)
        });
        let queued = queuing.await.map_err(|_| {
            ApiError::new(Code::Unavailable, "the store is stopping").with_retry_after(1)
        })?;
        let update = queued.map_err(not_queued)?;
        self.to_send.notify_one();
        let key = update.idempotency_key;
        let body = Queued {
            queued: true,
            idempotency_key: key.expect("only updates with a key are queued"),
        };
        Ok(Answer::json(&body).with_status(StatusCode::ACCEPTED))
    }
}

/// Central's refusal, as it is.
fn refused(status: u16, body: Bytes, retry_after: Option<Duration>) -> Answer {
    let status = StatusCode::from_u16(status).expect("central has sent it");
    let answer = Answer::json_bytes(body).with_status(status);
    match retry_after {
        Some(wait) => answer.with_header(RETRY_AFTER, wait.as_secs().into()),
        None => answer,
    }
}

fn away(outcome: Outcome) -> ApiError {
    let message = match outcome {
        Outcome::NothingDone => "central cannot be reached; nothing was done",
        Outcome::Unknown => {
            "central has not answered; the outcome is unknown, and the same key settles it"
        }
    };
    ApiError::new(Code::Unavailable, message).with_retry_after(1)
}

pub(super) fn not_queued(error: OutboxError) -> ApiError {
    match error {
        OutboxError::NotQueued(NotQueued::Full) => ApiError::new(
            Code::Unavailable,
            "central is away, and as many intents wait as are allowed; nothing was done",
        )
        .with_retry_after(5),
        OutboxError::NotQueued(NotQueued::OtherIntent { field }) => ApiError::new(
            Code::Unprocessable,
            "the key stands for another intent; nothing was done",
        )
        .with_detail(field, "differs from the intent that waits under this key"),
        OutboxError::NotQueued(NotQueued::Parked { reason }) => ApiError::new(
            Code::Conflict,
            format!(
                "the intent is parked, and waits for a person: {}",
                reason.message
            ),
        )
        .with_detail("idempotencyKey", "is parked"),
        OutboxError::Disk(error) => {
            tracing::error!(%error, "an intent could not be queued");
            ApiError::new(
                Code::Unavailable,
                "central is away, and the intent could not be kept; the same key settles it",
            )
            .with_retry_after(5)
        }
        OutboxError::NotParked => ApiError::new(Code::NotFound, "no parked intent has this key"),
    }
}
