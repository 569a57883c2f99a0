//! Writes: forwarded with their own key and version, or queued while central is away.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderValue, RETRY_AFTER};
use inventory_core::vocabulary::{StoreId, Timestamp, TraceParent};
use inventory_http::client::{CallError, Effect, Failure, Origin};
use inventory_http::server::{Answer, ApiError, Call, params};
use inventory_http::telemetry::ChildSpan;
use inventory_http::wire::headers::IDEMPOTENT_REPLAYED;
use inventory_http::wire::{Code, Update};
use tokio::time::Instant;

use super::service::Store;
use super::settings::OfflineWrites;
use super::turn::Turn;
use crate::bodies::Queued;
use crate::outbox::{Change, ChangeError, Changed, Intent, IntentKey, NoAnswer, Refusal};

/// POST /store/inventory/updates
pub(super) async fn post(call: Call<Store>) -> Result<Answer, ApiError> {
    let mut update: Update = call.json()?;
    let store = Arc::clone(call.service());
    call.caller().may_write_for(&store.id)?;
    store.check_own(&update.store_id)?;
    let key = params::required_key(&call, update.idempotency_key.take())?;
    let deadline = Instant::now() + store.forward_timeout;
    update.idempotency_key = Some(key.clone());
    let key = IntentKey {
        till: call.caller().given_name().cloned(),
        idempotency_key: key,
    };
    let is_known = store.outbox.outbox().knows(&key);
    let wanted = Wanted {
        key,
        update,
        central_at: store.central_time(),
        trace: call.span.trace().map(|trace| trace.parent),
    };
    if is_known || store.turn(&[&wanted.update.product_id], deadline).await == Turn::Queues {
        return match store.offline_writes {
            OfflineWrites::Reject if !is_known => Err(away(Effect::NothingDone)),
            OfflineWrites::Reject | OfflineWrites::Queue => store.queue(wanted, false).await,
        };
    }
    let span = call.span.child("ForwardDelta");
    let origin = origin(&call, &span);
    let forwarded = store.forward(&wanted.update, &origin, deadline).await;
    if let Err(error) = &forwarded {
        span.fail(error.to_string());
    }
    match forwarded {
        Ok(answer) => Ok(answer),
        Err(CallError::Refused {
            status,
            error,
            body,
            retry_after,
        }) if is_about_update(error.code) => Ok(refused(status, body, retry_after)),
        Err(error) => match store.offline_writes {
            OfflineWrites::Reject => Err(not_forwarded(&error)),
            OfflineWrites::Queue => {
                let attempted = error.effect() == Effect::Unknown;
                store.queue(wanted, attempted).await
            }
        },
    }
}

/// An update that a till wants.
struct Wanted {
    key: IntentKey,
    update: Update,
    /// How far central's time was known to be before it was first sent, if it may have been.
    central_at: Option<Timestamp>,
    trace: Option<TraceParent>,
}

/// Where a call comes from, as central is told. What central does is part of the span that asks it.
pub(super) fn origin(call: &Call<Store>, asking: &ChildSpan) -> Origin {
    Origin {
        till: call.caller().given_name().cloned(),
        // Who may write for all stores may do so here too.
        store: call.caller().scope().map(|_| call.service().id.clone()),
        trace: asking.trace().or_else(|| call.span.trace().cloned()),
    }
}

/// Whether a refusal is central's answer to the update. Any other is about this store, the way or the time, which the
/// customer at the till can do nothing about: the update is queued.
fn is_about_update(code: Code) -> bool {
    match code {
        Code::BadRequest | Code::Conflict | Code::Unprocessable | Code::Quarantined => true,
        Code::Unauthorized
        | Code::Forbidden
        | Code::NotFound
        | Code::MethodNotAllowed
        | Code::RequestTimeout
        | Code::Gone
        | Code::PreconditionFailed
        | Code::PayloadTooLarge
        | Code::UriTooLong
        | Code::UnsupportedMediaType
        | Code::RateLimited
        | Code::Internal
        | Code::Unavailable => false,
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
        origin: &Origin,
        deadline: Instant,
    ) -> Result<Answer, CallError> {
        if !self.is_connected() {
            return Err(CallError::Unavailable {
                retry_after: None,
                source: Failure::ConnectTimeout,
            });
        }
        let answered = self.central.send_until(&(), update, origin, deadline).await;
        let answered = answered.inspect_err(|error| self.doubt(error))?;
        if let Some(replica) = &mut *self.replica.write() {
            replica.answered(&answered.answer);
        }
        let answer = Answer::json_bytes(answered.body);
        Ok(match answered.replayed {
            true => answer.with_header(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true")),
            false => answer,
        })
    }

    /// Queues an update; it is on disk when this answers.
    async fn queue(&self, wanted: Wanted, attempted: bool) -> Result<Answer, ApiError> {
        let Wanted {
            key,
            update,
            central_at,
            trace,
        } = wanted;
        let idempotency_key = key.idempotency_key.clone();
        let now = self.clock.now();
        let intent = Intent::new(key, update, now, trace).known(central_at, attempted);
        if let Err(error) = self.change(Change::Enqueue(intent)).await {
            self.outbox.tally().refuse();
            // It was not queued, and central may have applied it.
            let is_unknown = attempted && error.code() == Code::Unavailable;
            return Err(if is_unknown {
                away(Effect::Unknown)
            } else {
                error
            });
        }
        let body = Queued {
            queued: true,
            idempotency_key,
        };
        Ok(Answer::json(&body).with_status(StatusCode::ACCEPTED))
    }

    /// Changes the outbox; it is on disk when this answers.
    ///
    /// # Errors
    ///
    /// The change was refused, or may not be on disk.
    pub(super) async fn change(&self, change: Change) -> Result<Changed, ApiError> {
        let mut answers = self.changes(vec![change]).await?;
        answers.pop().expect("there is an answer to each change")
    }

    /// As [`Self::change`], for several, with an answer to each.
    ///
    /// # Errors
    ///
    /// Nothing was done.
    pub(super) async fn changes(
        &self,
        changes: Vec<Change>,
    ) -> Result<Vec<Result<Changed, ApiError>>, ApiError> {
        let answers = self.outbox.change_all(changes).await.map_err(not_taken)?;
        let answers = answers.into_iter();
        Ok(answers.map(|answer| answer.map_err(not_changed)).collect())
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

pub(super) fn away(effect: Effect) -> ApiError {
    let message = match effect {
        Effect::NothingDone => "central cannot be reached; nothing was done",
        Effect::Unknown => {
            "central has not answered; the outcome is unknown, and the same key settles it"
        }
    };
    ApiError::unavailable(message)
}

/// What a till is told whose update is neither forwarded nor queued.
fn not_forwarded(error: &CallError) -> ApiError {
    match error {
        CallError::Refused { error, .. } => {
            let code = error.code.text();
            let message = format!(
                "central takes no updates of this store now ({code}: {}); nothing was done",
                error.message
            );
            ApiError::unavailable(message)
        }
        CallError::Gone { .. }
        | CallError::Unavailable { .. }
        | CallError::Unknown { .. }
        | CallError::NotUnderstood { .. } => away(error.effect()),
    }
}

fn not_taken(error: NoAnswer) -> ApiError {
    ApiError::unavailable(error.to_string())
}

fn not_changed(error: ChangeError) -> ApiError {
    match error {
        ChangeError::Failed(_) => {
            let message = "the disk does not take it; the same key settles it once there is room";
            ApiError::new(Code::Unavailable, message).with_retry_after(5)
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
