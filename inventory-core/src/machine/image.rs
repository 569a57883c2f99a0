//! A ledger at one moment, for snapshots and for replicas that start from one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rapidhash::RapidHashMap;

use super::ledger::{
    Arena, Book, FrozenBook, FrozenWindow, Packer, Product, ProductIx, Slot, StoreIx, Window,
};
use crate::machine::{
    Alert, Buried, Entry, Event, Head, Ledger, Level, ProductView, Reservation, Transfer,
    WindowLimits,
};
use crate::vocabulary::{ProductId, Quantity, Sequence, StoreId, Timestamp, Version};

/// A frozen ledger. Shares its memory with the ledger that it was taken from until that one changes.
#[derive(Debug, Clone)]
pub struct Image {
    pub(super) head: Head,
    pub(super) products: Arena<Product>,
    pub(super) stores: Arena<StoreId>,
    pub(super) window: FrozenWindow,
    pub(super) buried: Arc<BTreeMap<Sequence, Buried>>,
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

    /// The products, in the order of their first event.
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

    /// How many keys were forgotten before their age.
    pub fn keys_evicted_early(&self) -> u64 {
        self.window.evicted_early()
    }

    /// The positions that could not be applied.
    pub fn buried(&self) -> &BTreeMap<Sequence, Buried> {
        &self.buried
    }

    /// The reservations that are open, or ended not long ago, in the order of the log.
    pub fn reservations(&self) -> impl Iterator<Item = &Reservation> {
        self.reservations.iter().map(|reservation| &**reservation)
    }

    /// The transfers that are under way, or ended not long ago, in the order of the log.
    pub fn transfers(&self) -> impl Iterator<Item = &Transfer> {
        self.transfers.iter().map(|transfer| &**transfer)
    }

    /// The ledger that this image was taken from, under window limits that may have changed since.
    pub fn thaw(&self, window: WindowLimits) -> Ledger {
        let product_index: RapidHashMap<_, _> = (0..)
            .map(ProductIx)
            .zip(self.products.iter())
            .map(|(ix, product)| (product.id.clone(), ix))
            .collect();
        let by_id = product_index
            .iter()
            .map(|(id, &ix)| (id.clone(), ix))
            .collect();
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
            products: self.products.clone(),
            stores: self.stores.clone(),
            reservations: Book::thaw(&self.reservations, window),
            transfers: Book::thaw(&self.transfers, window),
            due: BTreeSet::new(),
            holds: BTreeSet::new(),
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
    /// A store or product stands twice.
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
    /// The image has positions or times beyond its own head, or a window out of order.
    #[error("position {sequence} is out of place")]
    OutOfPlace {
        /// The position.
        sequence: Sequence,
    },
}

/// Builds an image from parts that were read back, and checks what the ledger promises of them: stores first, then
/// products, then the window from the oldest entry to the newest.
#[derive(Debug)]
pub struct ImageBuilder {
    head: Head,
    products: Arena<Product>,
    product_index: RapidHashMap<ProductId, ProductIx>,
    stores: Arena<StoreId>,
    store_index: RapidHashMap<StoreId, StoreIx>,
    packer: Packer,
    window: Vec<u8>,
    window_len: usize,
    newest: Head,
    buried: BTreeMap<Sequence, Buried>,
    reservations: FrozenBook<Reservation>,
    transfers: FrozenBook<Transfer>,
}

impl ImageBuilder {
    /// An image of the ledger at `head`, without parts yet.
    pub fn new(head: Head) -> Self {
        Self {
            head,
            products: Arena::default(),
            product_index: RapidHashMap::default(),
            stores: Arena::default(),
            store_index: RapidHashMap::default(),
            packer: Packer::default(),
            window: Vec::new(),
            window_len: 0,
            newest: Head::default(),
            buried: BTreeMap::new(),
            reservations: FrozenBook::default(),
            transfers: FrozenBook::default(),
        }
    }

    /// Adds the next store.
    ///
    /// # Errors
    ///
    /// The store is there already; the image is as it was.
    pub fn store(&mut self, id: StoreId) -> Result<(), InvalidImage> {
        let ix = StoreIx(self.stores.len() as u32);
        if self.store_index.insert(id.clone(), ix).is_some() {
            return Err(InvalidImage::Twice { id: id.to_string() });
        }
        self.stores.push(id);
        Ok(())
    }

    /// Adds the next product.
    ///
    /// # Errors
    ///
    /// The product is there already, names a store that is not, or its total is wrong; the image is as it was.
    pub fn product(
        &mut self,
        id: ProductId,
        version: Version,
        total: Quantity,
        updated_at: Timestamp,
        quarantined: bool,
        levels: impl IntoIterator<Item = (StoreId, Level)>,
    ) -> Result<(), InvalidImage> {
        let mut product = Product {
            version,
            total,
            updated_at,
            quarantined,
            ..Product::new(id)
        };
        for (store, level) in levels {
            let Some(&ix) = self.store_index.get(&store) else {
                let product = product.id;
                return Err(InvalidImage::UnknownStore { product, store });
            };
            if !product.assign(ix, level) {
                return Err(InvalidImage::Twice {
                    id: store.to_string(),
                });
            }
        }
        if !quarantined && product.sum_available() != Some(total) {
            return Err(InvalidImage::WrongTotal {
                product: product.id,
            });
        }
        let ix = ProductIx(self.products.len() as u32);
        if self.product_index.insert(product.id.clone(), ix).is_some() {
            return Err(InvalidImage::Twice {
                id: product.id.to_string(),
            });
        }
        self.products.push(product);
        Ok(())
    }

    /// Adds an alert of a level.
    ///
    /// # Errors
    ///
    /// The product or the store is not listed; the image is as it was.
    pub fn alert(
        &mut self,
        product: &ProductId,
        store: &StoreId,
        alert: Alert,
    ) -> Result<(), InvalidImage> {
        let found = self
            .product_index
            .get(product)
            .zip(self.store_index.get(store));
        let Some((&at, &store_at)) = found else {
            let (product, store) = (product.clone(), store.clone());
            return Err(InvalidImage::UnknownStore { product, store });
        };
        self.products.at_mut(at).set_alert(store_at, Some(alert));
        Ok(())
    }

    /// Adds the next reservation.
    ///
    /// # Errors
    ///
    /// It was opened before the one before, or beyond the head, or has no lines, or names a product that is not there; the
    /// image is as it was.
    pub fn reservation(&mut self, reservation: Reservation) -> Result<(), InvalidImage> {
        let before = self.reservations.last().map(|last| last.opened);
        let products = reservation.lines.iter().map(|line| &line.product);
        self.check_record(reservation.opened, before, products)?;
        self.reservations.push(Arc::new(reservation));
        Ok(())
    }

    /// Adds the next transfer.
    ///
    /// # Errors
    ///
    /// As for [`ImageBuilder::reservation`].
    pub fn transfer(&mut self, transfer: Transfer) -> Result<(), InvalidImage> {
        let before = self.transfers.last().map(|last| last.opened);
        let products = transfer.lines.iter().map(|line| &line.product);
        self.check_record(transfer.opened, before, products)?;
        self.transfers.push(Arc::new(transfer));
        Ok(())
    }

    fn check_record<'p>(
        &self,
        opened: Sequence,
        before: Option<Sequence>,
        mut products: impl ExactSizeIterator<Item = &'p ProductId>,
    ) -> Result<(), InvalidImage> {
        let in_order = before.is_none_or(|before| before <= opened);
        let has_lines = products.len() > 0;
        let known = products.all(|product| self.product_index.contains_key(product));
        match in_order && opened <= self.head.sequence && has_lines && known {
            true => Ok(()),
            false => Err(InvalidImage::OutOfPlace { sequence: opened }),
        }
    }

    /// Adds the next entry of the window.
    ///
    /// # Errors
    ///
    /// The entry has no key, is not after the one before, is beyond the head, or names what is not listed; the image is
    /// as it was.
    pub fn remember(&mut self, entry: &Entry) -> Result<(), InvalidImage> {
        let out_of_place = InvalidImage::OutOfPlace {
            sequence: entry.first,
        };
        let follows = entry.first > self.newest.sequence
            && entry.recorded_at >= self.newest.recorded_at
            && entry.last() <= self.head.sequence;
        if entry.intent.is_none() || !follows {
            return Err(out_of_place);
        }
        self.packer.begin(entry);
        for event in &entry.events {
            let product = event
                .product()
                .map(|id| self.product_index.get(id).copied());
            match event {
                Event::Moved(movement) => {
                    let store = self.store_index.get(&movement.store).copied();
                    let (Some(Some(product)), Some(store)) = (product, store) else {
                        return Err(out_of_place);
                    };
                    self.packer.movement(movement, product, store);
                }
                Event::DeadLettered(_) if product == Some(None) => return Err(out_of_place),
                Event::DeadLettered(letter) => self.packer.dead_letter(letter, product.flatten()),
            }
        }
        self.window.extend_from_slice(self.packer.bytes());
        self.window_len += 1;
        self.newest = Head::after(entry);
        Ok(())
    }

    /// Adds a position that could not be applied.
    ///
    /// # Errors
    ///
    /// The position is beyond the head; the image is as it was.
    pub fn bury(&mut self, sequence: Sequence, buried: Buried) -> Result<(), InvalidImage> {
        if sequence > self.head.sequence {
            return Err(InvalidImage::OutOfPlace { sequence });
        }
        self.buried.insert(sequence, buried);
        Ok(())
    }

    /// The image.
    pub fn finish(self, keys_evicted_early: u64) -> Image {
        Image {
            head: self.head,
            products: self.products,
            stores: self.stores,
            window: FrozenWindow::new(self.window, self.window_len, keys_evicted_early),
            buried: Arc::new(self.buried),
            reservations: self.reservations,
            transfers: self.transfers,
        }
    }
}
