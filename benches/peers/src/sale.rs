//! A sale: one unit of a product is taken, if one is there, under a key of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Products that have stock for longer than any run, numbered from 0.
pub(crate) const PRODUCTS: u64 = 10_000;
pub(crate) const STOCK: u64 = 1_000_000_000;

/// The product after them, which has a single unit.
pub(crate) const LAST_UNIT: u64 = PRODUCTS;

/// One of each, by which both are known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sale {
    pub(crate) key: u64,
    pub(crate) product: u64,
}

impl Sale {
    pub(crate) fn key(self) -> String {
        format!("basket-{:012}", self.key)
    }

    pub(crate) fn product(self) -> String {
        product_name(self.product)
    }
}

pub(crate) fn product_name(number: u64) -> String {
    format!("product-{number:07}")
}

/// Every product, with the units that it begins with.
pub(crate) fn stock() -> impl Iterator<Item = (String, u64)> {
    let units = |product| if product == LAST_UNIT { 1 } else { STOCK };
    (0..=LAST_UNIT).map(move |product| (product_name(product), units(product)))
}

/// What became of a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Taken,
    /// The key had been used before, and nothing was changed.
    Repeated,
    /// Too few were left.
    Refused,
}

impl Outcome {
    /// From the position of an event, as the peers' statements say it.
    pub(crate) fn from_position(position: i64) -> Self {
        match position {
            0 => Self::Refused,
            ..0 => Self::Repeated,
            1.. => Self::Taken,
        }
    }
}

/// Sales that callers share: no key is used twice.
#[derive(Debug, Clone)]
pub(crate) struct Sales {
    products: u64,
    next_key: Arc<AtomicU64>,
}

impl Sales {
    /// Of so many products, each as likely as any other.
    pub(crate) fn of(products: u64) -> Self {
        Self {
            products,
            next_key: Arc::default(),
        }
    }

    /// The next sales of a caller.
    pub(crate) fn next(&self, count: usize) -> Vec<Sale> {
        let first = self.next_key.fetch_add(count as u64, Ordering::Relaxed);
        (first..).take(count).map(|key| self.sale(key)).collect()
    }

    /// How many there were.
    pub(crate) fn made(&self) -> u64 {
        self.next_key.load(Ordering::Relaxed)
    }

    /// The last ones.
    pub(crate) fn last(&self, count: u64) -> Vec<Sale> {
        let made = self.made();
        (made - count..made).map(|key| self.sale(key)).collect()
    }

    /// A product that no prefetcher can guess, and that the key alone decides.
    fn sale(&self, key: u64) -> Sale {
        let mut mixed = key.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^= mixed >> 27;
        let product = mixed % self.products;
        Sale { key, product }
    }
}
