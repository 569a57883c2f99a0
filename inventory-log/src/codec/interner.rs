//! Interning of ids: a product that is in a million lines is kept in memory once.

use rapidhash::RapidHashMap;

use inventory_core::vocabulary::{ProductId, StoreId};

/// Ids kept at most. Beyond it the list starts again: it saves memory, and must not cost more than it saves,
/// which is some ten megabytes.
const IDS_MAX: usize = 1 << 16;

/// Gives equal ids one allocation.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    products: RapidHashMap<Box<str>, ProductId>,
    stores: RapidHashMap<Box<str>, StoreId>,
}

impl Interner {
    /// The id with this text; `None` when the text is none.
    pub(crate) fn product(&mut self, text: &str) -> Option<ProductId> {
        intern(&mut self.products, text, |text| ProductId::new(text).ok())
    }

    /// As [`Interner::product`].
    pub(crate) fn store(&mut self, text: &str) -> Option<StoreId> {
        intern(&mut self.stores, text, |text| StoreId::new(text).ok())
    }
}

fn intern<Id: Clone>(
    known: &mut RapidHashMap<Box<str>, Id>,
    text: &str,
    parse: impl FnOnce(&str) -> Option<Id>,
) -> Option<Id> {
    if let Some(id) = known.get(text) {
        return Some(id.clone());
    }
    let id = parse(text)?;
    if known.len() == IDS_MAX {
        known.clear();
    }
    known.insert(text.into(), id.clone());
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_keeps_more_than_so_many() {
        let mut ids = Interner::default();
        for number in 0..3 * IDS_MAX {
            let text = number.to_string();
            let id = ids.product(&text).unwrap();
            assert_eq!(id.as_str(), text);
            assert!(ids.products.len() <= IDS_MAX);
        }
    }
}
