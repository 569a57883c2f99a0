//! Which intents wait, and in which order: decided without I/O, time is an argument.

use std::collections::BTreeMap;
use std::time::Duration;

use inventory_core::vocabulary::{IdempotencyKey, ProductId, Timestamp, TraceParent, Version};
use inventory_http::kit::{Code, Detail, ErrorBody};
use inventory_http::wire::Update;

use super::record::{Intent, Parked, Record};

/// What an outbox bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Intents, queued and parked ones together.
    pub intents_max: usize,
    /// How long an intent may wait: less than central remembers its key.
    pub age_max: Duration,
}

/// What enqueuing comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Queued {
    /// It is queued once this record is written.
    Now(Box<Record>),
    /// It was queued before.
    Before,
}

/// Why an update is not queued. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotQueued {
    /// There is no room.
    #[error("as many intents wait as are allowed")]
    Full,
    /// The key stands for another intent.
    #[error("the key stands for an intent with another {field}")]
    OtherIntent {
        /// The field that differs.
        field: &'static str,
    },
    /// It waits for a person.
    #[error("the intent is parked: {}", .reason.message)]
    Parked {
        /// Why.
        reason: Box<ErrorBody>,
    },
}

/// A record is about an intent that is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a record is about the key {key}, which is not where it would have to be")]
pub struct Meaningless {
    /// The key.
    pub key: IdempotencyKey,
}

/// The intents that wait, oldest first, and those that are parked.
///
/// **Invariant**: a key is queued once, or parked once, or neither. `numbers` has the place of each queued key.
#[derive(Debug)]
pub struct Queue {
    limits: Limits,
    queued: BTreeMap<u64, Intent>,
    numbers: BTreeMap<IdempotencyKey, u64>,
    next_number: u64,
    parked: BTreeMap<IdempotencyKey, Parked>,
}

impl Queue {
    /// An empty queue.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            queued: BTreeMap::new(),
            numbers: BTreeMap::new(),
            next_number: 0,
            parked: BTreeMap::new(),
        }
    }

    /// How many wait for central.
    pub fn len(&self) -> usize {
        self.queued.len()
    }

    /// Whether none waits for central.
    pub fn is_empty(&self) -> bool {
        self.queued.is_empty()
    }

    /// The intent that is sent next: the oldest, so that those of a product keep their order.
    pub fn next(&self) -> Option<&Intent> {
        self.queued.values().next()
    }

    /// The intents that wait for central, oldest first.
    pub fn queued(&self) -> impl Iterator<Item = &Intent> {
        self.queued.values()
    }

    /// The intents that wait for a person, by key.
    pub fn parked(&self) -> impl Iterator<Item = &Parked> {
        self.parked.values()
    }

    /// Whether an update has to queue: its key is here, or intents of its product are, which it must not overtake.
    pub fn holds(&self, key: &IdempotencyKey, product: &ProductId) -> bool {
        let of_product = |intent: &Intent| intent.update.product_id == *product;
        self.numbers.contains_key(key)
            || self.parked.contains_key(key)
            || self.queued.values().any(of_product)
    }

    /// How long the oldest intent has waited.
    pub fn oldest_age(&self, now: Timestamp) -> Duration {
        let oldest = self.queued.values().map(|intent| intent.queued_at).min();
        let millis = oldest.map_or(0, |at| now.millis_since(at));
        Duration::from_millis(millis)
    }

    /// What queuing an update comes to.
    ///
    /// # Errors
    ///
    /// Says why it cannot be queued.
    pub fn enqueue(
        &self,
        update: &Update,
        trace: Option<TraceParent>,
        now: Timestamp,
    ) -> Result<Queued, NotQueued> {
        let intent = Intent {
            update: update.clone(),
            queued_at: now,
            trace,
        };
        let key = intent.key();
        let queued = self.numbers.get(key).map(|number| &self.queued[number]);
        let parked = self.parked.get(key);
        let known = queued.or_else(|| parked.map(|parked| &parked.intent));
        if let Some(field) = known.and_then(|known| known.difference(update)) {
            return Err(NotQueued::OtherIntent { field });
        }
        if let Some(parked) = parked {
            let reason = Box::new(parked.reason.clone());
            return Err(NotQueued::Parked { reason });
        }
        if queued.is_some() {
            return Ok(Queued::Before);
        }
        if self.queued.len() + self.parked.len() >= self.limits.intents_max {
            return Err(NotQueued::Full);
        }
        Ok(Queued::Now(Box::new(Record::Queued(intent))))
    }

    /// The record that an intent is applied; `None` when it does not wait.
    pub fn settle(&self, key: &IdempotencyKey) -> Option<Record> {
        let key = self.queued_key(key)?;
        Some(Record::Settled { key })
    }

    /// The record that an intent waits for a person; `None` when it does not wait.
    pub fn park(&self, key: &IdempotencyKey, reason: ErrorBody, at: Timestamp) -> Option<Record> {
        let key = self.queued_key(key)?;
        Some(Record::Parked { key, reason, at })
    }

    /// The record that an intent is sent without a version; `None` when it does not wait.
    pub fn rebase(&self, key: &IdempotencyKey) -> Option<Record> {
        let key = self.queued_key(key)?;
        Some(Record::Rebased { key })
    }

    /// The record that a parked intent waits again; `None` when it is not parked.
    pub fn retry(
        &self,
        key: &IdempotencyKey,
        version: Option<Version>,
        at: Timestamp,
    ) -> Option<Record> {
        let key = self.parked.get(key)?.intent.key().clone();
        Some(Record::Retried { key, version, at })
    }

    /// The record that a parked intent is given up; `None` when it is not parked.
    pub fn discard(&self, key: &IdempotencyKey) -> Option<Record> {
        let key = self.parked.get(key)?.intent.key().clone();
        Some(Record::Discarded { key })
    }

    /// The records that park what has waited for too long.
    pub fn expired(&self, now: Timestamp) -> Vec<Record> {
        let age_max_ms = self.limits.age_max.as_millis() as u64;
        let expired = self
            .queued
            .values()
            .filter(|intent| now.millis_since(intent.queued_at) > age_max_ms);
        expired
            .map(|intent| Record::Parked {
                key: intent.key().clone(),
                reason: waited_too_long(intent),
                at: now,
            })
            .collect()
    }

    fn queued_key(&self, key: &IdempotencyKey) -> Option<IdempotencyKey> {
        self.numbers.get_key_value(key).map(|(key, _)| key.clone())
    }

    /// Does what a record says.
    ///
    /// # Errors
    ///
    /// The record says something that cannot have happened; the queue is as it was.
    pub fn apply(&mut self, record: &Record) -> Result<(), Meaningless> {
        let lost = |key: &IdempotencyKey| Meaningless { key: key.clone() };
        match record {
            Record::Queued(intent) => {
                let key = intent.key();
                if self.numbers.contains_key(key) || self.parked.contains_key(key) {
                    return Err(lost(key));
                }
                self.push(intent.clone());
            }
            Record::Settled { key } => {
                self.take(key).ok_or_else(|| lost(key))?;
            }
            Record::Parked { key, reason, at } => {
                let intent = self.take(key).ok_or_else(|| lost(key))?;
                let reason = reason.clone();
                let parked = Parked {
                    intent,
                    reason,
                    at: *at,
                };
                self.parked.insert(key.clone(), parked);
            }
            Record::Rebased { key } => {
                let number = self.numbers.get(key).ok_or_else(|| lost(key))?;
                if let Some(intent) = self.queued.get_mut(number) {
                    intent.update.version = None;
                }
            }
            Record::Retried { key, version, at } => {
                let parked = self.parked.remove(key).ok_or_else(|| lost(key))?;
                let mut intent = parked.intent;
                intent.update.version = *version;
                intent.queued_at = *at;
                self.push(intent);
            }
            Record::Discarded { key } => {
                self.parked.remove(key).ok_or_else(|| lost(key))?;
            }
        }
        Ok(())
    }

    fn push(&mut self, intent: Intent) {
        self.numbers.insert(intent.key().clone(), self.next_number);
        self.queued.insert(self.next_number, intent);
        self.next_number += 1;
    }

    fn take(&mut self, key: &IdempotencyKey) -> Option<Intent> {
        let number = self.numbers.remove(key)?;
        self.queued.remove(&number)
    }

    /// Records that lead from an empty queue to this one.
    pub fn records(&self) -> Vec<Record> {
        let parked = self.parked.values().flat_map(|parked| {
            let waits = Record::Parked {
                key: parked.intent.key().clone(),
                reason: parked.reason.clone(),
                at: parked.at,
            };
            [Record::Queued(parked.intent.clone()), waits]
        });
        let queued = self.queued.values().cloned().map(Record::Queued);
        parked.chain(queued).collect()
    }
}

fn waited_too_long(intent: &Intent) -> ErrorBody {
    ErrorBody {
        code: Code::Unavailable,
        message: "central could not be reached for too long; nobody knows whether it was applied"
            .into(),
        details: vec![Detail {
            field: "idempotencyKey".into(),
            issue: format!("was queued at {}", intent.queued_at),
        }],
        current: None,
        position: None,
    }
}
