//! Sends what is queued, in order, when central is there.

use std::sync::Arc;
use std::time::Duration;

use inventory_http::kit::Code;
use tokio::time::{Instant, sleep_until, timeout};

use super::service::Store;
use crate::client::{CallError, Retry};
use crate::outbox::{AppendError, Intent, Outbox};

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
        let now = store.clock.now();
        let parked = store
            .change(move |outbox| outbox.park_expired(now).map(drop))
            .await;
        if parked.is_err() {
            continue;
        }
        while store.is_connected() {
            let Some(intent) = store.outbox.lock().queue().next().cloned() else {
                break;
            };
            if !store.send(intent).await {
                sleep_until(Instant::now() + PAUSE).await;
            }
        }
    }
}

impl Store {
    /// Sends an intent. Returns whether it is settled, one way or the other.
    async fn send(self: &Arc<Self>, intent: Intent) -> bool {
        let sent = self.central.update(&intent.update, intent.trace).await;
        let (key, now) = (intent.key().clone(), self.clock.now());
        match sent {
            Ok(answered) => {
                if let Some(replica) = &mut *self.replica.write() {
                    replica.answered(&answered.updated);
                }
                self.change(move |outbox| outbox.settle(&key)).await.is_ok()
            }
            Err(error) if error.retry() == Retry::Helps => {
                if let Some(wait) = error.retry_after() {
                    sleep_until(Instant::now() + wait).await;
                }
                false
            }
            Err(CallError::Refused { error, .. }) => {
                let stale = error.code == Code::Conflict;
                let changed = if stale && self.rebase && intent.update.version.is_some() {
                    self.change(move |outbox| outbox.rebase(&key)).await
                } else {
                    tracing::warn!(%key, reason = %error.message, "an intent waits for a person");
                    self.change(move |outbox| outbox.park(&key, *error, now))
                        .await
                };
                changed.is_ok()
            }
            Err(
                error @ (CallError::Gone { .. }
                | CallError::Unavailable { .. }
                | CallError::Unknown { .. }
                | CallError::NotUnderstood { .. }),
            ) => {
                tracing::error!(%error, "an update was answered as none is; it is tried again");
                false
            }
        }
    }

    /// Changes the outbox beside the threads that serve.
    async fn change(
        self: &Arc<Self>,
        change: impl FnOnce(&mut Outbox) -> Result<(), AppendError> + Send + 'static,
    ) -> Result<(), ()> {
        let store = Arc::clone(self);
        let changing = tokio::task::spawn_blocking(move || change(&mut store.outbox.lock()));
        match changing.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::error!(%error, "the outbox could not be written");
                Err(())
            }
            Err(_) => Err(()),
        }
    }
}
