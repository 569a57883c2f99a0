//! Changes of many levels that apply together or not at all.

use inventory_core::engine::Receipt;
use inventory_core::machine::{Adjust, Command, Guard};
use inventory_core::vocabulary::{Adjustment, ProductId, StoreId, Timestamp, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::line::{LevelAfter, movements};
use super::mutation::mutation;
use super::object::objects;
use super::schema;

mutation! {
    /// Changes of levels of any products at any stores, under one key: all apply, in order and at once, or none does.
    pub struct Transaction {
        /// The changes. A line sees the effect of the lines before it.
        #[serde(deserialize_with = "objects")]
        #[schemars(length(min = 1, max = 1_000), with = "Vec<TransactionLine>")]
        pub lines: Vec<TransactionLine>,
    }
}

/// One change of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TransactionLine {
    /// The store whose stock changes.
    #[schemars(schema_with = "schema::id")]
    pub store_id: StoreId,
    /// The product.
    #[schemars(schema_with = "schema::id")]
    pub product_id: ProductId,
    /// The change of on-hand; not zero.
    #[schemars(schema_with = "schema::adjustment")]
    pub delta: Adjustment,
    /// The version the product must have once the lines before it are applied; null: whatever it is.
    #[serde(deserialize_with = "schema::present")]
    #[schemars(schema_with = "schema::guard", required)]
    pub version: Option<Version>,
}

impl Transaction {
    /// The commands that say the same.
    pub fn commands(self) -> Vec<Command> {
        let commands = self.lines.into_iter().map(|line| {
            Command::Adjust(Adjust {
                product: line.product_id,
                store: line.store_id,
                delta: line.delta,
                guard: line.version.map_or(Guard::Unguarded, Guard::At),
            })
        });
        commands.collect()
    }
}

/// What a transaction has led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Transacted {
    /// True: it is durable.
    pub applied: bool,
    /// When it was applied.
    #[schemars(schema_with = "schema::time")]
    pub last_updated: Timestamp,
    /// The level of each line, right after it.
    pub lines: Vec<LevelAfter>,
}

impl Transacted {
    /// What the receipt of a transaction says; `None` when an event of it was buried since.
    pub fn from_receipt(receipt: &Receipt) -> Option<Self> {
        let lines = movements(&receipt.entry)?;
        Some(Self {
            applied: true,
            last_updated: receipt.entry.recorded_at,
            lines: lines.into_iter().map(LevelAfter::of).collect(),
        })
    }
}
