//! Writes: forwarded with their own key and version, or queued while central is away.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderName, HeaderValue, RETRY_AFTER};
use inventory_core::vocabulary::{StoreId, TraceParent};
use inventory_http::kit::{Answer, ApiError, Call, Code};
use inventory_http::wire::{Update, params};
use tokio::time::Instant;

use super::service::Store;
use super::settings::OfflineWrites;
use crate::bodies::Queued;
use crate::client::{CallError, Failure, Outcome};
use crate::outbox::{Change, ChangeError, Changed, Intent, Refusal};

pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// POST /store/inventory/updates
pub(super) async fn post(call: Call<Store>) -> Result<Answer, ApiError> {
    let mut update: Update = call.json()?;
    let store = Arc::clone(call.service());
    call.caller().may_write_for(&update.store_id)?;
    store.check_own(&update.store_id)?;
    let key = params::required_key(&call, update.idempotency_key.take())?;
    let must_queue = {
        let durable = store.outbox.lock();
        let outbox = durable.outbox();
        outbox.knows(&key) || outbox.has_queued(&update.product_id)
    };
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
    /// Whether a call names this very store.
    ///
    /// # Errors
    ///
    /// It names another one.
    pub(super) fn check_own(&self, named: &StoreId) -> Result<(), ApiError> {
        if *named == self.id {
            return Ok(());
        }
        let message = format!("this store writes for {} only; nothing was done", self.id);
        Err(ApiError::new(Code::Forbidden, message).with_detail("storeId", "is another store"))
    }

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
        let key = update.idempotency_key.clone();
        let key = key.expect("only updates with a key are queued");
        let now = self.clock.now();
        let intent = Intent::new(key.clone(), update, now, trace);
        self.change(Change::Enqueue(intent)).await?;
        self.to_send.notify_one();
        let body = Queued {
            queued: true,
            idempotency_key: key,
        };
        Ok(Answer::json(&body).with_status(StatusCode::ACCEPTED))
    }

    /// Changes the outbox, beside the threads that serve.
    ///
    /// # Errors
    ///
    /// The change was refused, or may not be on disk.
    pub(super) async fn change(self: &Arc<Self>, change: Change) -> Result<Changed, ApiError> {
        let store = Arc::clone(self);
        let changing = tokio::task::spawn_blocking(move || {
            let now = store.clock.now();
            store.outbox.lock().change(change, now)
        });
        match changing.await {
            Ok(changed) => changed.map_err(not_changed),
            Err(_) => {
                Err(ApiError::new(Code::Unavailable, "the store is stopping").with_retry_after(1))
            }
        }
    }
}

/// Central's refusal, as it is.
pub(super) fn refused(status: u16, body: Bytes, retry_after: Option<Duration>) -> Answer {
    let status = StatusCode::from_u16(status).expect("central has sent it");
    let answer = Answer::json_bytes(body).with_status(status);
    match retry_after {
        Some(wait) => answer.with_header(RETRY_AFTER, wait.as_secs().into()),
        None => answer,
    }
}

pub(super) fn away(outcome: Outcome) -> ApiError {
    let message = match outcome {
        Outcome::NothingDone => "central cannot be reached; nothing was done",
        Outcome::Unknown => {
            "central has not answered; the outcome is unknown, and the same key settles it"
        }
    };
    ApiError::new(Code::Unavailable, message).with_retry_after(1)
}

fn not_changed(error: ChangeError) -> ApiError {
    match error {
        ChangeError::Failed(error) => {
            tracing::error!(%error, "the outbox has failed");
            ApiError::new(
                Code::Unavailable,
                "the intent could not be kept; the same key settles it once the store was started again",
            )
            .with_retry_after(5)
        }
        ChangeError::Refused(refusal) => {
            let (code, field) = match &refusal {
                Refusal::Full { .. } | Refusal::TooManyParked { .. } => (Code::Unavailable, ""),
                Refusal::KeyReused { .. } => (Code::Unprocessable, "idempotencyKey"),
                Refusal::Parked { .. } => (Code::Conflict, "idempotencyKey"),
                Refusal::NotQueued | Refusal::NotParked => (Code::NotFound, "idempotencyKey"),
            };
            let error = ApiError::new(code, format!("{refusal}; nothing was done"));
            match field {
                "" => error.with_retry_after(5),
                _ => error.with_detail(field, refusal.to_string()),
            }
        }
    }
}
