//! Sends what is queued, in order, when central is there.

use std::sync::Arc;
use std::time::Duration;

use inventory_http::kit::Code;
use tokio::time::{Instant, sleep_until, timeout};

use super::service::Store;
use crate::client::{CallError, Retry};
use crate::outbox::{Change, Intent, Reason};

/// How often the queue is looked at when nobody says that something has changed: its intents grow old.
const LOOK: Duration = Duration::from_secs(5);

/// Between attempts at the same intent.
const PAUSE: Duration = Duration::from_millis(200);

/// Sends until the store is stopped.
pub(super) async fn drain(store: Arc<Store>) {
    tokio::select! {
        () = rounds(&store) => {}
        () = store.stopping() => {}
    }
}

async fn rounds(store: &Arc<Store>) {
    loop {
        // A time-out says that it is time to look.
        let _ = timeout(LOOK, store.to_send.notified()).await;
        if !store.is_connected() && store.has_expired() {
            // What cannot be parked now is tried again at the next look, and was logged.
            let _ = store.change(Change::Expire).await;
        }
        while store.is_connected() {
            match store.next_intent().await {
                Some(intent) if store.send(&intent).await => {}
                Some(intent) => {
                    store.outbox.lock().stop(intent.key());
                    sleep_until(Instant::now() + PAUSE).await;
                }
                None => break,
            }
        }
    }
}

impl Store {
    /// Whether the oldest intent has waited for too long.
    fn has_expired(&self) -> bool {
        let durable = self.outbox.lock();
        let outbox = durable.outbox();
        let age = outbox.oldest_age(self.clock.now());
        age.is_some_and(|age| age > outbox.limits().age_max)
    }

    /// Takes the next intent; what has waited too long is parked on the way, which is why this waits for the disk.
    async fn next_intent(self: &Arc<Self>) -> Option<Intent> {
        let store = Arc::clone(self);
        let taking = tokio::task::spawn_blocking(move || {
            let now = store.clock.now();
            store.outbox.lock().start_next(now)
        });
        match taking.await {
            Ok(Ok(intent)) => intent,
            Ok(Err(error)) => {
                tracing::error!(%error, "nothing that is queued can be sent");
                None
            }
            Err(_) => None,
        }
    }

    /// Sends an intent. Returns whether it is settled, one way or the other.
    async fn send(self: &Arc<Self>, intent: &Intent) -> bool {
        let sent = self.central.update(intent.update(), intent.trace()).await;
        let key = intent.key().clone();
        let change = match sent {
            Ok(answered) => {
                if let Some(replica) = &mut *self.replica.write() {
                    replica.answered(&answered.updated);
                }
                Change::Settle(key)
            }
            Err(error) if error.retry() == Retry::Helps => {
                if let Some(wait) = error.retry_after() {
                    sleep_until(Instant::now() + wait).await;
                }
                return false;
            }
            Err(CallError::Refused { error, .. }) => {
                tracing::warn!(%key, reason = %error.message, "central refuses an intent");
                let reason = Reason::from(&*error);
                match error.code == Code::Conflict {
                    true => Change::Conflict { key, reason },
                    false => Change::Park { key, reason },
                }
            }
            Err(
                error @ (CallError::Gone { .. }
                | CallError::Unavailable { .. }
                | CallError::Unknown { .. }
                | CallError::NotUnderstood { .. }),
            ) => {
                tracing::error!(%error, "an update was answered as none is; it is tried again");
                return false;
            }
        };
        self.change(change).await.is_ok()
    }
}
