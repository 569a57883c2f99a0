//! Products as the ledger had them, in the order of their ids.

use std::ops::Bound;

use super::product::Present;
use super::{PastError, ProductState};
use crate::engine::Reader;
use crate::vocabulary::{ProductId, Sequence};

/// Products that are copied under one hold of the ledger.
const STEP_MAX: usize = 100;

/// Some products as they were.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PastPage {
    /// Those that had been written by then.
    pub products: Vec<ProductState>,
    /// The last product that was looked at; the next page starts after it.
    pub last: Option<ProductId>,
    /// Whether there are none after it.
    pub ended: bool,
}

impl Reader {
    /// The next products whose id begins with a text, as the ledger had them right after the last request that was whole at
    /// a position: of at most `looked_max` that are known today, those that had been written by then.
    ///
    /// The log is searched once for all of them.
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
        let mut presents: Vec<Present> = Vec::new();
        let mut ended = false;
        while !ended && presents.len() <= looked_max {
            // One more than is looked at tells whether there are more.
            let step = (looked_max - presents.len())
                .saturating_add(1)
                .min(STEP_MAX);
            let after = presents.last().map(|present| present.product.id.clone());
            let start = after
                .as_ref()
                .map_or(start, |id| Bound::Excluded(id.as_str()));
            let before = presents.len();
            self.read(|ledger| {
                let views = ledger.products_from(start);
                let views = views.take_while(|view| view.id().as_str().starts_with(prefix));
                presents.extend(views.take(step).map(|view| Present::of(ledger, view)));
            });
            ended = presents.len() < before + step;
        }
        presents.truncate(looked_max);
        Ok(PastPage {
            last: presents.last().map(|present| present.product.id.clone()),
            products: self.pasts(presents, at)?,
            ended,
        })
    }
}
