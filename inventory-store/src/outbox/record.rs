//! What has happened, as it is kept.

use inventory_core::vocabulary::{Timestamp, Version};
use serde::{Deserialize, Serialize};

use super::intent::Intent;
use super::key::IntentKey;
use super::reason::Reason;

/// A transition of one intent, or of several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Record {
    /// It waits, at the end of the queue.
    Queued {
        /// The intent.
        intent: Intent,
    },
    /// It is done, and gone.
    Settled {
        /// Which.
        key: IntentKey,
    },
    /// It left the queue and waits for a person.
    Parked {
        /// Which.
        key: IntentKey,
        /// Why.
        reason: Reason,
        /// When.
        parked_at: Timestamp,
    },
    /// It was parked, and waits at the end of the queue again.
    Retried {
        /// Which.
        key: IntentKey,
        /// What it demands from now on.
        version: Option<Version>,
        /// When: its age counts from here.
        retried_at: Timestamp,
    },
    /// It was parked, and is gone.
    Discarded {
        /// Which.
        key: IntentKey,
    },
    /// They are about to be sent.
    Attempted {
        /// Which.
        keys: Vec<IntentKey>,
    },
    /// Somebody has set the clock: whatever is queued was queued so much later, by the clock as it is now.
    Redated {
        /// Milliseconds; below zero when the clock was set back.
        by_ms: i64,
    },
    /// It keeps its place, and demands no version any more.
    Rebased {
        /// Which.
        key: IntentKey,
    },
}

impl Record {
    /// An intent leaves the queue.
    pub(super) fn parked(key: &IntentKey, reason: &Reason, parked_at: Timestamp) -> Self {
        Self::Parked {
            key: key.clone(),
            reason: reason.clone(),
            parked_at,
        }
    }
}

/// A record does not follow from the ones before it. The outbox is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the record does not follow from the records before it")]
pub struct Inapplicable;
