//! Places of products and stores: each has one from the first event on that names it.

use super::product::Product;
use super::{Ledger, ProductIx, StoreIx};
use crate::machine::Movement;
use crate::vocabulary::{ProductId, Sequence, StoreId};

impl Ledger {
    /// A product before its first event.
    pub(in crate::machine) fn unborn(&self, id: &ProductId) -> Product {
        let mut product = Product::new(id.clone());
        product.quarantined = self.unknown_before > Sequence::START;
        product
    }

    pub(in crate::machine) fn product_ix(&mut self, id: &ProductId) -> ProductIx {
        let known = self.product_index.get(id).copied();
        known.unwrap_or_else(|| self.add_product(id))
    }

    pub(in crate::machine) fn positions(&mut self, movement: &Movement) -> (ProductIx, StoreIx) {
        let store = self.store_index.get(&movement.store).copied();
        let store = store.unwrap_or_else(|| self.add_store(&movement.store));
        (self.product_ix(&movement.product), store)
    }

    pub(in crate::machine) fn add_product(&mut self, id: &ProductId) -> ProductIx {
        let product = self.unborn(id);
        self.quarantined += usize::from(product.quarantined);
        self.unheard += usize::from(!product.is_heard_of());
        let ix = ProductIx(self.products.push(product) as u32);
        self.product_index.insert(id.clone(), ix);
        self.by_id.insert(id.clone(), ix);
        ix
    }

    pub(in crate::machine) fn add_store(&mut self, id: &StoreId) -> StoreIx {
        let ix = StoreIx(self.stores.push(id.clone()) as u32);
        self.store_index.insert(id.clone(), ix);
        ix
    }
}
