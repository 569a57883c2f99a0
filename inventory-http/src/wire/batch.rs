//! Many independent updates in one call.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::{Update, Updated};
use crate::kit::{ErrorBody, objects};

/// Most updates of one call.
pub const BATCH_UPDATES_MAX: usize = 10_000;

/// Updates that are decided in order and made durable together, each on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The updates, each with its own idempotencyKey.
    #[serde(deserialize_with = "objects")]
    #[schemars(schema_with = "rows_with_keys")]
    pub updates: Vec<Update>,
}

/// What the derived schema cannot say: a row has no head that its key could stand in.
fn rows_with_keys(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": BATCH_UPDATES_MAX,
        "items": {
            "allOf": [generator.subschema_for::<Update>(), { "required": ["idempotencyKey"] }],
        },
    })
}

/// What became of one update of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum BatchResult {
    /// What the single call would have answered with 200.
    Applied {
        /// 200.
        #[schemars(range(min = 200, max = 200))]
        status: u16,
        /// Whether it is the first answer again.
        #[serde(rename = "idempotentReplayed")]
        replayed: bool,
        /// The single answer.
        #[serde(flatten)]
        updated: Updated,
    },
    /// What the single call would have been refused with.
    Refused {
        /// The status of the single answer.
        #[schemars(range(min = 400, max = 599))]
        status: u16,
        /// The single answer.
        #[serde(flatten)]
        error: ErrorBody,
    },
}

/// How many of a batch were applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct BatchSummary {
    /// Updates that are durable, those that had been applied before included.
    pub applied: u64,
    /// Updates that changed nothing.
    pub refused: u64,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Batched {
    /// One result per update, in order.
    pub results: Vec<BatchResult>,
    /// The results, counted.
    pub summary: BatchSummary,
}
