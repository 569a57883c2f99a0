//! What operators and their machines ask.

use hyper::StatusCode;
use inventory_http::kit::{Answer, ApiError, Call};
use inventory_http::wire::{Liveness, Readiness, ReadinessStatus};

use super::service::Store;

/// GET /livez
pub(super) fn livez(_: &Call<Store>) -> Result<Answer, ApiError> {
    Ok(Answer::json(&Liveness { live: true }))
}

/// GET /readyz
pub(super) fn readyz(call: &Call<Store>) -> Result<Answer, ApiError> {
    let readiness = call.service().readiness();
    let status = match readiness.status {
        ReadinessStatus::Ready | ReadinessStatus::Degraded => StatusCode::OK,
        ReadinessStatus::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok(Answer::json(&readiness).with_status(status))
}

/// The text format of Prometheus.
pub(super) const METRICS_TYPE: &str = "text/plain; version=0.0.4";

/// GET /metrics
pub(super) fn metrics(call: &Call<Store>) -> Result<Answer, ApiError> {
    let text = call.service().telemetry.prometheus();
    Ok(Answer::text(METRICS_TYPE, text))
}

/// GET /openapi.json
pub(super) fn openapi(call: &Call<Store>) -> Result<Answer, ApiError> {
    Ok(Answer::json_bytes(call.service().openapi.clone()))
}

impl Store {
    /// Whether the store can serve, and what a person should look at. It serves while central is away.
    pub fn readiness(&self) -> Readiness {
        let status = self.status();
        let mut reasons = Vec::new();
        if !status.connected {
            reasons.push("central cannot be reached; what is read may be old".to_owned());
        }
        if status.outbox.queued > 0 {
            reasons.push(format!("{} intents wait for central", status.outbox.queued));
        }
        if !status.parked.is_empty() {
            reasons.push(format!("{} intents wait for a person", status.parked.len()));
        }
        let outbox_failed = self.outbox.lock().has_failed();
        if outbox_failed {
            let reason = "the outbox could not be written: nothing is queued or sent until the store is started again";
            reasons.push(reason.to_owned());
        }
        let unavailable = if *self.stopping.borrow() {
            Some("the store is stopping")
        } else if self.replica.read().is_none() {
            Some("there is no copy of central yet")
        } else {
            None
        };
        let status = match (unavailable, status.parked.is_empty() && !outbox_failed) {
            (Some(_), _) => ReadinessStatus::Unavailable,
            (None, true) => ReadinessStatus::Ready,
            (None, false) => ReadinessStatus::Degraded,
        };
        reasons.extend(unavailable.map(str::to_owned));
        Readiness { status, reasons }
    }
}
