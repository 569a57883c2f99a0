//! A ledger at one moment, for snapshots and for replicas that start from one.

mod builder;
mod set_back;

use std::collections::BTreeMap;
use std::sync::Arc;

use rapidhash::RapidHashMap;

pub use builder::ImageBuilder;

use super::ledger::{
    Arena, Book, FrozenBook, FrozenWindow, Holds, Packer, Product, ProductIx, Slot, StoreIx, Window,
};
use crate::defect;
use crate::machine::{
    Buried, Entry, Head, KeysForgotten, Ledger, ProductView, Reservation, Transfer, WindowLimits,
};
use crate::vocabulary::{ProductId, Sequence, StoreId, Timestamp};

/// A frozen ledger. Shares its memory with the ledger that it was taken from until that one changes.
#[derive(Debug, Clone)]
pub struct Image {
    pub(super) head: Head,
    pub(super) products: Arena<Product>,
    pub(super) stores: Arena<StoreId>,
    pub(super) window: FrozenWindow,
    pub(super) buried: Arc<BTreeMap<Sequence, Buried>>,
    pub(super) unknown_before: Sequence,
    pub(super) reservations: FrozenBook<Reservation>,
    pub(super) transfers: FrozenBook<Transfer>,
}

impl Image {
    /// The position in the log that the image stands for.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The stores, in the order in which the ledger first heard of them.
    pub fn stores(&self) -> impl Iterator<Item = &StoreId> {
        self.stores.iter()
    }

    /// The products, in the order of their first event, with those of which nothing is known but an alert.
    pub fn products(&self) -> impl Iterator<Item = ProductView<'_>> {
        self.products
            .iter()
            .map(|product| ProductView::new(product, &self.stores))
    }

    /// The product at a position of that order, for who looks at the image a part at a time.
    pub fn product(&self, position: usize) -> Option<ProductView<'_>> {
        let there = position < self.products.len();
        there.then(|| ProductView::new(self.products.at(position), &self.stores))
    }

    /// Number of products.
    pub fn product_count(&self) -> usize {
        self.products.len()
    }

    /// The entries whose keys still count, oldest first.
    pub fn window(&self) -> impl Iterator<Item = Entry> {
        self.window.entries(&self.products, &self.stores)
    }

    /// Number of entries in the window.
    pub fn window_len(&self) -> usize {
        self.window.len()
    }

    /// What the window has forgotten.
    pub fn keys_forgotten(&self) -> KeysForgotten {
        self.window.forgotten()
    }

    /// The positions that could not be applied.
    pub fn buried(&self) -> &BTreeMap<Sequence, Buried> {
        &self.buried
    }

    /// The first position after the last loss of acknowledged ones; zero when nothing was lost.
    pub fn unknown_before(&self) -> Sequence {
        self.unknown_before
    }

    /// The reservations that are open, or ended not long ago, in the order of the log.
    pub fn reservations(&self) -> impl Iterator<Item = &Reservation> {
        self.reservations.iter().map(|reservation| &**reservation)
    }

    /// The products whose levels have set free already what some of the open reservations held, each with the moment before
    /// which the deadlines of those are; in the order of their first event.
    pub fn lapsed(&self) -> impl Iterator<Item = (&ProductId, Timestamp)> {
        let open = self.reservations().filter(|known| known.is_open());
        let open = open.filter(|_| !defect!(LapsedLeftOutOfSnapshot));
        let next = open.map(|reservation| reservation.deadline).min();
        let products = self.products.iter();
        let lapsed = products.map(|product| (&product.id, product.lapsed));
        lapsed.filter(move |(_, before)| next.is_some_and(|next| next < *before))
    }

    /// The transfers that are under way, or ended not long ago, in the order of the log.
    pub fn transfers(&self) -> impl Iterator<Item = &Transfer> {
        self.transfers.iter().map(|transfer| &**transfer)
    }

    /// The ledger that this image was taken from, under window limits that may have changed since.
    pub fn thaw(&self, window: WindowLimits) -> Ledger {
        let ids = || {
            let products = (0..).map(ProductIx).zip(self.products.iter());
            products.map(|(ix, product)| (product.id.clone(), ix))
        };
        let mut product_index = RapidHashMap::default();
        product_index.reserve(self.products.len());
        product_index.extend(ids());
        // In the order of the products, which costs least where that is the order of their ids.
        let by_id = ids().collect();
        let store_index = (0..)
            .map(StoreIx)
            .zip(self.stores.iter())
            .map(|(ix, store)| (store.clone(), ix))
            .collect();
        let alerts = self.products().flat_map(|product| {
            let stores = product.alerts().map(|(store, _)| store.clone());
            stores.map(move |store| (product.id().clone(), store))
        });
        let mut ledger = Ledger {
            alerts: alerts.collect(),
            head: self.head,
            product_index,
            by_id,
            store_index,
            window: Window::thaw(&self.window, window),
            packer: Packer::default(),
            buried: Arc::clone(&self.buried),
            unknown_before: self.unknown_before,
            levels: self
                .products
                .iter()
                .map(|product| product.levels.len())
                .sum(),
            quarantined: self
                .products
                .iter()
                .filter(|product| product.quarantined)
                .count(),
            unheard: self
                .products
                .iter()
                .filter(|product| !product.is_heard_of())
                .count(),
            products: self.products.clone(),
            stores: self.stores.clone(),
            reservations: Book::thaw(&self.reservations, window),
            transfers: Book::thaw(&self.transfers, window),
            holds: Holds::default(),
        };
        for (slot, _) in self.reservations.from(Slot::FIRST) {
            ledger.list(slot);
        }
        ledger
    }
}

/// Why parts do not make an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidImage {
    /// A store, a product, a level's alert, a reservation or a transfer stands twice.
    #[error("{id:?} stands twice")]
    Twice {
        /// The id.
        id: String,
    },
    /// A level names a store that the image does not list.
    #[error("product {product} has a level at {store}, which is not listed")]
    UnknownStore {
        /// The product.
        product: ProductId,
        /// The store.
        store: StoreId,
    },
    /// The total of a product that is not quarantined is not the sum of its levels.
    #[error("the total of product {product} is not the sum of its levels")]
    WrongTotal {
        /// The product.
        product: ProductId,
    },
    /// A product that has lapsed after the image was taken, or is not listed.
    #[error("holds of product {product} are said to have lapsed, which cannot be")]
    Lapsed {
        /// The product.
        product: ProductId,
    },
    /// The image has positions or times beyond its own head, or a window out of order.
    #[error("position {sequence} is out of place")]
    OutOfPlace {
        /// The position.
        sequence: Sequence,
    },
}
