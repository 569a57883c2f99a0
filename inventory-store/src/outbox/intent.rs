//! An update that waits.

use std::fmt;

use inventory_core::vocabulary::{ProductId, Timestamp, TraceParent, Version};
use inventory_http::wire::{BatchRow, Update};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::key::IntentKey;

/// An update that could not be forwarded. It always has its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Intent {
    key: IntentKey,
    /// Without its key.
    #[serde(deserialize_with = "keyless")]
    update: Box<Update>,
    queued_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trace: Option<TraceParent>,
    /// How far central's own time is known to have been before it was first sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    central_at: Option<Timestamp>,
    /// Whether it may have been sent, so that central may have applied it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    attempted: bool,
}

/// Reads an update that has no key of its own.
fn keyless<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<Update>, D::Error> {
    let update = Box::<Update>::deserialize(deserializer)?;
    match update.idempotency_key {
        None => Ok(update),
        Some(_) => Err(D::Error::custom("an intent has a second key")),
    }
}

impl Intent {
    /// An update under a key, which replaces the one that stands in the update.
    pub fn new(
        key: IntentKey,
        mut update: Update,
        queued_at: Timestamp,
        trace: Option<TraceParent>,
    ) -> Self {
        update.idempotency_key = None;
        Self {
            key,
            update: update.into(),
            queued_at,
            trace,
            central_at: None,
            attempted: false,
        }
    }

    /// The same, sent before or not, when central's own time was known to be this or later.
    #[must_use]
    pub fn known(mut self, central_at: Option<Timestamp>, attempted: bool) -> Self {
        self.central_at = central_at;
        self.attempted = attempted;
        self
    }

    /// What names it.
    pub fn key(&self) -> &IntentKey {
        &self.key
    }

    /// What is wanted, without its key.
    pub fn update(&self) -> &Update {
        &self.update
    }

    /// What to send.
    pub fn row(&self) -> BatchRow {
        let IntentKey {
            till,
            idempotency_key,
        } = self.key.clone();
        let update = Update {
            idempotency_key: Some(idempotency_key),
            ..(*self.update).clone()
        };
        BatchRow::of(update, till)
    }

    /// Its product.
    pub fn product(&self) -> &ProductId {
        &self.update.product_id
    }

    /// The change of on-hand that it wants.
    pub fn delta(&self) -> i64 {
        self.update.delta.delta().units()
    }

    /// When it was queued, or queued again by a person.
    pub fn queued_at(&self) -> Timestamp {
        self.queued_at
    }

    /// How far central's own time is known to have been before it was first sent.
    pub fn central_at(&self) -> Option<Timestamp> {
        self.central_at
    }

    /// Whether it may have been sent, so that central may have applied it.
    pub fn attempted(&self) -> bool {
        self.attempted
    }

    /// The trace of the request that it came with.
    pub fn trace(&self) -> Option<TraceParent> {
        self.trace
    }

    /// In what another update differs, by central's rule: the guard is not part of an intent, so that a retry with a
    /// fresher version is still the same one.
    pub(super) fn differs(&self, other: &Update) -> Option<Differs> {
        if self.update.product_id != other.product_id {
            return Some(Differs::Product);
        }
        if self.update.store_id != other.store_id {
            return Some(Differs::Store);
        }
        (self.update.delta != other.delta).then_some(Differs::Amount)
    }

    /// Demands a version of the history that there is now, or none.
    pub(super) fn set_guard(&mut self, version: Option<Version>) {
        self.update.version = version;
        self.update.epoch = None;
    }

    /// A person has looked at the stock: what was before does not count any more.
    pub(super) fn queue_again(&mut self, version: Option<Version>, at: Timestamp) {
        self.set_guard(version);
        self.queued_at = at;
        self.central_at = None;
        self.attempted = false;
    }

    pub(super) fn set_queued_at(&mut self, at: Timestamp) {
        self.queued_at = at;
    }

    pub(super) fn set_attempted(&mut self) {
        self.attempted = true;
    }
}

/// In what an update differs from the intent that has its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differs {
    /// The product.
    Product,
    /// The store.
    Store,
    /// The amount.
    Amount,
}

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Product => "another product",
            Self::Store => "another store",
            Self::Amount => "another amount",
        })
    }
}
