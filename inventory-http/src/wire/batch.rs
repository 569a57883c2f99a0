//! Many independent updates in one call.

use std::borrow::Cow;

use inventory_core::vocabulary::{Adjustment, ProductId, StoreId, Version};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::ErrorBody;
use super::mutation::mutation;
use super::name::KeyName;
use super::object::objects;
use super::{Update, Updated, schema};

/// Most updates of one call.
pub const BATCH_UPDATES_MAX: usize = 10_000;

mutation! {
    /// An update among others: what would stand in the head of a call of its own stands in the row.
    #[schemars(transform = needs_key)]
    pub struct BatchRow {
        /// The store whose stock changes.
        pub store_id: StoreId,
        /// The product.
        pub product_id: ProductId,
        /// The change of on-hand; not zero.
        pub delta: Adjustment,
        /// The version the product must have; null: whatever it is.
        #[serde(deserialize_with = "schema::present")]
        pub version: Option<Version>,
        /// For whom it is asked, as the header On-Behalf-Of says it of a call.
        #[serde(
            default,
            deserialize_with = "schema::not_null",
            skip_serializing_if = "Option::is_none"
        )]
        #[schemars(with = "KeyName")]
        pub on_behalf_of: Option<KeyName>,
    }
}

impl BatchRow {
    /// An update as a row.
    pub fn of(update: Update, on_behalf_of: Option<KeyName>) -> Self {
        let Update {
            store_id,
            product_id,
            delta,
            version,
            idempotency_key,
            reason,
            note,
            reference,
            epoch,
        } = update;
        Self {
            idempotency_key,
            reason,
            note,
            reference,
            epoch,
            ..Self::new(store_id, product_id, delta, version, on_behalf_of)
        }
    }

    /// The update, and for whom it is asked.
    pub fn split(self) -> (Update, Option<KeyName>) {
        let update = Update {
            store_id: self.store_id,
            product_id: self.product_id,
            delta: self.delta,
            version: self.version,
            idempotency_key: self.idempotency_key,
            reason: self.reason,
            note: self.note,
            reference: self.reference,
            epoch: self.epoch,
        };
        (update, self.on_behalf_of)
    }
}

/// Updates that are decided in order and made durable together, each on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The updates, each with its own idempotencyKey.
    #[serde(deserialize_with = "objects")]
    #[schemars(schema_with = "rows")]
    pub updates: Vec<BatchRow>,
}

fn rows(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "maxItems": BATCH_UPDATES_MAX,
        "items": generator.subschema_for::<BatchRow>(),
    })
}

/// What the derived schema cannot say: a row has no head that its key could stand in.
fn needs_key(schema: &mut Schema) {
    let required = schema.get_mut("required").and_then(Value::as_array_mut);
    let required = required.expect("a row has fields that must be there");
    required.push("idempotencyKey".into());
}

/// An update of a batch that is applied: what the single call would have answered with 200.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "BatchApplied")]
pub struct AppliedRow {
    /// `applied`.
    #[schemars(schema_with = "applied")]
    pub outcome: &'static str,
    /// 200.
    #[schemars(range(min = 200, max = 200))]
    pub status: u16,
    /// Whether it is the first answer again.
    #[serde(rename = "idempotentReplayed")]
    pub replayed: bool,
    /// The single answer.
    #[serde(flatten)]
    pub updated: Updated,
}

/// An update of a batch that changed nothing: what the single call would have been refused with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "BatchRefused")]
pub struct RefusedRow {
    /// `refused`.
    #[schemars(schema_with = "refused")]
    pub outcome: &'static str,
    /// The status of the single answer.
    #[schemars(range(min = 400, max = 599))]
    pub status: u16,
    /// The single answer.
    #[serde(flatten)]
    pub error: ErrorBody,
}

fn applied(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["applied"] })
}

fn refused(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["refused"] })
}

/// What became of one update of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum BatchResult {
    /// It is applied.
    Applied(AppliedRow),
    /// It changed nothing.
    Refused(RefusedRow),
}

impl BatchResult {
    /// What the single call would have answered with 200.
    pub fn applied(updated: Updated, replayed: bool) -> Self {
        Self::Applied(AppliedRow {
            outcome: "applied",
            status: 200,
            replayed,
            updated,
        })
    }

    /// What the single call would have been refused with.
    pub fn refused(error: ErrorBody) -> Self {
        Self::Refused(RefusedRow {
            outcome: "refused",
            status: error.code.status().as_u16(),
            error,
        })
    }
}

/// The outcome says which of the two it is.
impl JsonSchema for BatchResult {
    fn schema_name() -> Cow<'static, str> {
        "BatchResult".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (applied, refused) = (
            generator.subschema_for::<AppliedRow>(),
            generator.subschema_for::<RefusedRow>(),
        );
        json_schema!({
            "description": "What became of one update of a batch.",
            "oneOf": [applied, refused],
            "discriminator": {
                "propertyName": "outcome",
                "mapping": { "applied": applied.get("$ref"), "refused": refused.get("$ref") },
            },
        })
    }
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
