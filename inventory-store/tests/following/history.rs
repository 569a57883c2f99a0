//! All that central ever had.

use std::collections::BTreeMap;

use inventory_core::machine::{Ledger, ProductView};
use inventory_core::vocabulary::{Epoch, ProductId, Quantity, StoreId, Timestamp, Version};
use inventory_store::replica::Shown;

/// A product as somebody could have read it at central.
#[derive(Debug, PartialEq)]
struct Had {
    total: Quantity,
    at: Timestamp,
    quarantined: bool,
    levels: BTreeMap<StoreId, Quantity>,
}

impl Had {
    fn of(view: ProductView<'_>) -> Self {
        Self {
            total: view.total(),
            at: view.updated_at(),
            quarantined: view.quarantined(),
            levels: view
                .levels()
                .map(|(store, level)| (store.clone(), level.available()))
                .collect(),
        }
    }

    fn is_shown(&self, shown: &Shown, store: &StoreId) -> bool {
        self.total == shown.available
            && self.at == shown.last_updated
            && self.quarantined == shown.quarantined
            && self.levels.get(store).copied().unwrap_or_default() == shown.store_quantity
    }
}

type Versions = BTreeMap<ProductId, BTreeMap<Version, Vec<Had>>>;

/// What central had of each product at each version, by epoch. More than one thing where an epoch was restored, so that
/// versions were given twice.
#[derive(Debug, Default)]
pub(crate) struct History {
    epochs: Vec<(Epoch, Versions)>,
}

impl History {
    /// Notes what can be read at central now.
    pub(crate) fn note(&mut self, epoch: Epoch, ledger: &Ledger) {
        let known = self.epochs.iter().position(|(known, _)| *known == epoch);
        let at = known.unwrap_or(self.epochs.len());
        if at == self.epochs.len() {
            self.epochs.push((epoch, Versions::new()));
        }
        let versions = &mut self.epochs[at].1;
        for view in ledger.products() {
            let product = versions.entry(view.id().clone()).or_default();
            let had = product.entry(view.version()).or_default();
            let now = Had::of(view);
            if had.last() != Some(&now) {
                had.push(now);
            }
        }
    }

    /// Whether central had what is shown, in an epoch or in any.
    pub(crate) fn has(&self, epoch: Option<Epoch>, shown: &Shown, store: &StoreId) -> bool {
        let epochs = self
            .epochs
            .iter()
            .filter(|(of, _)| epoch.is_none_or(|epoch| *of == epoch));
        epochs
            .filter_map(|(_, versions)| versions.get(&shown.product)?.get(&shown.version))
            .flatten()
            .any(|had| had.is_shown(shown, store))
    }
}
