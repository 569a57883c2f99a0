//! Places of products and stores: each has one from the first event on that names it.

use super::product::Product;
use super::{Arena, IdIndex, Ledger, ProductIx, StoreIx};
use crate::machine::Movement;
use crate::vocabulary::{ProductId, Sequence, StoreId};

impl Ledger {
    #[inline]
    pub(in crate::machine) fn find_product(&self, id: &ProductId) -> Option<ProductIx> {
        find_product(&self.product_index, &self.products, id)
    }

    #[inline]
    pub(in crate::machine) fn find_store(&self, id: &StoreId) -> Option<StoreIx> {
        find_store(&self.store_index, &self.stores, id)
    }

    /// A product before its first event.
    pub(in crate::machine) fn unborn(&self, id: &ProductId) -> Product {
        let mut product = Product::new(id.clone());
        product.quarantined = self.unknown_before > Sequence::START;
        product
    }

    pub(in crate::machine) fn product_ix(&mut self, id: &ProductId) -> ProductIx {
        let known = self.find_product(id);
        known.unwrap_or_else(|| self.add_product(id))
    }

    pub(in crate::machine) fn positions(&mut self, movement: &Movement) -> (ProductIx, StoreIx) {
        let store = self.find_store(&movement.store);
        let store = store.unwrap_or_else(|| self.add_store(&movement.store));
        (self.product_ix(&movement.product), store)
    }

    pub(in crate::machine) fn add_product(&mut self, id: &ProductId) -> ProductIx {
        let product = self.unborn(id);
        self.quarantined += usize::from(product.quarantined);
        self.unheard += usize::from(!product.is_heard_of());
        let ix = ProductIx(self.products.push(product) as u32);
        self.product_index.insert(id.hash_bits(), ix);
        self.by_id.insert(&self.products, ix);
        ix
    }

    pub(in crate::machine) fn add_store(&mut self, id: &StoreId) -> StoreIx {
        let ix = StoreIx(self.stores.push(id.clone()) as u32);
        self.store_index.insert(id.hash_bits(), ix);
        ix
    }
}

#[inline]
pub(super) fn find_product(
    index: &IdIndex<ProductIx>,
    products: &Arena<Product>,
    id: &ProductId,
) -> Option<ProductIx> {
    index.find(id.hash_bits(), |ix| products.at(ix).id == *id)
}

#[inline]
pub(super) fn find_store(
    index: &IdIndex<StoreIx>,
    stores: &Arena<StoreId>,
    id: &StoreId,
) -> Option<StoreIx> {
    index.find(id.hash_bits(), |ix| stores.at(ix) == id)
}
