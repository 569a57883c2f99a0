//! What listings are asked for. What is left out filters nothing.

use inventory_core::machine::{ReservationState, TransferState};
use inventory_core::vocabulary::{ProductId, Quantity, Reference, StoreId};

use crate::wire::{AsOf, percent_encoded};

/// Which page of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Where it starts: the `next_cursor` of the page before; `None` at the beginning.
    pub cursor: Option<String>,
    /// Most items, up to 1,000; `None` leaves it to central.
    pub limit: Option<u16>,
}

/// Which products.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProductsQuery {
    /// Only those that this store ever had, with what is available there.
    pub store: Option<StoreId>,
    /// Only those whose id starts with this.
    pub prefix: Option<String>,
    /// Only those with less than this available.
    pub below: Option<Quantity>,
    /// At a moment of the past; `None` for now.
    pub as_of: Option<AsOf>,
    /// Which page.
    pub page: Page,
}

/// Which events. A product or a reference is needed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryQuery {
    /// Only those of this product.
    pub product: Option<ProductId>,
    /// Only those at this store.
    pub store: Option<StoreId>,
    /// Only those of requests that named this reference.
    pub reference: Option<Reference>,
    /// Which page.
    pub page: Page,
}

/// Which reservations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReservationsQuery {
    /// Only those with a line at this store.
    pub store: Option<StoreId>,
    /// Only those with a line of this product; with a store, of it at that store.
    pub product: Option<ProductId>,
    /// Only those in this state.
    pub state: Option<ReservationState>,
    /// Which page.
    pub page: Page,
}

/// Which transfers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TransfersQuery {
    /// Only those that have left this store.
    pub from: Option<StoreId>,
    /// Only those that go to this store.
    pub to: Option<StoreId>,
    /// Only those with a line of this product.
    pub product: Option<ProductId>,
    /// Only those in this state.
    pub state: Option<TransferState>,
    /// Which page.
    pub page: Page,
}

/// Which alerts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AlertsQuery {
    /// Only those of this store.
    pub store: Option<StoreId>,
    /// Which page.
    pub page: Page,
}

type Pair = (&'static str, Option<String>);

impl Page {
    fn target(&self, path: &str, filters: impl IntoIterator<Item = Pair>) -> String {
        let page = [
            ("cursor", self.cursor.clone()),
            ("limit", self.limit.map(|limit| limit.to_string())),
        ];
        target(path, filters.into_iter().chain(page))
    }
}

impl ProductsQuery {
    pub(super) fn target(&self) -> String {
        let filters = [
            ("storeId", text(&self.store)),
            ("prefix", text(&self.prefix)),
            ("below", self.below.map(|below| below.units().to_string())),
            ("asOf", text(&self.as_of)),
        ];
        self.page.target("/inventory", filters)
    }
}

impl HistoryQuery {
    pub(super) fn target(&self) -> String {
        let filters = [
            ("productId", text(&self.product)),
            ("storeId", text(&self.store)),
            ("reference", text(&self.reference)),
        ];
        self.page.target("/history", filters)
    }
}

impl ReservationsQuery {
    pub(super) fn target(&self) -> String {
        let filters = [
            ("storeId", text(&self.store)),
            ("productId", text(&self.product)),
            ("state", text(&self.state)),
        ];
        self.page.target("/reservations", filters)
    }
}

impl TransfersQuery {
    pub(super) fn target(&self) -> String {
        let filters = [
            ("fromStoreId", text(&self.from)),
            ("toStoreId", text(&self.to)),
            ("productId", text(&self.product)),
            ("state", text(&self.state)),
        ];
        self.page.target("/transfers", filters)
    }
}

impl AlertsQuery {
    pub(super) fn target(&self) -> String {
        self.page
            .target("/alerts", [("storeId", text(&self.store))])
    }
}

fn text<T: ToString>(value: &Option<T>) -> Option<String> {
    value.as_ref().map(T::to_string)
}

/// A path with the parameters that are there.
pub(super) fn target(path: &str, pairs: impl IntoIterator<Item = Pair>) -> String {
    let mut target = path.to_owned();
    for (name, value) in pairs {
        let Some(value) = value else {
            continue;
        };
        let between = if target.contains('?') { '&' } else { '?' };
        target.push(between);
        target.push_str(name);
        target.push('=');
        target.push_str(&percent_encoded(&value));
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_not_asked_and_what_is_asked_is_encoded() {
        assert_eq!(ProductsQuery::default().target(), "/inventory");
        let query = HistoryQuery {
            product: Some("tea & cake".parse().unwrap()),
            page: Page {
                cursor: Some("a_b-c".to_owned()),
                limit: Some(7),
            },
            ..HistoryQuery::default()
        };
        let transfers = TransfersQuery {
            state: Some(TransferState::InTransit),
            ..TransfersQuery::default()
        };
        assert_eq!(transfers.target(), "/transfers?state=in%5Ftransit");
        assert_eq!(
            query.target(),
            "/history?productId=tea%20%26%20cake&cursor=a%5Fb%2Dc&limit=7"
        );
    }
}
