//! What names an intent.

use std::fmt;

use inventory_core::vocabulary::IdempotencyKey;
use inventory_http::wire::KeyName;
use serde::{Deserialize, Serialize};

/// Names an intent: its key, and whose key it is. Tills number their sales without asking each other, so that equal keys of
/// two tills are two intents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct IntentKey {
    /// The till, as its API key at this store is named; `None` for all those whose key has no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub till: Option<KeyName>,
    /// The key that the till has given.
    pub idempotency_key: IdempotencyKey,
}

impl From<IdempotencyKey> for IntentKey {
    /// A key of a till without a name.
    fn from(idempotency_key: IdempotencyKey) -> Self {
        Self {
            till: None,
            idempotency_key,
        }
    }
}

impl fmt::Display for IntentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.till {
            Some(till) => write!(f, "{} of {till}", self.idempotency_key),
            None => self.idempotency_key.fmt(f),
        }
    }
}
