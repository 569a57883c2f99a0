//! What the store shows of products.

use inventory_core::machine::{Level, ProductView};
use inventory_core::vocabulary::{ProductId, Quantity, StoreId, Timestamp, Version};

/// A product, as central had it at this version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The product.
    pub product: ProductId,
    /// Available over all stores.
    pub available: Quantity,
    /// Available at the store that was asked for; zero when it never had the product.
    pub store_quantity: Quantity,
    /// The product's version.
    pub version: Version,
    /// When the product was last written.
    pub last_updated: Timestamp,
    /// Whether the numbers wait for a count.
    pub quarantined: bool,
}

impl Shown {
    pub(super) fn of(view: ProductView<'_>, store: &StoreId) -> Self {
        Self {
            product: view.id().clone(),
            available: view.total(),
            store_quantity: view.level(store).map_or(Quantity::ZERO, Level::available),
            version: view.version(),
            last_updated: view.updated_at(),
            quarantined: view.quarantined(),
        }
    }
}
