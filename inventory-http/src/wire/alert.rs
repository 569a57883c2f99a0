//! Alerts: who wants to be told when a level runs low.

use inventory_core::machine;
use inventory_core::vocabulary::{ProductId, Quantity, StoreId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::mutation::mutation;

mutation! {
    /// When a level is low, and when it is so no longer. It may do without a key: the same again changes nothing.
    pub struct SetAlert {
        /// This much available, or less, is low.
        pub low: Quantity,
        /// This much available, or more, is no longer low; more than `low`.
        pub replenished: Quantity,
    }
}

/// What somebody wants to be told about a level, and what they were told last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// The store.
    pub store_id: StoreId,
    /// The product.
    pub product_id: ProductId,
    /// This much available, or less, is low.
    pub low: Quantity,
    /// This much available, or more, is no longer low.
    pub replenished: Quantity,
    /// Whether the last that was told is that it is low.
    pub is_low: bool,
}

impl Alert {
    /// An alert of a level.
    pub fn of(product: &ProductId, store: &StoreId, alert: machine::Alert) -> Self {
        Self {
            store_id: store.clone(),
            product_id: product.clone(),
            low: alert.thresholds.low(),
            replenished: alert.thresholds.replenished(),
            is_low: alert.is_low,
        }
    }
}

/// A page of alerts, in the order of products and stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AlertList {
    /// The alerts; perhaps fewer than were asked for though more follow.
    pub items: Vec<Alert>,
    /// Where the next page starts; empty at the end.
    pub next_cursor: String,
}
