//! Saves the copy now and then.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::service::Store;
use crate::cache::Cache;
use crate::replica::{Position, Replica};

/// A copy is saved this long after something has happened,
const EVERY: Duration = Duration::from_secs(10);

/// or after so many events, whichever comes first,
const EVENTS: u64 = 100;

/// but not more often than this, since it is written whole.
const AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// Saves until the store is stopped, and then once more.
pub(super) async fn save(store: Arc<Store>, cache: Arc<Cache>, mut saved: Option<Position>) {
    loop {
        let stopped = tokio::select! {
            () = due(&store, saved) => false,
            () = store.stopping() => true,
        };
        let begun = Instant::now();
        let frozen = store
            .replica
            .read()
            .as_ref()
            .map(|replica| replica.freeze());
        if let Some(frozen) = frozen.filter(|frozen| Some(frozen.position()) != saved) {
            let (cache, at) = (Arc::clone(&cache), frozen.position());
            let saving = tokio::task::spawn_blocking(move || cache.save(&frozen));
            match saving.await {
                Ok(Ok(())) => saved = Some(at),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the copy was not saved; the one before is still there");
                }
                Err(_) => return,
            }
        }
        if stopped {
            return;
        }
        tokio::select! {
            () = sleep_until(begun + AT_MOST_EVERY) => {}
            () = store.stopping() => {}
        }
    }
}

/// Waits until the copy is worth saving.
async fn due(store: &Store, saved: Option<Position>) {
    store.to_save.notified().await;
    let deadline = Instant::now() + EVERY;
    loop {
        let at = store.replica.read().as_ref().map(Replica::position);
        let many = match (at, saved) {
            (None, _) => false,
            // The first copy, or one of another history: what is on disk is of no use.
            (Some(_), None) => true,
            (Some(at), Some(saved)) => {
                at.epoch != saved.epoch
                    || at.offset < saved.offset
                    || at.offset.events_since(saved.offset) >= EVENTS
            }
        };
        if many
            || timeout_at(deadline, store.to_save.notified())
                .await
                .is_err()
        {
            return;
        }
    }
}
