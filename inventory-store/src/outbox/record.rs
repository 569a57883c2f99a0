//! What happens to intents, as it is written down.

use inventory_core::vocabulary::{IdempotencyKey, Timestamp, TraceParent, Version};
use inventory_http::kit::ErrorBody;
use inventory_http::wire::Update;
use serde::{Deserialize, Serialize};

/// An update that somebody wants and central does not know yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intent {
    /// The update, with its key.
    pub update: Update,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// The trace that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceParent>,
}

impl Intent {
    /// The key.
    ///
    /// # Panics
    ///
    /// It has none: such an update is never queued.
    pub fn key(&self) -> &IdempotencyKey {
        let key = self.update.idempotency_key.as_ref();
        key.expect("only updates with a key are queued")
    }

    /// The first field in which two updates do not mean the same. The version is no part of what they mean.
    pub fn difference(&self, update: &Update) -> Option<&'static str> {
        let own = &self.update;
        match () {
            () if own.product_id != update.product_id => Some("productId"),
            () if own.store_id != update.store_id => Some("storeId"),
            () if own.delta != update.delta => Some("delta"),
            () => None,
        }
    }
}

/// An intent that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The intent.
    pub intent: Intent,
    /// Why it is not applied.
    pub reason: ErrorBody,
    /// Since when it waits.
    pub at: Timestamp,
}

/// Something that has happened to an intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Record {
    /// It waits for central.
    Queued(Intent),
    /// Central has applied it.
    Settled {
        /// The intent.
        key: IdempotencyKey,
    },
    /// It waits for a person.
    Parked {
        /// The intent.
        key: IdempotencyKey,
        /// Why.
        reason: ErrorBody,
        /// Since when.
        at: Timestamp,
    },
    /// It is sent without a version from now on.
    Rebased {
        /// The intent.
        key: IdempotencyKey,
    },
    /// A person has queued it again, at the end.
    Retried {
        /// The intent.
        key: IdempotencyKey,
        /// The version that the product must have.
        version: Option<Version>,
        /// When.
        at: Timestamp,
    },
    /// A person has given it up.
    Discarded {
        /// The intent.
        key: IdempotencyKey,
    },
}
