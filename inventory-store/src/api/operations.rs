//! How a store is watched.

use bytes::Bytes;
use inventory_http::health::Watched;
use inventory_http::telemetry::Telemetry;
use inventory_http::wire::{Readiness, ReadinessStatus};

use super::service::Store;

impl Watched for Store {
    /// It serves while central is away.
    fn readiness(&self) -> Readiness {
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
        Readiness {
            status,
            reasons,
            keys_remembered_since: None,
        }
    }

    fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    fn openapi(&self) -> &Bytes {
        &self.openapi
    }
}
