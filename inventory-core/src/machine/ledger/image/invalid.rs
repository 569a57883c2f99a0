//! Why parts do not make an image.

use crate::machine::StoreIx;
use crate::vocabulary::{ProductId, Sequence, StoreId};

/// Why parts do not make an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidImage {
    /// A store, a product, a level's alert, a reservation or a transfer stands twice.
    #[error("{id:?} stands twice")]
    Twice {
        /// The id.
        id: String,
    },
    /// A level has an alert, and the image does not list its product or its store.
    #[error("there is an alert of product {product} at {store}, one of which is not listed")]
    UnknownLevel {
        /// The product.
        product: ProductId,
        /// The store.
        store: StoreId,
    },
    /// A product has two levels at one store, or one at a store that the image does not list.
    #[error("product {product} has a level at store number {}, which is not listed or has one already", store.0)]
    Level {
        /// The product.
        product: ProductId,
        /// The store.
        store: StoreIx,
    },
    /// The total of a product that is not quarantined is not the sum of its levels.
    #[error("the total of product {product} is not the sum of its levels")]
    WrongTotal {
        /// The product.
        product: ProductId,
    },
    /// A product that has lapsed after the image was taken, or is not listed.
    #[error("holds of product {product} are said to have lapsed, which cannot be")]
    Lapsed {
        /// The product.
        product: ProductId,
    },
    /// The image has positions or times beyond its own head, or a window out of order.
    #[error("position {sequence} is out of place")]
    OutOfPlace {
        /// The position.
        sequence: Sequence,
    },
}
