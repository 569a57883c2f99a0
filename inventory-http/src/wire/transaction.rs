//! Changes of many levels that apply together or not at all.

use inventory_core::engine::Receipt;
use inventory_core::machine::{Adjust, Command, Guard, InvalidLines};
use inventory_core::vocabulary::{Adjustment, ProductId, StoreId, Timestamp, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::line::{LevelAfter, Levels, movements};
use super::mutation::{Declared, Direct, FromReceipt, Mutation, REFUSALS, at, each, mutation};
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
    pub store_id: StoreId,
    /// The product.
    pub product_id: ProductId,
    /// The change of on-hand; not zero.
    pub delta: Adjustment,
    /// The version the product must have once the lines before it are applied; null: whatever it is.
    #[serde(deserialize_with = "schema::present")]
    pub version: Option<Version>,
}

impl Mutation for Transaction {
    type Subject = ();
    type Answer = Transacted;

    const CALL: Declared = Declared {
        id: "transact",
        about: "changes the stock of several levels: all of them, or none",
        path: at!("/inventory/transactions"),
        example: r#"{"lines":[{"storeId":"north","productId":"tea","delta":6,"version":null}],"idempotencyKey":"delivery-5"}"#,
        is_bulk: true,
        amount: Amount::InLines("delta"),
        creates: false,
        done: "all of it is durable",
        refusals: REFUSALS,
    };

    fn stores(&self) -> Vec<&StoreId> {
        self.lines.iter().map(|line| &line.store_id).collect()
    }

    fn products(&self) -> Vec<&ProductId> {
        self.lines.iter().map(|line| &line.product_id).collect()
    }
}

impl Direct for Transaction {
    fn commands(self, (): ()) -> Result<Vec<Command>, InvalidLines> {
        each(self.lines, |line| {
            Command::Adjust(Adjust {
                product: line.product_id,
                store: line.store_id,
                delta: line.delta,
                guard: line.version.map_or(Guard::Unguarded, Guard::At),
            })
        })
    }
}

/// What a transaction has led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Transacted {
    /// True: it is durable.
    pub applied: bool,
    /// When it was applied.
    pub last_updated: Timestamp,
    /// The level of each line, right after it.
    pub lines: Vec<LevelAfter>,
}

impl Levels for Transacted {
    fn recorded_at(&self) -> Timestamp {
        self.last_updated
    }

    fn levels(&self) -> Vec<LevelAfter> {
        self.lines.clone()
    }
}

impl FromReceipt for Transacted {
    fn from_receipt(receipt: &Receipt) -> Option<Self> {
        let lines = movements(&receipt.entry)?;
        Some(Self {
            applied: true,
            last_updated: receipt.entry.recorded_at,
            lines: lines.into_iter().map(LevelAfter::of).collect(),
        })
    }
}
