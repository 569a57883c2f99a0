//! Intents that wait for central, in order, on disk before anybody is told.
//!
//! ```text
//!  Queue: decides records and applies them, pure ──▶ File: appends them, synced ──▶ Outbox: both, in that order
//! ```

mod file;
mod line;
mod queue;
mod record;

use std::path::Path;

use inventory_core::vocabulary::{IdempotencyKey, Timestamp, TraceParent, Version};
use inventory_http::kit::ErrorBody;
use inventory_http::wire::Update;

pub use file::{AppendError, OpenError};
pub use queue::{Limits, Meaningless, NotQueued, Queue, Queued};
pub use record::{Intent, Parked, Record};

use file::File;

/// The outbox of one store.
///
/// **Invariant**: what the queue says is on disk, synced. Nothing is told of a record before that.
#[derive(Debug)]
pub struct Outbox {
    queue: Queue,
    file: File,
}

/// Why an intent was not queued, or a person's wish not followed.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// The queue says no; nothing has changed.
    #[error(transparent)]
    NotQueued(#[from] NotQueued),
    /// The disk says no.
    #[error("the outbox could not be written")]
    Disk(#[from] AppendError),
    /// There is no such parked intent.
    #[error("no parked intent has this key")]
    NotParked,
}

impl Outbox {
    /// Opens the outbox in a directory, which somebody has locked.
    ///
    /// # Errors
    ///
    /// The file is damaged, of a later format, or cannot be read; nothing was changed.
    pub fn open(directory: &Path, limits: Limits) -> Result<Self, OpenError> {
        let (file, queue) = File::open(directory, Queue::new(limits))?;
        Ok(Self { queue, file })
    }

    /// What is queued and parked.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    fn record(&mut self, records: Vec<Record>) -> Result<(), AppendError> {
        if records.is_empty() {
            return Ok(());
        }
        self.file.append(&records)?;
        for record in &records {
            let applied = self.queue.apply(record);
            applied.expect("the queue has made the record just now");
        }
        self.file.compact_when_large(&self.queue)
    }

    /// Queues an update, which has its key.
    ///
    /// # Errors
    ///
    /// It is not queued; unless the disk has failed, nothing has changed.
    pub fn enqueue(
        &mut self,
        update: &Update,
        trace: Option<TraceParent>,
        now: Timestamp,
    ) -> Result<(), OutboxError> {
        match self.queue.enqueue(update, trace, now)? {
            Queued::Before => Ok(()),
            Queued::Now(record) => Ok(self.record(vec![*record])?),
        }
    }

    /// Central has applied an intent.
    ///
    /// # Errors
    ///
    /// It is still queued, and sent again under its key, which is harmless.
    pub fn settle(&mut self, key: &IdempotencyKey) -> Result<(), AppendError> {
        self.record(self.queue.settle(key).into_iter().collect())
    }

    /// Central has refused an intent: it waits for a person, and those behind it go on.
    ///
    /// # Errors
    ///
    /// It is still queued.
    pub fn park(
        &mut self,
        key: &IdempotencyKey,
        reason: ErrorBody,
        now: Timestamp,
    ) -> Result<(), AppendError> {
        self.record(self.queue.park(key, reason, now).into_iter().collect())
    }

    /// An intent's version is stale: it is sent again without one. Its key stays, since the guard is no part of what it
    /// means.
    ///
    /// # Errors
    ///
    /// It still has its version.
    pub fn rebase(&mut self, key: &IdempotencyKey) -> Result<(), AppendError> {
        self.record(self.queue.rebase(key).into_iter().collect())
    }

    /// Parks what has waited for too long. Returns how much that is.
    ///
    /// # Errors
    ///
    /// It is still queued.
    pub fn park_expired(&mut self, now: Timestamp) -> Result<usize, AppendError> {
        let expired = self.queue.expired(now);
        let count = expired.len();
        self.record(expired)?;
        Ok(count)
    }

    /// Queues a parked intent again, under its key and with this guard.
    ///
    /// # Errors
    ///
    /// It is not parked, or still is.
    pub fn retry(
        &mut self,
        key: &IdempotencyKey,
        version: Option<Version>,
        now: Timestamp,
    ) -> Result<(), OutboxError> {
        let retried = self.queue.retry(key, version, now);
        Ok(self.record(vec![retried.ok_or(OutboxError::NotParked)?])?)
    }

    /// Forgets a parked intent.
    ///
    /// # Errors
    ///
    /// It is not parked, or still is.
    pub fn discard(&mut self, key: &IdempotencyKey) -> Result<(), OutboxError> {
        let discarded = self.queue.discard(key);
        Ok(self.record(vec![discarded.ok_or(OutboxError::NotParked)?])?)
    }
}
