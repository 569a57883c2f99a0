//! Tells the log when idempotency keys are forgotten before their age.

use std::sync::Arc;
use std::time::Duration;

use inventory_core::machine::Ledger;
use tokio::time::timeout;

use super::service::Central;

/// How often the log is told, at most: a full window forgets a key with every request.
const LOOK: Duration = Duration::from_secs(60);

/// Looks every minute for keys that were forgotten since, until the service is told to stop.
pub(super) async fn watch(central: Arc<Central>) {
    let evicted = || central.reader().read(Ledger::keys_evicted_early);
    let mut told = evicted();
    while timeout(LOOK, central.stopping()).await.is_err() {
        let keys = evicted() - told;
        if keys > 0 {
            told += keys;
            let since = central.reader().read(Ledger::keys_remembered_since);
            tracing::warn!(
                keys,
                %since,
                "idempotency keys were forgotten before their age: since then all are remembered"
            );
        }
    }
}
