//! One update of one level.

use inventory_core::machine::{Adjust, Command, Guard, InvalidLines};
use inventory_core::vocabulary::{Adjustment, ProductId, Quantity, StoreId, Timestamp, Version};
use inventory_core::{engine::Receipt, machine::Movement};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::line::is_a_level;
use super::mutation::{Declared, Direct, FromReceipt, Mutation, REFUSALS, at, mutation};
use super::schema;

mutation! {
    /// A change of one product's stock at one store.
    pub struct Update {
        /// The store whose stock changes.
        pub store_id: StoreId,
        /// The product.
        pub product_id: ProductId,
        /// The change of on-hand; not zero.
        pub delta: Adjustment,
        /// The version the product must have; null: whatever it is.
        #[serde(deserialize_with = "schema::present")]
        pub version: Option<Version>,
    }
}

impl Update {
    /// The command that says the same.
    pub fn command(self) -> Command {
        let guard = self.version.map_or(Guard::Unguarded, Guard::At);
        Command::Adjust(Adjust {
            product: self.product_id,
            store: self.store_id,
            delta: self.delta,
            guard,
        })
    }
}

impl Mutation for Update {
    type Subject = ();
    type Answer = Updated;

    const CALL: Declared = Declared {
        id: "updateStock",
        about: "changes the stock of one product at one store",
        path: at!("/inventory/updates"),
        example: r#"{"storeId":"north","productId":"tea","delta":-1,"version":null,"idempotencyKey":"basket-1","reason":"sale"}"#,
        is_bulk: false,
        amount: Amount::Whole("delta"),
        creates: false,
        done: "it is durable",
        refusals: REFUSALS,
    };

    fn stores(&self) -> Vec<&StoreId> {
        vec![&self.store_id]
    }

    fn products(&self) -> Vec<&ProductId> {
        vec![&self.product_id]
    }
}

impl Direct for Update {
    fn commands(self, (): ()) -> Result<Vec<Command>, InvalidLines> {
        Ok(vec![self.command()])
    }
}

/// What an update has led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Updated {
    /// The product.
    pub product_id: ProductId,
    /// Available over all stores.
    pub new_quantity: Quantity,
    /// The product's version.
    pub new_version: Version,
    /// True: it is durable.
    pub applied: bool,
    /// When it was applied.
    pub last_updated: Timestamp,
    /// The store.
    pub store_id: StoreId,
    /// Available at the store.
    pub store_quantity: Quantity,
}

is_a_level!(Updated);

impl FromReceipt for Updated {
    fn from_receipt(receipt: &Receipt) -> Option<Self> {
        let Movement {
            product,
            store,
            after,
            ..
        } = receipt.lines().next()?;
        Some(Self {
            product_id: product.clone(),
            new_quantity: after.total,
            new_version: after.version,
            applied: true,
            last_updated: receipt.entry.recorded_at,
            store_id: store.clone(),
            store_quantity: after.level.available(),
        })
    }
}
