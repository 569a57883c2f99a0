//! Commands that change what is there.

use super::digest::digest_words;
use crate::vocabulary::{Adjustment, Fields, ProductId, Quantity, Sequence, StoreId, Version};

/// What a command demands of the product's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub enum Guard {
    /// Compare-and-swap: the product must be at this version.
    At(Version),
    /// Any version will do; floor and ceiling still hold. For hot products and for sales that have already happened.
    Unguarded,
}

/// Adds to the stock of a product at a store, or takes from it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct Adjust {
    /// The product.
    pub product: ProductId,
    /// The store whose stock changes.
    pub store: StoreId,
    /// The change of on-hand.
    pub delta: Adjustment,
    /// What the product's version must be.
    pub guard: Guard,
}

/// Sets the stock of a product at a store to what somebody counted there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct Count {
    /// The product.
    pub product: ProductId,
    /// The store that was counted.
    pub store: StoreId,
    /// Units found, reserved ones included.
    pub counted: Quantity,
    /// What the count is compared with.
    pub basis: Basis,
    /// What to do when fewer units were found than are reserved: release the youngest reservations of the level, each as a
    /// whole, or refuse.
    pub release_holds: bool,
}

/// What a count is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub enum Basis {
    /// What is there now: the stock is set to what was counted.
    Now(Guard),
    /// What was there when the count began: the stock is changed by what was found more or less than that, so that
    /// sales during the count survive. [`Reader::basis_as_of`](crate::engine::Reader::basis_as_of) looks it up. Since what it
    /// says is believed, it has no serde form: look it up where the count is submitted.
    #[cfg_attr(feature = "serde", serde(skip))]
    Then(Then),
}

/// What was there when a count began. The past does not change, so it is looked up before the count is decided; nobody but
/// the engine makes one, since the number is believed.
///
/// **Invariant**: `whole <= offset`, and no request has positions on both sides of `whole`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Then {
    offset: Sequence,
    whole: Sequence,
    on_hand: Quantity,
}

impl Then {
    /// `whole` is the end of the last request at or before `offset`, `on_hand` what was there after it.
    pub(crate) fn new(offset: Sequence, whole: Sequence, on_hand: Quantity) -> Self {
        Self {
            offset,
            whole,
            on_hand,
        }
    }

    /// The position of the log that the count names.
    pub fn offset(self) -> Sequence {
        self.offset
    }

    /// The end of the last request at or before that position: an absolute statement after it has not seen what the count
    /// is compared with.
    pub fn whole(self) -> Sequence {
        self.whole
    }

    /// On hand at the level after that request.
    pub fn on_hand(self) -> Quantity {
        self.on_hand
    }
}

/// Sets the stock of a product at a store, where the rule lets it: a row of a synchronisation. A row that the rule does not
/// let is skipped, and the others of its request are applied all the same.
///
/// A row is skipped too when it says what is there already, or less than is reserved. One that is skipped is no statement of
/// what is there: a count that has begun before it still counts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct SyncLevel {
    /// The product.
    pub product: ProductId,
    /// The store.
    pub store: StoreId,
    /// What is there, reserved units included.
    pub on_hand: Quantity,
    /// When it counts.
    pub rule: SyncRule,
}

/// When a row of a synchronisation counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub enum SyncRule {
    /// When the product was never written, or is at this version.
    Merge(Version),
    /// Always: somebody has looked.
    Overwrite,
}

impl Adjust {
    pub(super) fn fingerprint(&self, digest: &mut impl Fields) {
        digest_words(digest, 1, &[self.product.as_str(), self.store.as_str()]);
        digest.number(self.delta.delta().units() as u64);
    }
}

impl Count {
    /// What was there then is no part of what is meant: it follows from the offset.
    pub(super) fn fingerprint(&self, digest: &mut impl Fields) {
        let operation = match (self.basis, self.release_holds) {
            (Basis::Now(_), false) => 2,
            (Basis::Now(_), true) => 5,
            (Basis::Then(_), false) => 6,
            (Basis::Then(_), true) => 7,
        };
        digest_words(
            digest,
            operation,
            &[self.product.as_str(), self.store.as_str()],
        );
        digest.number(self.counted.units());
        if let Basis::Then(then) = self.basis {
            digest.number(then.offset.number());
        }
    }
}

impl SyncLevel {
    pub(super) fn fingerprint(&self, digest: &mut impl Fields) {
        let operation = match self.rule {
            SyncRule::Merge(_) => 3,
            SyncRule::Overwrite => 4,
        };
        digest_words(
            digest,
            operation,
            &[self.product.as_str(), self.store.as_str()],
        );
        digest.number(self.on_hand.units());
    }
}
