//! What a count that began some time ago is compared with.

use super::PastError;
use crate::engine::Reader;
use crate::machine::{Basis, Then};
use crate::vocabulary::{ProductId, Quantity, Sequence, StoreId};

/// Why a count cannot be compared with what was there when it began.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BasisError {
    /// The numbers of the product were under suspicion: a difference from them says nothing. A count of what is there now
    /// does.
    #[error("the product was quarantined at position {at}: its numbers say nothing")]
    Quarantined {
        /// The position that was asked for.
        at: Sequence,
    },
    /// Nothing can be said of that past.
    #[error("the past does not tell what was there")]
    Past(#[from] PastError),
}

impl Reader {
    /// What a count is compared with that began at a position of the log: what the ledger had at the level after the last
    /// whole request at or before it. A level that had never been written was empty.
    ///
    /// It is looked up before the count is decided, since the past does not change. Whether somebody has said since how much
    /// is there is decided with the count.
    ///
    /// # Errors
    ///
    /// See [`BasisError`]; nothing is known that a count could be compared with.
    pub fn basis_as_of(
        &self,
        product: &ProductId,
        store: &StoreId,
        offset: Sequence,
    ) -> Result<Basis, BasisError> {
        let whole = self.settled(offset)?.at;
        let past = self.product_as_of(product, whole)?;
        let on_hand = match past {
            Some(past) if past.quarantined => return Err(BasisError::Quarantined { at: offset }),
            Some(past) => past.levels.get(store).map(|level| level.on_hand()),
            None => None,
        };
        let then = Then::new(offset, whole, on_hand.unwrap_or_default());
        Ok(Basis::Then(then))
    }

    /// What a count is compared with whose key is known: its first answer is given again, whatever was there then, also when
    /// the log no longer tells. Should the key be forgotten before that, the count is refused.
    pub fn basis_of_replay(&self, offset: Sequence) -> Basis {
        // Nobody has found that much less.
        Basis::Then(Then::new(offset, offset, Quantity::MAX))
    }
}
