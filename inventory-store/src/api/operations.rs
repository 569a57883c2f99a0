//! How a store is watched.

use inventory_http::health::Watched;
use inventory_http::kit::Prepared;
use inventory_http::telemetry::Telemetry;
use inventory_http::wire::{Readiness, ReadinessStatus};

use super::service::Store;
use crate::bodies::BlockedStatus;

impl Watched for Store {
    /// It serves while central is away.
    fn readiness(&self) -> Readiness {
        let status = self.condition();
        let parked = self.outbox.outbox().parked_count();
        let concerns = self.concerns();
        let mut reasons = Vec::new();
        if !status.connected {
            let why = status
                .last_error
                .as_ref()
                .map_or_else(String::new, |error| {
                    format!(" ({}: {})", error.code, error.message)
                });
            reasons.push(format!(
                "central cannot be reached{why}; what is read may be old"
            ));
        } else if status.stale {
            let age = status.stale_for_ms;
            reasons.push(format!(
                "central has proved nothing for {age} ms; what is read may be old"
            ));
        }
        let central_is_newer = self.ask_syncer(|syncer, _| syncer.central_is_newer());
        if central_is_newer {
            let reason = "central is newer than this store, which follows by a snapshot now and then: upgrade it";
            reasons.push(reason.to_owned());
        }
        if status.outbox.queued > 0 {
            reasons.push(format!("{} intents wait for central", status.outbox.queued));
        }
        if parked > 0 {
            reasons.push(format!("{parked} intents wait for a person"));
        }
        if let Some(BlockedStatus {
            code,
            message,
            since,
        }) = &status.blocked
        {
            reasons.push(format!(
                "nothing that is queued is sent since {since}: {code}: {message}"
            ));
        }
        if let Some((product, reason)) = self.sending.lock().products_aside().next() {
            let count = status.outbox.products_aside;
            reasons.push(format!(
                "an intent fails at central for each of {count} products, {product} among them: {reason}"
            ));
        }
        let unavailable = if *self.stopping.borrow() {
            Some("the store is stopping")
        } else if self.replica.read().is_none() {
            Some("there is no copy of central yet")
        } else {
            None
        };
        let is_well = parked == 0
            && concerns.is_empty()
            && status.blocked.is_none()
            && status.outbox.products_aside == 0
            && status.connected
            && !status.stale
            && !central_is_newer;
        let status = match (unavailable, is_well) {
            (Some(_), _) => ReadinessStatus::Unavailable,
            (None, true) => ReadinessStatus::Ready,
            (None, false) => ReadinessStatus::Degraded,
        };
        reasons.extend(concerns);
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

    fn openapi(&self) -> &Prepared {
        &self.openapi
    }
}
