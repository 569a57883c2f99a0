//! Refusals: what a refusal tells its caller, and whether that is part of a history.

use std::collections::BTreeMap;

use inventory_core::machine::{Entry, Rejection};
use inventory_core::vocabulary::{ProductId, Quantity, Sequence, StoreId, Version};

/// The state of a product after one of its events.
#[derive(Debug, Clone, Default)]
struct State {
    version: Version,
    total: Quantity,
    levels: BTreeMap<StoreId, Quantity>,
}

impl State {
    fn at(&self, store: &StoreId) -> Quantity {
        self.levels.get(store).copied().unwrap_or_default()
    }
}

/// Every state that every product ever had.
#[derive(Debug, Clone, Default)]
pub(super) struct Timeline {
    products: BTreeMap<ProductId, Vec<State>>,
    firsts: Vec<Sequence>,
}

impl Timeline {
    pub(super) fn follow(&mut self, entry: &Entry, poisonous: bool) {
        self.firsts.push(entry.first);
        for event in &entry.events {
            let Some(product) = event.product() else {
                continue;
            };
            let states = self.products.entry(product.clone()).or_default();
            let mut state = states.last().cloned().unwrap_or_default();
            state.version = state.version.max(event.version().unwrap_or_default());
            if let (false, Some(movement)) = (poisonous, event.movement()) {
                state.total = movement.after.total;
                state
                    .levels
                    .insert(movement.store.clone(), movement.after.level.available());
            }
            states.push(state);
        }
    }

    /// The version that a product has at the end.
    pub(super) fn version(&self, product: &ProductId) -> Version {
        let states = self.products.get(product);
        states
            .and_then(|states| states.last())
            .map_or(Version::NEVER_WRITTEN, |state| state.version)
    }

    /// Whether what a refusal said was ever true.
    pub(super) fn has(&self, refusal: &Rejection) -> bool {
        match refusal {
            Rejection::KeyReused { first, .. } => self.firsts.binary_search(first).is_ok(),
            Rejection::StaleVersion {
                product,
                store,
                current,
                ..
            } => self.any(product, |state| {
                let shown = (current.version, current.available, current.at_store);
                (state.version, state.total, state.at(store)) == shown
            }),
            Rejection::InsufficientStock {
                product,
                store,
                available,
                ..
            } => self.any(product, |state| state.at(store) == *available),
            // These show no number that the workloads could make false.
            Rejection::Quarantined { .. }
            | Rejection::BelowReserved { .. }
            | Rejection::CountedSince { .. }
            | Rejection::OtherHistory { .. }
            | Rejection::OutOfScope { .. }
            | Rejection::StockCeiling { .. }
            | Rejection::NothingToDo { .. }
            | Rejection::NamedTwice { .. }
            | Rejection::LinesDiffer { .. }
            | Rejection::TooManyLines { .. }
            | Rejection::ReservationExists { .. }
            | Rejection::UnknownReservation { .. }
            | Rejection::ReservationEnded { .. }
            | Rejection::NotHeld { .. }
            | Rejection::LivesTooLong { .. }
            | Rejection::TransferExists { .. }
            | Rejection::SameStore { .. }
            | Rejection::UnknownTransfer { .. }
            | Rejection::TransferEnded { .. }
            | Rejection::NotInTransit { .. }
            | Rejection::UnknownAlert { .. }
            | Rejection::VersionsExhausted { .. } => true,
        }
    }

    fn any(&self, product: &ProductId, is: impl Fn(&State) -> bool) -> bool {
        let states = self.products.get(product).map_or(&[][..], Vec::as_slice);
        is(&State::default()) || states.iter().any(is)
    }
}
