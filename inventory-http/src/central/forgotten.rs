//! Tells the log when idempotency keys are forgotten before their age.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use inventory_core::machine::Ledger;
use tokio::time::timeout;

use super::service::Central;

/// Looks now and then for keys that were forgotten from now on, until the service is told to stop.
pub(super) fn watch(
    central: Arc<Central>,
    every: Duration,
) -> impl Future<Output = Result<(), String>> {
    let mut told = central.reader().read(Ledger::keys_evicted_early);
    async move {
        while timeout(every, central.stopping().begun()).await.is_err() {
            let reader = central.reader();
            let keys = reader.read(Ledger::keys_evicted_early) - told;
            if keys > 0 {
                told += keys;
                let since = reader.read(Ledger::keys_remembered_since);
                tracing::warn!(
                    keys,
                    %since,
                    "idempotency keys were forgotten before their age: since then all are remembered"
                );
            }
        }
        Ok(())
    }
}
