//! What is asked of the outbox, and what it answers.

use inventory_core::vocabulary::{Timestamp, Version};

use super::intent::{Differs, Intent};
use super::key::IntentKey;
use super::reason::Reason;

/// Something that is asked of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Keep an update until central has answered it.
    Enqueue(Intent),
    /// Central has applied it.
    Settle(IntentKey),
    /// Central has refused it, for good.
    Park {
        /// Which.
        key: IntentKey,
        /// Why.
        reason: Reason,
    },
    /// Central has another version than it demands: it is parked or loses its demand, as configured.
    Conflict {
        /// Which.
        key: IntentKey,
        /// Why, if it is parked.
        reason: Reason,
    },
    /// A person wants a parked one tried again, at the end of the queue.
    Retry {
        /// Which.
        key: IntentKey,
        /// The version that the product must have; `None`: whatever it is.
        version: Option<Version>,
    },
    /// A person gives up a parked one.
    Discard(IntentKey),
    /// Park whatever has waited too long, or cannot be sent again under its key, and is not in flight.
    Expire,
}

impl Change {
    /// The intent that it is about; `None` when that depends on the outbox.
    pub fn key(&self) -> Option<&IntentKey> {
        match self {
            Self::Enqueue(intent) => Some(intent.key()),
            Self::Settle(key)
            | Self::Discard(key)
            | Self::Park { key, .. }
            | Self::Conflict { key, .. }
            | Self::Retry { key, .. } => Some(key),
            Self::Expire => None,
        }
    }
}

/// What a change has led to. It is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// The outbox is as the change wants it.
    Done,
    /// It was so before: the intent was queued already. The guard that it was queued with stays.
    Already,
}

/// Why a change was refused. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// As many intents wait as may; central has to take some first.
    #[error("{queued} updates wait for central, which is all there is room for")]
    Full {
        /// How many wait.
        queued: usize,
    },
    /// As many intents are parked as may; a person has to look at some first.
    #[error("{parked} refused updates wait for a person, which is all there is room for")]
    TooManyParked {
        /// How many are parked.
        parked: usize,
    },
    /// The key names another intent, queued or parked.
    #[error("the idempotency key is in use with {differs}")]
    KeyReused {
        /// In what the intents differ.
        differs: Differs,
    },
    /// The intent is parked: a person decides about it.
    #[error("the update was refused and waits for a person ({reason})")]
    Parked {
        /// Why it was parked.
        reason: Reason,
        /// When.
        parked_at: Timestamp,
    },
    /// No queued intent has the key.
    #[error("no update with this idempotency key is queued")]
    NotQueued,
    /// No parked intent has the key.
    #[error("no update with this idempotency key is parked")]
    NotParked,
}
