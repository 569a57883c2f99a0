//! An image from parts that were read back.

use std::collections::BTreeMap;
use std::sync::Arc;

use rapidhash::RapidHashSet;

use super::{Found, Image, ImageEntry, ImageProduct, InvalidImage};
use crate::machine::ledger::key_hash::key_hash;
use crate::machine::ledger::places::{find_product, find_store};
use crate::machine::ledger::{Arena, FrozenRecords, IdIndex, Packer, Product, Window};
use crate::machine::{
    Alert, Buried, Event, Head, KeysForgotten, ProductIx, Reservation, StoreIx, Transfer,
    WindowLimits,
};
use crate::vocabulary::{ProductId, ReservationId, Sequence, StoreId, Timestamp, TransferId};

/// Builds an image from parts that were read back, and checks what the ledger promises of them: stores first, then
/// products, then the window from the oldest entry to the newest.
#[derive(Debug)]
pub struct ImageBuilder {
    head: Head,
    products: Arena<Product>,
    product_index: IdIndex<ProductIx>,
    stores: Arena<StoreId>,
    store_index: IdIndex<StoreIx>,
    packer: Packer,
    window: Window,
    newest: Head,
    buried: BTreeMap<Sequence, Buried>,
    unknown_before: Sequence,
    reservations: FrozenRecords<Reservation>,
    reservation_ids: RapidHashSet<ReservationId>,
    transfers: FrozenRecords<Transfer>,
    transfer_ids: RapidHashSet<TransferId>,
}

impl ImageBuilder {
    /// An image of the ledger at `head`, without parts yet.
    pub fn new(head: Head) -> Self {
        Self {
            head,
            products: Arena::default(),
            product_index: IdIndex::default(),
            stores: Arena::default(),
            store_index: IdIndex::default(),
            packer: Packer::default(),
            window: Window::new(WindowLimits::NONE),
            newest: Head::default(),
            buried: BTreeMap::new(),
            unknown_before: Sequence::START,
            reservations: FrozenRecords::default(),
            reservation_ids: RapidHashSet::default(),
            transfers: FrozenRecords::default(),
            transfer_ids: RapidHashSet::default(),
        }
    }

    /// Adds the next store, and returns its place.
    ///
    /// # Errors
    ///
    /// The store is there already; the image is as it was.
    pub fn store(&mut self, id: StoreId) -> Result<StoreIx, InvalidImage> {
        let ix = StoreIx(self.stores.len() as u32);
        if find_store(&self.store_index, &self.stores, &id).is_some() {
            return Err(InvalidImage::Twice { id: id.to_string() });
        }
        self.store_index.insert(id.hash_bits(), ix);
        self.stores.push(id);
        Ok(ix)
    }

    /// Adds the next product, and returns its place.
    ///
    /// # Errors
    ///
    /// The product is there already, has a level at a store that is not, or was counted beyond the head; the image is as it
    /// was.
    pub fn product(&mut self, product: ImageProduct) -> Result<ProductIx, InvalidImage> {
        let ImageProduct(product) = product;
        // They are ordered by their stores.
        let last = product.levels.last().map(|&(store, _)| store);
        if let Some(store) = last.filter(|&store| usize::from(store) >= self.stores.len()) {
            let product = product.id;
            return Err(InvalidImage::Level { product, store });
        }
        let counted = product
            .levels
            .iter()
            .map(|(_, standing)| standing.counted_at);
        if let Some(sequence) = counted.max().filter(|&last| last > self.head.sequence) {
            return Err(InvalidImage::OutOfPlace { sequence });
        }
        let ix = ProductIx(self.products.len() as u32);
        if self.find_product(&product.id).is_some() {
            return Err(InvalidImage::Twice {
                id: product.id.to_string(),
            });
        }
        self.product_index.insert(product.id.hash_bits(), ix);
        self.products.push(product);
        Ok(ix)
    }

    /// Adds an alert of a level.
    ///
    /// # Errors
    ///
    /// The product or the store is not listed, or the level has an alert; the image is as it was.
    pub fn alert(
        &mut self,
        product: &ProductId,
        store: &StoreId,
        alert: Alert,
    ) -> Result<(), InvalidImage> {
        let store_at = find_store(&self.store_index, &self.stores, store);
        let Some((at, store_at)) = self.find_product(product).zip(store_at) else {
            let (product, store) = (product.clone(), store.clone());
            return Err(InvalidImage::UnknownLevel { product, store });
        };
        let product = self.products.at_mut(at);
        if product.alert(store_at).is_some() {
            let id = store.to_string();
            return Err(InvalidImage::Twice { id });
        }
        product.set_alert(store_at, Some(alert));
        Ok(())
    }

    /// Adds the next reservation.
    ///
    /// # Errors
    ///
    /// It is there already, was opened before the one before, or beyond the head, or has no lines, or names a product that
    /// is not there; the image is as it was.
    pub fn reservation(&mut self, reservation: Reservation) -> Result<(), InvalidImage> {
        let before = self.reservations.last().map(|last| last.opened);
        let products = reservation.lines.iter().map(|line| &line.product);
        self.check_record(reservation.opened, before, products)?;
        if !self.reservation_ids.insert(reservation.id.clone()) {
            let id = reservation.id.to_string();
            return Err(InvalidImage::Twice { id });
        }
        self.reservations.push(Arc::new(reservation));
        Ok(())
    }

    /// Says that the levels of a product have set free what reservations hold whose deadline is before a moment.
    ///
    /// # Errors
    ///
    /// The product is not listed, or the moment is after the head's; the image is as it was.
    pub fn lapsed(&mut self, product: &ProductId, before: Timestamp) -> Result<(), InvalidImage> {
        let listed = self.find_product(product);
        match listed.filter(|_| before <= self.head.recorded_at) {
            Some(at) => {
                self.products.at_mut(at).lapsed = before;
                Ok(())
            }
            None => Err(InvalidImage::Lapsed {
                product: product.clone(),
            }),
        }
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
        if !self.transfer_ids.insert(transfer.id.clone()) {
            let id = transfer.id.to_string();
            return Err(InvalidImage::Twice { id });
        }
        self.transfers.push(Arc::new(transfer));
        Ok(())
    }

    fn find_product(&self, id: &ProductId) -> Option<ProductIx> {
        find_product(&self.product_index, &self.products, id)
    }

    fn check_record<'p>(
        &self,
        opened: Sequence,
        before: Option<Sequence>,
        mut products: impl ExactSizeIterator<Item = &'p ProductId>,
    ) -> Result<(), InvalidImage> {
        let in_order = before.is_none_or(|before| before <= opened);
        let has_lines = products.len() > 0;
        let known = products.all(|product| self.find_product(product).is_some());
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
    pub fn remember(&mut self, entry: &ImageEntry) -> Result<(), InvalidImage> {
        let out_of_place = InvalidImage::OutOfPlace {
            sequence: entry.first,
        };
        let follows = entry.first > self.newest.sequence
            && entry.recorded_at >= self.newest.recorded_at
            && entry.last() <= self.head.sequence;
        let Some(intent) = entry.intent.as_ref().filter(|_| follows) else {
            return Err(out_of_place);
        };
        self.packer.begin(entry);
        let (products, stores) = (self.products.len(), self.stores.len());
        let is_listed = |product: ProductIx| usize::from(product) < products;
        for event in &entry.events {
            match event {
                Event::Moved(movement) => {
                    let (product, store) = (movement.product, movement.store);
                    if !is_listed(product) || usize::from(store) >= stores {
                        return Err(out_of_place);
                    }
                    self.packer.movement(movement, product, store);
                }
                Event::DeadLettered(letter) => {
                    if !letter.product.is_none_or(is_listed) {
                        return Err(out_of_place);
                    }
                    self.packer.dead_letter(letter, letter.product);
                }
            }
        }
        let caller = intent.caller.as_ref();
        let hash = key_hash(caller, &intent.key);
        self.window.remember(caller, hash, self.packer.bytes());
        self.newest = Head::after(entry);
        Ok(())
    }

    /// Adds a position that could not be applied.
    ///
    /// # Errors
    ///
    /// The position is beyond the head, or not before the one that has ended the suspicion; the image is as it was.
    pub fn bury(&mut self, sequence: Sequence, buried: Buried) -> Result<(), InvalidImage> {
        let end = buried.suspected_until;
        let in_order = end.is_none_or(|end| sequence < end && end <= self.head.sequence);
        if sequence > self.head.sequence || !in_order {
            return Err(InvalidImage::OutOfPlace { sequence });
        }
        self.buried.insert(sequence, buried);
        Ok(())
    }

    /// Says that acknowledged positions before `before` are gone.
    ///
    /// # Errors
    ///
    /// The position is more than one beyond the head; the image is as it was.
    pub fn lose(&mut self, before: Sequence) -> Result<(), InvalidImage> {
        if before > self.head.sequence.next() {
            return Err(InvalidImage::OutOfPlace { sequence: before });
        }
        self.unknown_before = before;
        Ok(())
    }

    /// The image.
    pub fn finish(self, forgotten: KeysForgotten) -> Image {
        let window = self.window.under(WindowLimits::NONE, forgotten);
        Image {
            head: self.head,
            products: self.products,
            stores: self.stores,
            window: window.freeze(),
            found: Some(Arc::new(Found {
                product_index: self.product_index,
                window,
                newest_at: self.newest.recorded_at,
            })),
            buried: Arc::new(self.buried),
            unknown_before: self.unknown_before,
            reservations: self.reservations,
            transfers: self.transfers,
        }
    }
}
