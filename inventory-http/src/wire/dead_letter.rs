//! Dead letters, as an administrator sees them.

use inventory_core::ports::DeadLetter as Buried;
use inventory_core::vocabulary::{ProductId, Sequence, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest note of a resolution.
pub const RESOLVE_NOTE_CHARS_MAX: usize = 512;

/// Something that was found in the log and has no effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Names what was found, by where it was found.
    pub id: String,
    /// The offset that it takes, when it has one.
    pub offset: Option<Sequence>,
    /// The product that is under suspicion, when it names one.
    pub product_id: Option<ProductId>,
    /// What is wrong with it.
    pub reason: String,
    /// When it was buried.
    pub buried_at: Timestamp,
    /// How many bytes were found.
    pub content_bytes: u64,
    /// What a person has done about it; null until one has.
    pub resolution: Option<Resolution>,
}

/// What a person has done about a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resolution {
    /// When.
    pub resolved_at: Timestamp,
    /// What was done.
    pub note: String,
}

/// A dead letter with the bytes that were found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InspectedDeadLetter {
    /// The letter.
    #[serde(flatten)]
    pub letter: DeadLetter,
    /// The bytes as text, the first 64 KiB of them; what is not UTF-8 is replaced.
    pub content: String,
}

/// All dead letters, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetterList {
    /// The letters.
    pub dead_letters: Vec<DeadLetter>,
    /// Of these, not resolved yet.
    pub unresolved: u64,
}

/// Says that a dead letter was dealt with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resolve {
    /// What was done, for whoever looks at it later.
    #[schemars(length(min = 1, max = 512))]
    pub note: String,
}

impl DeadLetter {
    /// A letter without its bytes.
    pub fn of(letter: &Buried) -> Self {
        Self {
            id: letter.id.clone(),
            offset: letter.sequence,
            product_id: letter.product.clone(),
            reason: letter.reason.clone(),
            buried_at: letter.buried_at,
            content_bytes: letter.content_bytes,
            resolution: letter.resolution.as_ref().map(|resolution| Resolution {
                resolved_at: resolution.resolved_at,
                note: resolution.note.clone(),
            }),
        }
    }
}
