//! The state of all stock: what the events so far amount to.
//!
//! ```text
//!  Ledger ─┬─ head       position, chain and time of the last entry
//!          ├─ products   Arena<Product>, in the order of their first event ── levels by store
//!          ├─ by_id      the same products, in the order of their ids
//!          ├─ stores     Arena<StoreId>, in the order of their first event
//!          ├─ window     the entries whose keys still count, packed
//!          ├─ reservations, transfers   those that are open, and those that have ended not long ago
//!          ├─ holds      what the open reservations hold, by deadline, by product, and by level
//!          ├─ alerts     the levels that somebody wants to be told about
//!          └─ buried     positions that could not be applied
//! ```
//!
//! **Invariant**: a ledger is a function of the entries it followed and of its window limits. It holds nothing that
//! depends on the process, so two ledgers that followed the same entries have equal images.

mod arena;
mod buried;
mod by_id;
mod chunked_list;
mod head;
mod holds;
mod id_index;
mod image;
mod key_hash;
mod packed;
mod places;
mod product;
mod record_keeper;
mod records;
mod suspicion;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

pub use buried::Buried;
pub use head::{Break, Head};
pub use image::{Image, ImageBuilder, ImageEntry, ImageProduct, InvalidImage};
pub use product::{ProductIx, ProductView, StoreIx};
pub use window::{KeysForgotten, WindowLimits};

pub(super) use arena::Arena;
pub(super) use by_id::ById;
pub(super) use chunked_list::Slot;
pub(super) use holds::Holds;
pub(super) use id_index::IdIndex;
pub(super) use key_hash::key_hash;
pub(super) use packed::{Packer, Unpacker};
pub(super) use product::{Product, Standing};
pub(super) use record_keeper::{RecordKeeper, apply_to_records};
pub(super) use records::{FrozenRecords, Record, Records};
pub(super) use window::{FrozenWindow, Window};

use crate::defect;
use crate::machine::{Alert, Entry, Intent, Reservation, Transfer};
use crate::testing::step;
use crate::vocabulary::{
    Caller, IdempotencyKey, ProductId, ReservationId, Sequence, StoreId, Timestamp, TransferId,
};

/// All levels of all products, the idempotency window, and the position in the log that they stand for.
#[derive(Debug)]
pub struct Ledger {
    pub(super) head: Head,
    pub(super) products: Arena<Product>,
    pub(super) product_index: IdIndex<ProductIx>,
    pub(super) by_id: ById,
    pub(super) stores: Arena<StoreId>,
    pub(super) store_index: IdIndex<StoreIx>,
    pub(super) window: Window,
    pub(super) packer: Packer,
    pub(super) buried: Arc<BTreeMap<Sequence, Buried>>,
    /// The positions in `buried` of each product.
    pub(super) buried_by_product: BTreeSet<(ProductIx, Sequence)>,
    /// Where acknowledged positions before it are gone: a product that nobody knows may be one of theirs.
    pub(super) unknown_before: Sequence,
    pub(super) levels: usize,
    pub(super) quarantined: usize,
    /// Products of which nothing is known but an alert.
    pub(super) unheard: usize,
    pub(super) reservations: Records<Reservation>,
    pub(super) transfers: Records<Transfer>,
    /// What the open ones of `reservations` hold.
    pub(super) holds: Holds,
    pub(super) alerts: BTreeSet<(ProductId, StoreId)>,
}

impl Ledger {
    /// A ledger before the first event.
    pub fn new(window: WindowLimits) -> Self {
        Self {
            head: Head::default(),
            products: Arena::default(),
            product_index: IdIndex::default(),
            by_id: ById::default(),
            stores: Arena::default(),
            store_index: IdIndex::default(),
            window: Window::new(window),
            packer: Packer::default(),
            buried: Arc::default(),
            buried_by_product: BTreeSet::new(),
            unknown_before: Sequence::START,
            levels: 0,
            quarantined: 0,
            unheard: 0,
            reservations: Records::new(window),
            transfers: Records::new(window),
            holds: Holds::default(),
            alerts: BTreeSet::new(),
        }
    }

    /// How far this ledger has followed the log.
    pub fn head(&self) -> Head {
        self.head
    }

    /// A product that was written at least once.
    pub fn product(&self, id: &ProductId) -> Option<ProductView<'_>> {
        let product = self.products.at(self.find_product(id)?);
        let heard_of = product.is_heard_of();
        heard_of.then(|| ProductView::new(product, &self.stores))
    }

    /// All products, in the order of their first event.
    pub fn products(&self) -> impl Iterator<Item = ProductView<'_>> {
        self.products
            .iter()
            .filter(|product| product.is_heard_of())
            .map(|product| ProductView::new(product, &self.stores))
    }

    /// The products from a text on, in the order of the bytes of their ids. The text need not be an id: listings start
    /// after the last one of the page before, or at a prefix.
    pub fn products_from(&self, start: Bound<&str>) -> impl Iterator<Item = ProductView<'_>> {
        let positions = self.by_id.from(&self.products, start);
        positions
            .map(|ix| self.products.at(ix))
            .filter(|product| product.is_heard_of())
            .map(|product| ProductView::new(product, &self.stores))
    }

    /// Number of products.
    pub fn product_count(&self) -> usize {
        self.products.len() - self.unheard
    }

    /// Number of levels over all products.
    pub fn level_count(&self) -> usize {
        self.levels
    }

    /// Number of products that wait for a count.
    pub fn quarantined_count(&self) -> usize {
        self.quarantined
    }

    /// The entry that was written under a caller's key, while the window remembers it.
    pub fn find(&self, caller: Option<&Caller>, key: &IdempotencyKey) -> Option<Entry> {
        let mut packed = self.window.find(caller, key)?;
        Some(packed.entry(
            caller,
            |product| self.products.at(product).id.clone(),
            |store| self.stores.at(store).clone(),
        ))
    }

    /// Remembers what was written under a key, as it was packed.
    pub(super) fn remember(&mut self, intent: &Intent, packed: &[u8]) {
        let caller = intent.caller.as_ref();
        let hash = key_hash(caller, &intent.key);
        self.window.remember(caller, hash, packed);
    }

    /// Number of keys that the window remembers.
    pub fn key_count(&self) -> usize {
        self.window.len()
    }

    /// Bytes that the remembered keys take, as [`WindowLimits::bytes_max`] counts them.
    pub fn key_bytes(&self) -> usize {
        self.window.bytes()
    }

    /// How many keys the window has forgotten before their age, for want of room.
    pub fn keys_evicted_early(&self) -> u64 {
        self.window.forgotten().early
    }

    /// Since when every key is remembered, whoever used it: one that was recorded at this moment, or later, is answered as
    /// it was first. Of earlier ones some are forgotten, for their age or for want of room. 1970 while nothing was forgotten.
    pub fn keys_remembered_since(&self) -> Timestamp {
        match defect!(ForgottenKeyPromised) {
            true => Timestamp::UNIX_EPOCH,
            false => self.window.forgotten().remembered_since(),
        }
    }

    /// A reservation that is open, or has ended not long ago. One whose deadline has passed may still be said to be open: see
    /// [`Reservation::state_at`].
    pub fn reservation(&self, id: &ReservationId) -> Option<&Reservation> {
        self.reservations.find(id).map(|found| &**found)
    }

    /// The reservations whose request was written after a position, in the order of the log.
    pub fn reservations_after(&self, position: Sequence) -> impl Iterator<Item = &Reservation> {
        let after = self.reservations.opened_after(position);
        after.map(|reservation| &**reservation)
    }

    /// Number of reservations that have not ended, those among them that are due.
    pub fn open_reservations(&self) -> usize {
        self.reservations.open_count()
    }

    /// The deadline that passes first. Once it has, the reservation is to end: the next group that is decided sees to it, be
    /// it an empty one.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.holds.next_deadline()
    }

    /// Number of transfers that are under way.
    pub fn open_transfers(&self) -> usize {
        self.transfers.open_count()
    }

    /// A transfer that is under way, or has ended not long ago.
    pub fn transfer(&self, id: &TransferId) -> Option<&Transfer> {
        self.transfers.find(id).map(|found| &**found)
    }

    /// The transfers whose request was written after a position, in the order of the log.
    pub fn transfers_after(&self, position: Sequence) -> impl Iterator<Item = &Transfer> {
        let after = self.transfers.opened_after(position);
        after.map(|transfer| &**transfer)
    }

    /// What somebody wants to be told about a level.
    pub fn alert(&self, product: &ProductId, store: &StoreId) -> Option<Alert> {
        let product = self.products.at(self.find_product(product)?);
        product.alert(self.find_store(store)?)
    }

    /// The alerts after a level, in the order of products and stores; all of them without one.
    pub fn alerts_after(
        &self,
        level: Option<&(ProductId, StoreId)>,
    ) -> impl Iterator<Item = (&ProductId, &StoreId, Alert)> {
        let start = level.map_or(Bound::Unbounded, Bound::Excluded);
        let levels = self.alerts.range((start, Bound::Unbounded));
        levels.filter_map(|(product, store)| Some((product, store, self.alert(product, store)?)))
    }

    /// The positions that could not be applied.
    pub fn buried(&self) -> &BTreeMap<Sequence, Buried> {
        &self.buried
    }

    /// Those of a product.
    pub fn buried_of(&self, product: &ProductId) -> impl Iterator<Item = (Sequence, &Buried)> {
        let product = self.find_product(product).into_iter();
        let positions = product.flat_map(|product| {
            let of_it = (product, Sequence::START)..(product.next(), Sequence::START);
            self.buried_by_product.range(of_it)
        });
        positions.filter_map(|&(_, at)| {
            step();
            Some((at, self.buried.get(&at)?))
        })
    }

    /// The first position after the last loss of acknowledged ones; zero when nothing was lost. What a product had that nobody
    /// has heard of since, nobody knows: it is quarantined from its first event on, until its numbers are proved.
    pub fn unknown_before(&self) -> Sequence {
        self.unknown_before
    }
}
