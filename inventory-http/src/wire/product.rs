//! Products as they are read.

use std::collections::BTreeMap;

use inventory_core::engine::ProductState;
use inventory_core::machine::ProductView;
use inventory_core::vocabulary::{ProductId, Quantity, StoreId, Timestamp, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema;

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// The product.
    pub product_id: ProductId,
    /// Available over all stores; in a listing of one store, available there.
    pub available: Quantity,
    /// How often it was written.
    pub version: Version,
    /// When it was last written. Null only of the past: when the log no longer holds that event.
    #[serde(deserialize_with = "schema::present")]
    pub last_updated: Option<Timestamp>,
    /// There, and true, while the numbers wait for a count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quarantined: bool,
}

impl Product {
    /// A product with what is available of it over all stores.
    pub fn of(view: ProductView<'_>) -> Self {
        Self {
            product_id: view.id().clone(),
            available: view.total(),
            version: view.version(),
            last_updated: Some(view.updated_at()),
            quarantined: view.quarantined(),
        }
    }

    /// As [`Product::of`], of the past.
    pub fn of_past(past: &ProductState) -> Self {
        Self {
            product_id: past.id.clone(),
            available: past.total,
            version: past.version,
            last_updated: past.updated_at,
            quarantined: past.quarantined,
        }
    }
}

/// A product with what each store has of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GlobalProduct {
    /// The product.
    pub product_id: ProductId,
    /// Available over all stores.
    pub total_available: Quantity,
    /// Available at each store that ever had it.
    #[schemars(with = "BTreeMap<String, u64>")]
    pub per_store: BTreeMap<StoreId, Quantity>,
    /// There, and true, while the numbers wait for a count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quarantined: bool,
}

impl GlobalProduct {
    /// A product with its levels.
    pub fn of(view: ProductView<'_>) -> Self {
        let levels = view.levels();
        Self {
            product_id: view.id().clone(),
            total_available: view.total(),
            per_store: levels
                .map(|(store, level)| (store.clone(), level.available()))
                .collect(),
            quarantined: view.quarantined(),
        }
    }

    /// As [`GlobalProduct::of`], of the past.
    pub fn of_past(past: ProductState) -> Self {
        let levels = past.levels.into_iter();
        Self {
            product_id: past.id,
            total_available: past.total,
            per_store: levels
                .map(|(store, level)| (store, level.available()))
                .collect(),
            quarantined: past.quarantined,
        }
    }
}

/// A page of products, ordered by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// The products; with filters, perhaps fewer than were asked for though more follow.
    pub items: Vec<Product>,
    /// Where the next page starts; empty at the end.
    pub next_cursor: String,
}
