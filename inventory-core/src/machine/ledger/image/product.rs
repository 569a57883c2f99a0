//! A product of an image.

use super::invalid::InvalidImage;
use crate::machine::ledger::Product;
use crate::machine::{Level, StoreIx};
use crate::vocabulary::{ProductId, Quantity, Sequence, Timestamp, Version};

/// A product with its levels, and where in the log each was last counted, to be built into an image.
#[derive(Debug)]
pub struct ImageProduct(pub(super) Product);

impl ImageProduct {
    /// A product whose levels are at places among the stores of the image.
    ///
    /// # Errors
    ///
    /// It has two levels at one store, or, unless it is quarantined, a total that is not the sum of what is available.
    pub fn new(
        id: ProductId,
        version: Version,
        total: Quantity,
        updated_at: Timestamp,
        quarantined: bool,
        levels: impl IntoIterator<Item = (StoreIx, Level, Sequence)>,
    ) -> Result<Self, InvalidImage> {
        let mut product = Product::new(id);
        product.version = version;
        product.total = total;
        product.updated_at = updated_at;
        product.quarantined = quarantined;
        for (store, level, counted_at) in levels {
            if !product.assign(store, level, Some(counted_at)) {
                let product = product.id;
                return Err(InvalidImage::Level { product, store });
            }
        }
        match quarantined || product.sum_available() == Some(total) {
            true => Ok(Self(product)),
            false => Err(InvalidImage::WrongTotal {
                product: product.id,
            }),
        }
    }
}
