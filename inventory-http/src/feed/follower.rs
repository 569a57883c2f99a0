//! What followers ask: entries after a position, and to be woken when there are some.

use std::sync::Arc;

use inventory_core::engine::Reader;
use inventory_core::vocabulary::Sequence;
use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::bell::Bell;
use super::claim::unreadable;
use super::encoded::EncodedEntry;
use super::large::Large;
use super::recent::{RECENT_EVENTS_MAX, Recent, Unread};
use crate::server::{ApiError, Budget, Limits};

/// The feed of one engine.
#[derive(Debug)]
pub(crate) struct Feed {
    reader: Reader,
    recent: Mutex<Recent>,
    /// Those who read the log for themselves: few at once, since each holds what it reads.
    reading: Semaphore,
    /// Large requests of the past that somebody is being sent: who comes after gets the same.
    large: Arc<Large>,
    room: Budget,
    bell: Arc<Bell>,
}

/// Who may read the log for one follower at once.
const READING_MAX: usize = 4;

impl Feed {
    /// The feed of an engine. Must be made inside the runtime.
    pub(crate) fn new(reader: Reader, limits: &Limits) -> Self {
        let room = Budget::new(limits.pages_bytes_max);
        let recent = Recent::new(&reader, reader.head().sequence, room.clone());
        Self {
            recent: Mutex::new(recent),
            reading: Semaphore::new(READING_MAX),
            large: Arc::default(),
            room,
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
    /// 410 when they are no longer kept, 503 when they cannot be read, or there is no room for them.
    pub(crate) async fn after(
        &self,
        position: Sequence,
        events_max: usize,
    ) -> Result<Vec<Arc<EncodedEntry>>, ApiError> {
        let refuse = |error| match error {
            Unread::Log(error) => unreadable(&self.reader, &error),
            Unread::NoRoom => ApiError::unavailable(
                "there is no room for more events now: others have not taken theirs",
            ),
        };
        let behind = self.reader.head().sequence.events_since(position);
        if behind <= RECENT_EVENTS_MAX as u64 {
            let kept = self.recent.lock().after(&self.reader, position, events_max);
            if let Some(entries) = kept.map_err(refuse)? {
                return Ok(entries);
            }
        }
        let turn = self.reading.acquire().await;
        let _turn = turn.expect("the semaphore is never closed");
        let mut subscription = self.reader.subscribe(position);
        let (room, large) = (self.room.clone(), Arc::clone(&self.large));
        let reading = tokio::task::spawn_blocking(move || {
            let entries = subscription.take(events_max)?;
            let encoded = entries
                .into_iter()
                .map(|entry| large.encoded(entry, &room).ok_or(Unread::NoRoom));
            encoded.collect::<Result<_, _>>()
        });
        match reading.await {
            Ok(read) => read.map_err(refuse),
            Err(_) => Err(ApiError::stopping()),
        }
    }
}
