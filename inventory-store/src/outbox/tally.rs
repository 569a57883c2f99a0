//! What has become of intents, counted since the process was started.

use std::sync::atomic::{AtomicU64, Ordering};

use super::record::Record;

/// How many intents have gone which way.
#[derive(Debug, Default)]
pub struct Tally {
    queued: AtomicU64,
    sent: AtomicU64,
    parked: AtomicU64,
    refused: AtomicU64,
}

impl Tally {
    /// Counts what is durable now.
    pub(super) fn count(&self, records: &[Record]) {
        for record in records {
            let counter = match record {
                Record::Queued { .. } | Record::Retried { .. } => &self.queued,
                Record::Settled { .. } => &self.sent,
                Record::Parked { .. } => &self.parked,
                Record::Discarded { .. }
                | Record::Attempted { .. }
                | Record::Redated { .. }
                | Record::Rebased { .. } => continue,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts an update that was not taken.
    pub fn refuse(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Intents that were queued, also again by a person.
    pub fn queued(&self) -> u64 {
        self.queued.load(Ordering::Relaxed)
    }

    /// Intents that central has applied.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Intents that were left to a person.
    pub fn parked(&self) -> u64 {
        self.parked.load(Ordering::Relaxed)
    }

    /// Updates that were not taken.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}
