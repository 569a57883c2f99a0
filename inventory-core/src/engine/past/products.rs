//! Products as the ledger had them.

use super::PastError;
use super::product::{Present, ProductState, Untold};
use crate::engine::Reader;
use crate::vocabulary::{ProductId, Sequence};

impl Reader {
    /// A product as it is now; `None` when nothing was ever heard of it.
    pub fn product(&self, product: &ProductId) -> Option<ProductState> {
        self.present(product).map(|present| present.product)
    }

    fn present(&self, product: &ProductId) -> Option<Present> {
        self.read(|ledger| {
            let view = ledger.product(product)?;
            Some(Present::of(ledger, view))
        })
    }

    /// A product as the ledger had it right after the last request that was whole at a position: `None` when it had not
    /// been written by then.
    ///
    /// # Errors
    ///
    /// See [`PastError`]; today's numbers are never given for those of a past that is gone.
    pub fn product_as_of(
        &self,
        product: &ProductId,
        at: Sequence,
    ) -> Result<Option<ProductState>, PastError> {
        let present = self.present(product);
        let pasts = self.pasts(present.into_iter().collect(), at)?;
        Ok(pasts.into_iter().next())
    }

    /// What products were at a position: of those that had been written by then, in the order of their ids.
    pub(super) fn pasts(
        &self,
        presents: Vec<Present>,
        at: Sequence,
    ) -> Result<Vec<ProductState>, PastError> {
        let then = self.settled(at)?;
        let (same, changed): (Vec<_>, Vec<_>) = presents
            .into_iter()
            .partition(|present| present.is_as_it_was(then));
        let levels = self.levels_then(&changed, then.at)?;
        let mut pasts: Vec<_> = same.into_iter().map(|present| present.product).collect();
        for (present, levels) in changed.iter().zip(levels) {
            let past = present.then(then.at, levels);
            pasts.extend(past.map_err(|Untold| self.unknown())?);
        }
        pasts.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        Ok(pasts)
    }
}
