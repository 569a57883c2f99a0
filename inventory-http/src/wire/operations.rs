//! What operators and their machines ask.

use inventory_core::vocabulary::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Liveness {
    /// Always true.
    pub live: bool,
}

/// Whether a service can serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadinessStatus {
    /// Everything is in order.
    Ready,
    /// It serves, and a person should look.
    Degraded,
    /// It cannot serve.
    Unavailable,
}

/// Whether a service can serve, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Readiness {
    /// The state.
    pub status: ReadinessStatus,
    /// What a person should look at; empty when everything is in order.
    pub reasons: Vec<String>,
    /// Every idempotency key that was used at this moment, or later, is remembered; of earlier ones some are not. 1970 while none
    /// was forgotten. A store does not say: its keys are central's.
    #[serde(
        default,
        rename = "keysRememberedSince",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Timestamp")]
    pub keys_remembered_since: Option<Timestamp>,
}

impl Readiness {
    /// How a service is that a person should look at for these reasons, and that cannot serve for another one, if there is one.
    pub fn of(mut reasons: Vec<String>, unavailable: Option<&str>) -> Self {
        let status = match (unavailable, reasons.is_empty()) {
            (Some(_), _) => ReadinessStatus::Unavailable,
            (None, true) => ReadinessStatus::Ready,
            (None, false) => ReadinessStatus::Degraded,
        };
        reasons.extend(unavailable.map(str::to_owned));
        Self {
            status,
            reasons,
            keys_remembered_since: None,
        }
    }
}
