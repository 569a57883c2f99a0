//! What followers ask: entries after a position, and to be woken when there are some.

use std::sync::Arc;

use inventory_core::engine::Reader;
use inventory_core::vocabulary::Sequence;
use parking_lot::Mutex;

use super::bell::Bell;
use super::encoded::EncodedEntry;
use super::position::unreadable;
use super::recent::{RECENT_EVENTS_MAX, Recent};
use crate::kit::{ApiError, Code};

/// The feed of one engine.
#[derive(Debug)]
pub(crate) struct Feed {
    reader: Reader,
    recent: Mutex<Recent>,
    bell: Arc<Bell>,
}

impl Feed {
    /// The feed of an engine. Must be made inside the runtime.
    pub(crate) fn new(reader: Reader) -> Self {
        let recent = Recent::new(&reader, reader.head().sequence);
        Self {
            recent: Mutex::new(recent),
            bell: Bell::hang(reader.clone()),
            reader,
        }
    }

    /// How many wait for the log to grow.
    pub(crate) fn parked(&self) -> usize {
        self.bell.parked()
    }

    /// Waits until there is something after a position.
    pub(crate) async fn grown(&self, position: Sequence) {
        self.bell.grown(position).await;
    }

    /// Entries after a position, which may begin before it: until `events_max` events are reached or passed.
    ///
    /// # Errors
    ///
    /// 410 when they are no longer kept, 503 when they cannot be read.
    pub(crate) async fn after(
        &self,
        position: Sequence,
        events_max: usize,
    ) -> Result<Vec<Arc<EncodedEntry>>, ApiError> {
        let refuse = |error| unreadable(&self.reader, &error);
        let behind = self.reader.head().sequence.events_since(position);
        if behind <= RECENT_EVENTS_MAX as u64 {
            let kept = self.recent.lock().after(&self.reader, position, events_max);
            if let Some(entries) = kept.map_err(refuse)? {
                return Ok(entries);
            }
        }
        let mut subscription = self.reader.subscribe(position);
        let reading = tokio::task::spawn_blocking(move || {
            let entries = subscription.take(events_max)?;
            Ok(entries
                .into_iter()
                .map(|entry| Arc::new(EncodedEntry::new(entry)))
                .collect())
        });
        match reading.await {
            Ok(read) => read.map_err(refuse),
            Err(_) => {
                Err(ApiError::new(Code::Unavailable, "the service is stopping").with_retry_after(1))
            }
        }
    }
}
