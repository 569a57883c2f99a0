//! Commands about reservations: units that are promised to somebody for a while.

use std::cmp::Ordering;

use super::digest::digest_words;
use crate::machine::{Distinct, Lines};
use crate::vocabulary::{Fields, ProductId, ReservationId, StoreId, Ttl, Units};

/// Sets units of one level aside: a line of a reservation. The lines of a reservation are lines of one request, and have
/// one time to live.
///
/// ```
/// use inventory_core::engine::{Engine, Opened, Settings};
/// use inventory_core::machine::{Adjust, Commit, Hold, Request};
/// use inventory_core::memory::MemoryStorage;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let Opened { mut engine, .. } = Engine::open(MemoryStorage::new().ports(), Settings::default())?;
/// let hold = Hold::new("cart-7", "tea", "north", 1, 600)?;
/// let commit = Commit::all("cart-7")?;
/// let answers = engine.submit(&[
///     Request::unkeyed(vec![Adjust::new("tea", "north", 1)?.into()])?,
///     Request::new("cart-7".parse()?, vec![hold.into()])?,
///     Request::unkeyed(vec![Adjust::new("tea", "north", -1)?.into()])?,
///     Request::new("payment-7".parse()?, vec![commit.into()])?,
/// ])?;
/// assert!(answers[2].is_err(), "it is promised to somebody");
/// assert!(answers[3].is_ok());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct Hold {
    /// The reservation, which must be a new one.
    pub reservation: ReservationId,
    /// The product.
    pub product: ProductId,
    /// The store.
    pub store: StoreId,
    /// How much.
    pub quantity: Units,
    /// For how long, from now on.
    pub ttl: Ttl,
}

/// Takes what an open reservation holds out of the stock, and ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct Commit {
    /// The reservation.
    pub reservation: ReservationId,
    /// What is taken; the rest is set free. `None` takes everything.
    pub lines: Option<Lines<CommitLine>>,
}

/// How much is taken of one line of a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct CommitLine {
    /// The product.
    pub product: ProductId,
    /// The store.
    pub store: StoreId,
    /// How much; no more than the reservation holds there.
    pub quantity: Units,
}

impl CommitLine {
    /// Whether it is of a level, or comes before or after it.
    pub(in crate::machine) fn of(&self, product: &ProductId, store: &StoreId) -> Ordering {
        let by_product = self.product.cmp(product);
        by_product.then_with(|| self.store.cmp(store))
    }
}

impl Distinct for CommitLine {
    fn order(&self, other: &Self) -> Ordering {
        self.of(&other.product, &other.store)
    }
}

/// Sets free what an open reservation holds, and ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct Release {
    /// The reservation.
    pub reservation: ReservationId,
}

/// Moves the deadline of an open reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct Extend {
    /// The reservation.
    pub reservation: ReservationId,
    /// How long it is to last from now on. It lives no longer than [`Ttl::MAX`] in all.
    pub ttl: Ttl,
}

impl Hold {
    pub(super) fn fingerprint(&self, digest: &mut impl Fields) {
        let words = [
            self.reservation.as_str(),
            self.product.as_str(),
            self.store.as_str(),
        ];
        digest_words(digest, 8, &words);
        digest.number(self.quantity.quantity().units());
        digest.number(self.ttl.seconds());
    }
}

impl Commit {
    pub(super) fn fingerprint(&self, digest: &mut impl Fields) {
        let words = [self.reservation.as_str()];
        let Some(lines) = &self.lines else {
            digest_words(digest, 9, &words);
            return;
        };
        digest_words(digest, 17, &words);
        digest.number(lines.len() as u64);
        for line in lines {
            digest.bytes(line.product.as_str().as_bytes());
            digest.bytes(line.store.as_str().as_bytes());
            digest.number(line.quantity.quantity().units());
        }
    }
}

impl Release {
    pub(super) fn fingerprint(&self, digest: &mut impl Fields) {
        digest_words(digest, 10, &[self.reservation.as_str()]);
    }
}

impl Extend {
    pub(super) fn fingerprint(&self, digest: &mut impl Fields) {
        digest_words(digest, 11, &[self.reservation.as_str()]);
        digest.number(self.ttl.seconds());
    }
}
