//! What operators and their machines ask.

use hyper::StatusCode;

use super::service::Central;
use crate::kit::{Answer, ApiError, Call};
use crate::wire::{Liveness, Readiness, ReadinessStatus};

/// GET /livez
pub(super) fn livez(_: &Call<Central>) -> Result<Answer, ApiError> {
    Ok(Answer::json(&Liveness { live: true }))
}

/// GET /readyz
pub(super) fn readyz(call: &Call<Central>) -> Result<Answer, ApiError> {
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
pub(super) fn metrics(call: &Call<Central>) -> Result<Answer, ApiError> {
    let text = call.service().telemetry().prometheus();
    Ok(Answer::text(METRICS_TYPE, text))
}

/// GET /openapi.json
pub(super) fn openapi(call: &Call<Central>) -> Result<Answer, ApiError> {
    Ok(Answer::json_bytes(call.service().openapi().clone()))
}

impl Central {
    /// Whether the service can serve, and what a person should look at.
    pub fn readiness(&self) -> Readiness {
        let mut reasons = Vec::new();
        let quarantined = self
            .reader()
            .read(inventory_core::machine::Ledger::quarantined_count);
        if quarantined > 0 {
            reasons.push(format!(
                "{quarantined} products are quarantined until they are counted"
            ));
        }
        let unresolved = self.letters().unresolved();
        if unresolved > 0 {
            reasons.push(format!("{unresolved} dead letters are not resolved"));
        }
        let status = match reasons.is_empty() {
            _ if self.is_stopping() => {
                reasons.push("the service is stopping".to_owned());
                ReadinessStatus::Unavailable
            }
            _ if self.reader().is_stopped() => {
                reasons.push("the engine has stopped and must be opened again".to_owned());
                ReadinessStatus::Unavailable
            }
            true => ReadinessStatus::Ready,
            false => ReadinessStatus::Degraded,
        };
        Readiness { status, reasons }
    }
}
