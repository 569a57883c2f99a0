//! Answers to the store's own writes that the log has not brought yet.

use std::collections::BTreeMap;
use std::ops::Bound;

use inventory_core::machine::{Ledger, ProductView};
use inventory_core::vocabulary::{ProductId, Quantity, StoreId, Timestamp, Version};
use inventory_http::wire::LevelAfter;

use super::Shown;

/// What central has answered about a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    version: Version,
    total: Quantity,
    store: StoreId,
    store_quantity: Quantity,
    at: Timestamp,
    /// Whether a page has been followed since.
    page_since: bool,
}

impl Answer {
    fn of(level: LevelAfter, at: Timestamp) -> Self {
        Self {
            version: level.new_version,
            total: level.new_quantity,
            store: level.store_id,
            store_quantity: level.store_quantity,
            at,
            page_since: false,
        }
    }

    /// The product as the answer has it; `None` for a store that it does not speak of, whose quantity at that version
    /// nobody here knows.
    pub(super) fn shown(&self, id: &ProductId, store: &StoreId) -> Option<Shown> {
        (self.store == *store).then(|| Shown {
            product: id.clone(),
            available: self.total,
            store_quantity: self.store_quantity,
            version: self.version,
            last_updated: self.at,
            // Central writes to no product in quarantine, except to end it.
            quarantined: false,
        })
    }
}

/// The newest answer of each product that is ahead of the ledger.
///
/// **Invariant**: each is of a higher version than the ledger's, except after a page that was followed in part, so that
/// whoever reads compares.
#[derive(Debug, Default)]
pub(super) struct Answers(BTreeMap<ProductId, Answer>);

impl Answers {
    /// Adds an answer, unless what is known is as new.
    pub(super) fn add(&mut self, ledger: &Ledger, level: LevelAfter, at: Timestamp) {
        let id = &level.product_id;
        let followed = ledger.product(id).map(|view| view.version());
        let answered = self.0.get(id).map(|answer| answer.version);
        if followed.max(answered) < Some(level.new_version) {
            self.0.insert(id.clone(), Answer::of(level, at));
        }
    }

    /// Drops what the ledger has caught up with, after a page was followed.
    ///
    /// What central has answered is in any page that was asked for afterwards, if that page goes to the end of the log.
    /// Pages are asked for one after the other: the second one since an answer was asked for after it. An answer that is
    /// still ahead then is of a history that central has lost, and would be shown for ever.
    pub(super) fn settle(&mut self, ledger: &Ledger, has_more: bool) {
        self.0.retain(|id, answer| {
            let behind = ledger
                .product(id)
                .is_some_and(|view| view.version() >= answer.version);
            let lost = answer.page_since && !has_more;
            answer.page_since = true;
            !behind && !lost
        });
    }

    /// What to show instead of what the ledger has.
    pub(super) fn ahead(
        &self,
        id: &ProductId,
        known: Option<ProductView<'_>>,
        store: &StoreId,
    ) -> Option<Shown> {
        let answer = self.0.get(id)?;
        let followed = known.map(|view| view.version());
        let ahead = followed < Some(answer.version);
        ahead.then(|| answer.shown(id, store)).flatten()
    }

    /// The answers about products after an id, in the order of ids.
    pub(super) fn after(
        &self,
        id: Option<&ProductId>,
    ) -> impl Iterator<Item = (&ProductId, &Answer)> {
        let from = id.map_or(Bound::Unbounded, Bound::Excluded);
        self.0.range((from, Bound::Unbounded))
    }
}
