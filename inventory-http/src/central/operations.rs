//! How central is watched.

use inventory_core::machine::Ledger;

use super::clock::Standing;
use super::refusal;
use super::service::Central;
use crate::health::Watched;
use crate::server::Prepared;
use crate::telemetry::Telemetry;
use crate::wire::Readiness;

impl Watched for Central {
    fn readiness(&self) -> Readiness {
        let mut reasons = Vec::new();
        let quarantined = self.reader().read(Ledger::quarantined_count);
        if quarantined > 0 {
            reasons.push(format!(
                "{quarantined} products are quarantined until they are counted"
            ));
        }
        let unresolved = self.letters().unresolved();
        if unresolved > 0 {
            reasons.push(format!("{unresolved} dead letters are not resolved"));
        }
        if let Some(silence) = self.disk().silence() {
            let reason = format!("{}; writes are refused", refusal::silent_for(silence));
            reasons.push(reason);
        }
        reasons.extend(self.troubles());
        let clock = Standing::of(&self.reader().time());
        if clock != Standing::Right {
            // Never unavailable: reads are right, and a start would believe what this engine does not.
            reasons.push(clock.to_string());
        }
        let since = self.reader().read(Ledger::keys_remembered_since);
        if let Some(since) = self.keys_missing_before() {
            reasons.push(format!(
                "idempotency keys from before {since} are not all remembered: IDEMPOTENCY_MAX_KEYS or IDEMPOTENCY_MAX_BYTES is too small for IDEMPOTENCY_WINDOW"
            ));
        }
        let unavailable = if self.stopping().is_near() {
            Some("the service is stopping")
        } else {
            let is_stopped = self.reader().is_stopped();
            is_stopped.then_some("the engine has stopped and must be opened again")
        };
        Readiness {
            keys_remembered_since: Some(since),
            ..Readiness::of(reasons, unavailable)
        }
    }

    fn telemetry(&self) -> &Telemetry {
        Self::telemetry(self)
    }

    fn openapi(&self) -> &Prepared {
        Self::openapi(self)
    }
}
