//! Commands about transfers: units on the way from one store to another.

use std::cmp::Ordering;

use super::digest::digest_words;
use crate::machine::{Distinct, Lines, Settlement};
use crate::vocabulary::{Fields, ProductId, StoreId, TransferId, Units};

/// Sends units of one product to another store: a line of a transfer. The lines of a transfer are lines of one request, and
/// have one source and one destination.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct Ship {
    /// The transfer, which must be a new one.
    pub transfer: TransferId,
    /// The store that they leave.
    pub source: StoreId,
    /// The store that they go to.
    pub destination: StoreId,
    /// The product.
    pub product: ProductId,
    /// How much.
    pub quantity: Units,
}

/// Takes in what has arrived of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct Receive {
    /// The transfer.
    pub transfer: TransferId,
    /// What has arrived; `None` is everything that is still on the way.
    pub lines: Option<Lines<ReceiveLine>>,
}

/// How much of a product has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct ReceiveLine {
    /// The product.
    pub product: ProductId,
    /// How much; no more than is on the way.
    pub quantity: Units,
}

impl Distinct for ReceiveLine {
    fn order(&self, other: &Self) -> Ordering {
        self.product.cmp(&other.product)
    }
}

/// Settles what of a transfer has not arrived, and ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct Close {
    /// The transfer.
    pub transfer: TransferId,
    /// What has become of it.
    pub settlement: Settlement,
}

impl Ship {
    pub(super) fn fingerprint(&self, digest: &mut impl Fields) {
        let words = [
            self.transfer.as_str(),
            self.source.as_str(),
            self.destination.as_str(),
            self.product.as_str(),
        ];
        digest_words(digest, 12, &words);
        digest.number(self.quantity.quantity().units());
    }
}

impl Receive {
    pub(super) fn fingerprint(&self, digest: &mut impl Fields) {
        let words = [self.transfer.as_str()];
        let Some(lines) = &self.lines else {
            digest_words(digest, 13, &words);
            return;
        };
        digest_words(digest, 18, &words);
        digest.number(lines.len() as u64);
        for line in lines {
            digest.bytes(line.product.as_str().as_bytes());
            digest.number(line.quantity.quantity().units());
        }
    }
}

impl Close {
    pub(super) fn fingerprint(&self, digest: &mut impl Fields) {
        let words = [self.transfer.as_str(), self.settlement.name()];
        digest_words(digest, 14, &words);
    }
}
