//! Commands about alerts: who wants to be told when a level runs low.

use super::digest::digest_words;
use crate::vocabulary::{Fields, ProductId, Quantity, StoreId};

/// When a level is low, and when it is so no longer.
///
/// **Invariant**: `low < replenished`, so that a level that goes up and down by a unit does not raise an alert each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(
        rename_all = "camelCase",
        try_from = "crate::machine::facts::forms::ThresholdsForm"
    )
)]
pub struct Thresholds {
    low: Quantity,
    replenished: Quantity,
}

/// A level must be replenished with more than what is low.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("replenished must be more than low")]
pub struct InvalidThresholds;

impl Thresholds {
    /// Low from `low` available on down, no longer low from `replenished` on up.
    ///
    /// # Errors
    ///
    /// `replenished` is not more than `low`.
    pub fn new(low: Quantity, replenished: Quantity) -> Result<Self, InvalidThresholds> {
        match low < replenished {
            true => Ok(Self { low, replenished }),
            false => Err(InvalidThresholds),
        }
    }

    /// This much available, or less, is low.
    pub fn low(self) -> Quantity {
        self.low
    }

    /// This much available, or more, is no longer low.
    pub fn replenished(self) -> Quantity {
        self.replenished
    }
}

/// Asks to be told when a level runs low, and when it is replenished. Takes the place of what was asked before.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct SetAlert {
    /// The product.
    pub product: ProductId,
    /// The store. Nothing needs to be known of the level yet.
    pub store: StoreId,
    /// When.
    pub thresholds: Thresholds,
}

/// Asks no longer to be told about a level.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct RemoveAlert {
    /// The product.
    pub product: ProductId,
    /// The store.
    pub store: StoreId,
}

impl SetAlert {
    pub(super) fn fingerprint(&self, digest: &mut impl Fields) {
        digest_words(digest, 15, &[self.product.as_str(), self.store.as_str()]);
        digest.number(self.thresholds.low.units());
        digest.number(self.thresholds.replenished.units());
    }
}

impl RemoveAlert {
    pub(super) fn fingerprint(&self, digest: &mut impl Fields) {
        digest_words(digest, 16, &[self.product.as_str(), self.store.as_str()]);
    }
}
