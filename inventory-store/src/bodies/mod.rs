//! What stands in the bodies of a store's calls, beside what central's have.

use inventory_core::vocabulary::{
    IdempotencyKey, ProductId, Quantity, Sequence, StoreId, Timestamp, Version,
};
use inventory_http::wire::KeyName;
use inventory_http::wire::schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outbox::Reason;
use crate::sending::Blocked;

/// A product as this store knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreProduct {
    /// The product.
    pub product_id: ProductId,
    /// Available over all stores.
    pub available: Quantity,
    /// How often it was written.
    pub version: Version,
    /// When it was last written.
    pub last_updated: Timestamp,
    /// Available at this store.
    pub store_quantity: Quantity,
    /// The change of it that is queued for central, and not in it: what was sold while central was away is below zero.
    pub queued_delta: i64,
    /// There, and true, while the numbers wait for a count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quarantined: bool,
    /// How old it is.
    #[serde(flatten)]
    pub freshness: Freshness,
}

/// How old an answer of a store may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Freshness {
    /// Whether it may have changed since without anybody here having heard: central cannot be reached, or has proved nothing for
    /// some seconds.
    pub stale: bool,
    /// How long ago it was last proved to be all that central had; absent when nobody knows, since the clock contradicts the
    /// copy that a start has found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_for_ms: Option<u64>,
    /// The last event of central's log that it has.
    pub as_of_offset: Sequence,
}

/// A page of products as this store knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreListing {
    /// The products by id.
    pub items: Vec<StoreProduct>,
    /// Where the next page starts; empty at the end.
    pub next_cursor: String,
    /// How old all of it is.
    #[serde(flatten)]
    pub freshness: Freshness,
}

/// An intent that waits for central. It was not sold yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Queued {
    /// True.
    pub queued: bool,
    /// The key that it is sent with, and can be asked for again with.
    pub idempotency_key: IdempotencyKey,
}

/// How a store is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreStatus {
    /// The store.
    pub store_id: StoreId,
    /// Whether central is heard of.
    pub connected: bool,
    /// Whether what is read here may have changed since.
    pub stale: bool,
    /// How long ago it was last proved to be all that central had; absent when nobody knows, since the clock contradicts the
    /// copy that a start has found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_for_ms: Option<u64>,
    /// The last event that this store has.
    pub last_offset: Sequence,
    /// The last event that central was known to have.
    pub central_offset: Sequence,
    /// What has last gone wrong with following central, while it does; absent while central is heard of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<Blocked>,
    /// Why nothing that is queued is sent though central is heard of; absent while it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Blocked>,
    /// Intents that wait for central.
    pub outbox: OutboxStatus,
    /// Intents that wait for a person.
    pub parked: Vec<ParkedIntent>,
}

/// Intents that wait for central.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutboxStatus {
    /// How many.
    pub queued: u64,
    /// How long the oldest has waited; 0 when there is none.
    pub oldest_age_ms: u64,
    /// Products of which an intent fails alone at central: theirs wait longer, and hold up no others.
    pub products_aside: u64,
}

/// An intent that central has refused, or that has waited too long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParkedIntent {
    /// Its key.
    pub idempotency_key: IdempotencyKey,
    /// The till whose key it is; absent when its API key has no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "KeyName")]
    pub till: Option<KeyName>,
    /// The product.
    pub product_id: ProductId,
    /// The change of on-hand that it wants.
    pub delta: i64,
    /// Why it is not applied.
    pub reason: Reason,
    /// When it was parked.
    pub parked_at: Timestamp,
}

/// Sends a parked intent once more, under its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Retry {
    /// The version that the product must have; null: whatever it is.
    #[serde(deserialize_with = "schema::present")]
    pub version: Option<Version>,
}

/// Nothing has to be said of it: `{}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Discard {}

/// Which parked intents are meant: all for which everything that is said holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Which {
    /// Those parked for a reason with this code.
    #[serde(
        deserialize_with = "schema::not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "String")]
    pub reason: Option<String>,
    /// Those of this product.
    #[serde(
        deserialize_with = "schema::not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "ProductId")]
    pub product_id: Option<ProductId>,
}

/// What was decided about parked intents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// How many were sent once more, or given up.
    pub decided: u64,
    /// How many are parked now.
    pub parked: u64,
}
