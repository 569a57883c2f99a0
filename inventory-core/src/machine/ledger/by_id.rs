//! Products in the order of their ids, for listings.

use std::cmp::Ordering;
use std::ops::Bound;

use super::{Arena, Product, ProductIx};

/// Places of one block: a new product moves some of them, and a block is halved when it is full.
const BLOCK: usize = 512;

/// Where each product is in the ledger, in the order of the bytes of its id.
///
/// **Invariant**: no block is empty, and none has more than [`BLOCK`] places.
#[derive(Debug, Default)]
pub(in crate::machine) struct ById {
    blocks: Vec<Vec<ProductIx>>,
}

impl ById {
    /// The places of all products. It costs least where these are in that order already.
    pub(in crate::machine) fn of(products: &Arena<Product>) -> Self {
        let mut all: Vec<_> = (0..).map(ProductIx).take(products.len()).collect();
        all.sort_by(|a, b| text(products, *a).cmp(text(products, *b)));
        Self {
            blocks: all.chunks(BLOCK).map(<[ProductIx]>::to_vec).collect(),
        }
    }

    /// Adds a product that is not there yet.
    pub(in crate::machine) fn insert(&mut self, products: &Arena<Product>, ix: ProductIx) {
        let id = text(products, ix);
        let (block, at) = self.search(|other| text(products, other).cmp(id));
        let is_last = block + 1 == self.blocks.len() && at == BLOCK;
        let Some(known) = self.blocks.get_mut(block) else {
            self.blocks.push(vec![ix]);
            return;
        };
        if known.len() < BLOCK {
            known.insert(at, ix);
            return;
        }
        // Ids often come in their order: then the block stays full.
        let mut upper = known.split_off(if is_last { BLOCK } else { BLOCK / 2 });
        match at.checked_sub(known.len()) {
            Some(at) if is_last || at > 0 => upper.insert(at, ix),
            Some(_) | None => known.insert(at, ix),
        }
        known.shrink_to_fit();
        self.blocks.insert(block + 1, upper);
    }

    pub(in crate::machine) fn from(
        &self,
        products: &Arena<Product>,
        start: Bound<&str>,
    ) -> impl Iterator<Item = ProductIx> {
        let (block, at) = self.search(|ix| {
            let is_before = match start {
                Bound::Unbounded => false,
                Bound::Included(start) => text(products, ix) < start,
                Bound::Excluded(start) => text(products, ix) <= start,
            };
            match is_before {
                true => Ordering::Less,
                false => Ordering::Greater,
            }
        });
        let first = self.blocks.get(block).map_or(&[][..], |block| &block[at..]);
        let others = self.blocks.iter().skip(block + 1).flatten();
        first.iter().chain(others).copied()
    }

    /// The block of the first place that is not `Less`, and its position there: the end of the last block when there is none.
    fn search(&self, order: impl Fn(ProductIx) -> Ordering) -> (usize, usize) {
        let is_less = |ix: &ProductIx| order(*ix) == Ordering::Less;
        let blocks = &self.blocks;
        let after = blocks.partition_point(|block| block.first().is_some_and(is_less));
        let block = after.saturating_sub(1);
        let at = blocks
            .get(block)
            .map_or(0, |block| block.partition_point(is_less));
        (block, at)
    }
}

fn text(products: &Arena<Product>, ix: ProductIx) -> &str {
    products.at(ix).id.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name for each number, in an order of its own.
    fn names(count: usize, step: usize) -> impl Iterator<Item = String> {
        (0..count).map(move |at| format!("p{:05}", at * step % 50_021))
    }

    fn listed(by_id: &ById, products: &Arena<Product>, start: Bound<&str>) -> Vec<String> {
        let all = by_id.from(products, start);
        all.map(|ix| text(products, ix).to_owned()).collect()
    }

    #[test]
    fn products_are_listed_in_the_order_of_their_ids_whatever_order_they_came_in() {
        // Forwards, backwards, and scattered.
        for step in [1, 50_020, 7_919] {
            let (mut products, mut by_id) = (Arena::default(), ById::default());
            for name in names(3_000, step) {
                let ix = ProductIx(products.push(Product::new(name.parse().unwrap())) as u32);
                by_id.insert(&products, ix);
            }
            let mut expected: Vec<_> = names(3_000, step).collect();
            expected.sort();
            for by_id in [&by_id, &ById::of(&products)] {
                assert!(
                    by_id
                        .blocks
                        .iter()
                        .all(|block| (1..=BLOCK).contains(&block.len()))
                );
                assert_eq!(listed(by_id, &products, Bound::Unbounded), expected);
                for start in ["", "p", "p00000", "p00511", "p00512x", "p29999", "q"] {
                    let from = |bound: Bound<&str>| listed(by_id, &products, bound);
                    let at = expected.partition_point(|name| name.as_str() < start);
                    assert_eq!(from(Bound::Included(start)), expected[at..], "{start}");
                    let after = expected.partition_point(|name| name.as_str() <= start);
                    assert_eq!(from(Bound::Excluded(start)), expected[after..], "{start}");
                }
            }
        }
    }

    #[test]
    fn ids_that_come_in_their_order_fill_their_blocks() {
        let (mut products, mut by_id) = (Arena::default(), ById::default());
        for name in names(10 * BLOCK, 1) {
            let ix = ProductIx(products.push(Product::new(name.parse().unwrap())) as u32);
            by_id.insert(&products, ix);
        }
        assert_eq!(by_id.blocks.len(), 10);
    }
}
