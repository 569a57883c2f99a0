//! A product as the ledger has it, or had it.

use std::collections::BTreeMap;

use super::{Settled, total_before};
use crate::machine::{Buried, Ledger, Level, ProductView};
use crate::ports::Touch;
use crate::vocabulary::{ProductId, Quantity, Sequence, StoreId, Timestamp, Version};

/// A product as the ledger has it right after a request, the last one or an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductState {
    /// The product.
    pub id: ProductId,
    /// How often it had been written.
    pub version: Version,
    /// Available over all stores.
    pub total: Quantity,
    /// When it had last been written; `None` when the log no longer holds the event, or the product was known by a buried
    /// event alone.
    pub updated_at: Option<Timestamp>,
    /// Whether its numbers were under suspicion. Then those of a level that no kept event up to the position has touched are
    /// what the next event of it has found, which need not follow from what was there.
    pub quarantined: bool,
    /// What each store had of it. A level that was empty, and was not written since the oldest position that is kept, may be
    /// missing.
    pub levels: BTreeMap<StoreId, Level>,
}

/// The levels of a product at a position.
#[derive(Debug, Default)]
pub(super) struct LevelsThen {
    pub(super) levels: BTreeMap<StoreId, Level>,
    /// The last event of the product at or before the position.
    pub(super) last: Option<Touch>,
    /// The first event after it of a level that no kept event at or before the position has touched.
    pub(super) first: Option<Touch>,
    /// Whether nothing that was purged can be missing.
    pub(super) is_whole: bool,
}

/// What the ledger says of a product, and how far it had followed the log then.
#[derive(Debug)]
pub(super) struct Present {
    pub(super) head: Sequence,
    pub(super) product: ProductState,
    /// Positions of the product that have no effect.
    pub(super) buried: BTreeMap<Sequence, Buried>,
}

impl Present {
    pub(super) fn of(ledger: &Ledger, view: ProductView<'_>) -> Self {
        let buried = ledger.buried_of(view.id());
        let buried = buried.map(|(sequence, buried)| (sequence, buried.clone()));
        let levels: BTreeMap<_, _> = view
            .levels()
            .map(|(store, level)| (store.clone(), level))
            .collect();
        Self {
            head: ledger.head().sequence,
            product: ProductState {
                id: view.id().clone(),
                version: view.version(),
                total: view.total(),
                updated_at: (!levels.is_empty()).then(|| view.updated_at()),
                quarantined: view.quarantined(),
                levels,
            },
            buried: buried.collect(),
        }
    }

    /// The levels that it has, which are all that it ever had.
    pub(super) fn level_ids(&self) -> impl Iterator<Item = (ProductId, StoreId)> {
        let stores = self.product.levels.keys();
        stores.map(|store| (self.product.id.clone(), store.clone()))
    }

    /// Whether something of the product was buried after `after`, up to `through`.
    pub(super) fn buried_between(&self, after: Sequence, through: Sequence) -> bool {
        after < through && self.buried.range(after.next()..=through).next().is_some()
    }

    /// Whether nothing has happened to the product since a position, as far as the ledger tells it.
    pub(super) fn is_as_it_was(&self, then: Settled) -> bool {
        // What comes after the position was recorded when the request after it was, or later.
        let updated_at = self.product.updated_at;
        let touched = then
            .next_recorded_at
            .is_some_and(|next| updated_at.is_none_or(|updated_at| updated_at >= next));
        then.at >= self.head || (!touched && !self.buried_between(then.at, self.head))
    }

    /// The product at a position, from what the log tells of its levels there; `None` when it had not been written by
    /// then, and a product of which what is kept does not tell.
    pub(super) fn then(
        &self,
        at: Sequence,
        levels: LevelsThen,
    ) -> Result<Option<ProductState>, Untold> {
        let LevelsThen {
            levels,
            last,
            first,
            is_whole,
        } = levels;
        let since = last.as_ref().map_or(Sequence::START, |last| last.sequence);
        let (version, total, updated_at) = match (last, first) {
            (Some(last), _) => {
                let after = last.movement.after;
                (after.version, after.total, Some(last.recorded_at))
            }
            (None, _) if is_whole => (Version::NEVER_WRITTEN, Quantity::ZERO, None),
            (None, Some(first)) => {
                if self.buried_between(at, first.sequence) {
                    return Err(Untold);
                }
                let number = first.movement.after.version.number().saturating_sub(1);
                let version = Version::new(number).expect("it is below a version");
                let total = total_before(&first.movement).ok_or(Untold)?;
                (version, total, None)
            }
            // Nothing but a buried event knows of it.
            (None, None) if self.product.levels.is_empty() => {
                (Version::NEVER_WRITTEN, Quantity::ZERO, None)
            }
            (None, None) => {
                let product = &self.product;
                (product.version, product.total, product.updated_at)
            }
        };
        let by_then = self.buried.range(..=at);
        let version = by_then
            .clone()
            .filter(|&(&sequence, _)| sequence > since)
            .filter_map(|(_, buried)| buried.version)
            .fold(version, Version::max);
        let known = by_then.clone().next().is_some();
        if version == Version::NEVER_WRITTEN && !known {
            return Ok(None);
        }
        let mut suspected_until = by_then.map(|(_, buried)| buried.suspected_until);
        // Since a loss before the oldest position that is kept.
        let since_ever = self.product.quarantined
            && (self.buried.values()).all(|buried| buried.suspected_until.is_some());
        Ok(Some(ProductState {
            id: self.product.id.clone(),
            version,
            total,
            updated_at,
            quarantined: since_ever
                || suspected_until.any(|until| until.is_none_or(|until| until > at)),
            levels,
        }))
    }
}

/// What is kept of the log does not tell.
pub(super) struct Untold;
