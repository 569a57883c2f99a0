//! What a request with several lines has done to each of their levels.

use inventory_core::machine::{Entry, Event, Kind, Movement};
use inventory_core::vocabulary::{ProductId, Quantity, StoreId, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema;

/// Most lines of one call whose answer has a line for each of them.
pub const LINES_MAX: usize = 1_000;

/// A level after a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LevelAfter {
    /// The product.
    #[schemars(schema_with = "schema::id")]
    pub product_id: ProductId,
    /// The store.
    #[schemars(schema_with = "schema::id")]
    pub store_id: StoreId,
    /// Available over all stores.
    #[schemars(schema_with = "schema::quantity")]
    pub new_quantity: Quantity,
    /// The product's version.
    #[schemars(schema_with = "schema::quantity")]
    pub new_version: Version,
    /// Available at the store.
    #[schemars(schema_with = "schema::quantity")]
    pub store_quantity: Quantity,
}

impl LevelAfter {
    /// The level of a movement, as it left it.
    pub fn of(movement: &Movement) -> Self {
        let after = &movement.after;
        Self {
            product_id: movement.product.clone(),
            store_id: movement.store.clone(),
            new_quantity: after.total,
            new_version: after.version,
            store_quantity: after.level.available(),
        }
    }
}

/// What the lines of a request have done, in their order; `None` when the event of one was buried since. What somebody
/// wanted to be told about a level stands between the lines, and is no line.
pub(super) fn movements(entry: &Entry) -> Option<Vec<&Movement>> {
    let movements = entry.events.iter().map(Event::movement);
    let is_line = |movement: &Option<&Movement>| {
        let kind = movement.map(|movement| &movement.kind);
        !matches!(kind, Some(Kind::Low { .. } | Kind::Replenished { .. }))
    };
    movements.filter(is_line).collect()
}
