//! Products as the ledger had them, in the order of their ids.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::product::Present;
use super::{PastError, PastProduct};
use crate::engine::Reader;
use crate::machine::Ledger;
use crate::vocabulary::{ProductId, Sequence};

/// Some products as they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastPage {
    /// Those that had been written by then.
    pub products: Vec<PastProduct>,
    /// The last product that was looked at; the next page starts after it.
    pub last: Option<ProductId>,
    /// Whether there are none after it.
    pub ended: bool,
}

impl Reader {
    /// The next products whose id begins with a text, as the ledger had them right after a position: of at most `looked_max`
    /// that are known today, those that had been written by then.
    ///
    /// Each may cost a search of the log, except those that were last written before the position.
    ///
    /// # Errors
    ///
    /// As [`Reader::product_as_of`].
    pub fn products_as_of(
        &self,
        start: Bound<&str>,
        prefix: &str,
        at: Sequence,
        looked_max: usize,
    ) -> Result<PastPage, PastError> {
        let (head, mut presents) = self.read(|ledger| {
            let buried = buried_by_product(ledger);
            let views = ledger.products_from(start);
            let views = views.take_while(|view| view.id().as_str().starts_with(prefix));
            let presents = views.take(looked_max.saturating_add(1)).map(|view| {
                let buried = buried.get(view.id()).cloned();
                Present::of(ledger, view, buried.unwrap_or_default())
            });
            (ledger.head().sequence, presents.collect::<Vec<_>>())
        });
        if at > head {
            return Err(PastError::AheadOfHead { head });
        }
        self.check_kept(at)?;
        let ended = presents.len() <= looked_max;
        presents.truncate(looked_max);
        let last = presents.last().map(|present| present.product.id.clone());
        // Whatever happened after the position was recorded then, or later.
        let next = self.search(|log| log.read(at, 1))?;
        let next = next.first().map(|entry| entry.recorded_at);
        let mut products = Vec::with_capacity(presents.len());
        for present in presents {
            let updated_at = present.product.updated_at;
            let untouched = next.is_none_or(|next| updated_at.is_some_and(|at| at < next));
            match untouched && present.buried.is_empty() {
                true => products.push(present.product),
                false => products.extend(self.past(present, at)?),
            }
        }
        Ok(PastPage {
            products,
            last,
            ended,
        })
    }
}

fn buried_by_product(ledger: &Ledger) -> BTreeMap<&ProductId, BTreeSet<Sequence>> {
    let mut by_product: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (&sequence, buried) in ledger.buried() {
        if let Some(product) = &buried.product {
            by_product.entry(product).or_default().insert(sequence);
        }
    }
    by_product
}
