//! Snapshots: a ledger at one moment, also for replicas that start from one.

mod builder;
mod invalid;
mod product;
mod set_back;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use builder::ImageBuilder;
pub use invalid::InvalidImage;
pub use product::ImageProduct;

use super::{
    Arena, ById, FrozenRecords, FrozenWindow, Holds, IdIndex, Packer, Product, Records, Slot,
    Unpacker, Window,
};
use crate::defect;
use crate::machine::{
    Buried, Entry, Head, KeysForgotten, Ledger, ProductIx, ProductView, Reservation, StoreIx,
    Transfer, WindowLimits,
};
use crate::vocabulary::{ProductId, Sequence, StoreId, Timestamp};

/// An entry of an image's window.
pub type ImageEntry = Entry<ProductIx, StoreIx>;

/// A frozen ledger. Shares its memory with the ledger that it was taken from until that one changes.
#[derive(Debug, Clone)]
pub struct Image {
    pub(super) head: Head,
    pub(super) products: Arena<Product>,
    pub(super) stores: Arena<StoreId>,
    pub(super) window: FrozenWindow,
    pub(super) buried: Arc<BTreeMap<Sequence, Buried>>,
    pub(super) unknown_before: Sequence,
    pub(super) reservations: FrozenRecords<Reservation>,
    pub(super) transfers: FrozenRecords<Transfer>,
    pub(super) found: Option<Arc<Found>>,
}

/// What building an image from its parts has found out, so that its ledger need not do it again.
#[derive(Debug)]
pub(super) struct Found {
    product_index: IdIndex<ProductIx>,
    /// Without limits.
    window: Window,
    /// When the newest entry of the window was recorded.
    newest_at: Timestamp,
}

impl Ledger {
    /// A frozen copy, for the cost of one reference per 64 products and per 64 KiB of window. Whoever changes the ledger
    /// afterwards copies what it touches.
    pub fn freeze(&self) -> Image {
        Image {
            head: self.head,
            products: self.products.clone(),
            stores: self.stores.clone(),
            window: self.window.freeze(),
            buried: Arc::clone(&self.buried),
            unknown_before: self.unknown_before,
            found: None,
            reservations: self.reservations.freeze(),
            transfers: self.transfers.freeze(),
        }
    }
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
        self.window.packed().map(|(caller, packed)| {
            let product = |at: ProductIx| self.products.at(at).id.clone();
            let store = |at: StoreIx| self.stores.at(at).clone();
            Unpacker { rest: packed }.entry(caller, product, store)
        })
    }

    /// The same entries, in which products and stores are named by their places in [`Image::products`] and [`Image::stores`].
    pub fn window_by_places(&self) -> impl Iterator<Item = ImageEntry> {
        let packed = self.window.packed();
        packed.map(|(caller, packed)| Unpacker { rest: packed }.entry(caller, |at| at, |at| at))
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
    pub fn thaw(mut self, limits: WindowLimits) -> Ledger {
        // Copies of an image share what was found.
        let found = self.found.take().and_then(Arc::into_inner);
        let (product_index, window) = match found {
            Some(found) => {
                let fits = found.window.fits(limits, found.newest_at);
                let window = fits.then(|| found.window.under(limits, self.window.forgotten()));
                (found.product_index, window)
            }
            None => {
                let ids = self.products.iter().map(|product| product.id.hash_bits());
                (IdIndex::of(ids.zip((0..).map(ProductIx))), None)
            }
        };
        let by_id = ById::of(&self.products);
        let stores = self.stores.iter().map(StoreId::hash_bits);
        let store_index = IdIndex::of(stores.zip((0..).map(StoreIx)));
        let mut ledger = Ledger {
            alerts: BTreeSet::new(),
            head: self.head,
            product_index,
            by_id,
            store_index,
            window: window.unwrap_or_else(|| Window::thaw(&self.window, limits)),
            packer: Packer::default(),
            buried_by_product: BTreeSet::new(),
            buried: self.buried,
            unknown_before: self.unknown_before,
            levels: 0,
            quarantined: 0,
            unheard: 0,
            reservations: Records::thaw(&self.reservations, limits),
            transfers: Records::thaw(&self.transfers, limits),
            holds: Holds::default(),
            products: self.products,
            stores: self.stores,
        };
        for product in ledger.products.iter() {
            ledger.levels += product.levels.len();
            ledger.quarantined += usize::from(product.quarantined);
            ledger.unheard += usize::from(!product.is_heard_of());
            let alerts = product.alerts().iter();
            let alerts = alerts.map(|&(at, _)| (product.id.clone(), ledger.stores.at(at).clone()));
            ledger.alerts.extend(alerts);
        }
        let buried = ledger.buried.iter();
        let buried = buried.filter_map(|(&sequence, buried)| {
            let product = ledger.find_product(buried.product.as_ref()?)?;
            Some((product, sequence))
        });
        ledger.buried_by_product = buried.collect();
        for (slot, _) in self.reservations.from(Slot::FIRST) {
            ledger.list(slot);
        }
        ledger
    }
}
