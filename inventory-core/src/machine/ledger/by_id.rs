//! Products in the order of their ids, for listings.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::ops::Bound;

use super::ProductIx;
use crate::vocabulary::ProductId;

/// An id that is found by its text.
///
/// Apart from [`ProductId`], which hashes otherwise than its text and so must not be borrowed as one.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Text(ProductId);

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self.0.as_str()
    }
}

/// Where each product is in the ledger, ordered by the bytes of its id.
#[derive(Debug, Default)]
pub(in crate::machine) struct ById(BTreeMap<Text, ProductIx>);

impl ById {
    pub(in crate::machine) fn insert(&mut self, id: ProductId, ix: ProductIx) {
        self.0.insert(Text(id), ix);
    }

    pub(in crate::machine) fn from(&self, start: Bound<&str>) -> impl Iterator<Item = ProductIx> {
        let bounds = (start, Bound::Unbounded);
        self.0.range::<str, _>(bounds).map(|(_, &ix)| ix)
    }
}

impl FromIterator<(ProductId, ProductIx)> for ById {
    fn from_iter<I: IntoIterator<Item = (ProductId, ProductIx)>>(products: I) -> Self {
        let texts = products.into_iter().map(|(id, ix)| (Text(id), ix));
        Self(texts.collect())
    }
}
