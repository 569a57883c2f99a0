//! One product and its levels.

use smallvec::SmallVec;

use super::Arena;
use crate::defect;
use crate::machine::{Alert, Level};
use crate::testing::step;
use crate::vocabulary::{ProductId, Quantity, Sequence, StoreId, Timestamp, Version};

/// Place of a product among those of a ledger, and of an image of it: in the order of their first events, from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductIx(pub u32);

/// Place of a store among those of a ledger, and of an image of it: in the order in which the ledger first heard of them, from
/// zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreIx(pub u32);

impl ProductIx {
    /// The place after it.
    pub(super) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl From<ProductIx> for usize {
    fn from(ix: ProductIx) -> Self {
        ix.0 as Self
    }
}

impl From<StoreIx> for usize {
    fn from(ix: StoreIx) -> Self {
        ix.0 as Self
    }
}

/// What is known of one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::machine) struct Standing {
    pub(in crate::machine) level: Level,
    /// Position at which somebody last said how much is there, by a count or a row of a synchronisation. A row that was
    /// skipped, since the ledger said the same, says nothing.
    pub(in crate::machine) counted_at: Sequence,
}

/// Alerts in the order of the stores. They stand apart, so that a million products without any take eight bytes each.
type Alerts = SmallVec<[(StoreIx, Alert); 1]>;

/// A product that was written at least once.
///
/// **Invariant**: `levels` is ordered by store, and unless the product is quarantined, `total` is the sum of what is
/// available in `levels`, which is at most the largest quantity even when everything reserved is set free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::machine) struct Product {
    pub(in crate::machine) id: ProductId,
    pub(in crate::machine) version: Version,
    pub(in crate::machine) total: Quantity,
    pub(in crate::machine) updated_at: Timestamp,
    pub(in crate::machine) quarantined: bool,
    /// Most products are at one store, or at many.
    pub(in crate::machine) levels: SmallVec<[(StoreIx, Standing); 1]>,
    /// What is reserved over all levels, so that the ceiling need not add it up.
    reserved: u64,
    /// What reservations hold of it whose deadline is before this moment is free at its levels, though they may not have
    /// ended yet.
    pub(in crate::machine) lapsed: Timestamp,
    /// What somebody wants to be told of its levels: hardly ever anything.
    alerts: Option<Box<Alerts>>,
}

impl Product {
    pub(in crate::machine) fn new(id: ProductId) -> Self {
        Self {
            id,
            version: Version::NEVER_WRITTEN,
            total: Quantity::ZERO,
            updated_at: Timestamp::UNIX_EPOCH,
            quarantined: false,
            levels: SmallVec::new(),
            reserved: 0,
            lapsed: Timestamp::UNIX_EPOCH,
            alerts: None,
        }
    }

    /// Whether anything is known of it but that somebody wants to be told about it.
    pub(in crate::machine) fn is_heard_of(&self) -> bool {
        self.version > Version::NEVER_WRITTEN || self.quarantined || !self.levels.is_empty()
    }

    pub(in crate::machine) fn level(&self, store: StoreIx) -> Option<Level> {
        self.standing(store).map(|standing| standing.level)
    }

    pub(in crate::machine) fn standing(&self, store: StoreIx) -> Option<Standing> {
        let at = self.position(store).ok()?;
        Some(self.levels[at].1)
    }

    /// What is reserved over all levels. Numbers of a product under suspicion may add up to more than there can be.
    pub(in crate::machine) fn reserved(&self) -> u64 {
        self.reserved
    }

    /// Assigns a level, which somebody has just said at `counted_at` if anybody has, and returns whether it is a new one.
    pub(in crate::machine) fn assign(
        &mut self,
        store: StoreIx,
        level: Level,
        counted_at: Option<Sequence>,
    ) -> bool {
        let reserved = level.reserved().units();
        self.reserved = self.reserved.wrapping_add(reserved);
        match self.position(store) {
            Ok(at) => {
                let standing = &mut self.levels[at].1;
                let before = std::mem::replace(&mut standing.level, level);
                standing.counted_at = counted_at.unwrap_or(standing.counted_at);
                self.reserved = self.reserved.wrapping_sub(before.reserved().units());
                false
            }
            Err(at) => {
                let counted_at = counted_at.unwrap_or_default();
                let standing = Standing { level, counted_at };
                self.levels.insert(at, (store, standing));
                true
            }
        }
    }

    /// Whether somebody has said of each level but that of a store how much is there, at a position or after it.
    pub(in crate::machine) fn others_are_counted_since(
        &self,
        store: StoreIx,
        position: Sequence,
    ) -> bool {
        let mut others = self.levels.iter().filter(|(at, _)| *at != store);
        others.all(|(_, standing)| {
            step();
            standing.counted_at >= position
        }) || defect!(OneCountProvesAll)
    }

    /// The levels of which nobody has said how much is there, at a position or after it.
    pub(in crate::machine) fn uncounted_since(&self, position: Sequence) -> usize {
        let levels = self.levels.iter().inspect(|_| step());
        levels
            .filter(|(_, standing)| standing.counted_at < position)
            .count()
    }

    /// What is available over all stores; `None` when that is above the largest quantity.
    pub(in crate::machine) fn sum_available(&self) -> Option<Quantity> {
        self.levels
            .iter()
            .try_fold(Quantity::ZERO, |sum, (_, standing)| {
                step();
                sum.checked_add(standing.level.available())
            })
    }

    /// What somebody wants to be told, in the order of the stores.
    pub(in crate::machine) fn alerts(&self) -> &[(StoreIx, Alert)] {
        self.alerts.as_deref().map_or(&[], |alerts| alerts)
    }

    /// What somebody wants to be told of a level.
    pub(in crate::machine) fn alert(&self, store: StoreIx) -> Option<Alert> {
        let mut alerts = self.alerts().iter();
        alerts.find_map(|&(at, alert)| (at == store).then_some(alert))
    }

    /// Sets an alert of a level, in the order of the stores, or removes it.
    pub(in crate::machine) fn set_alert(&mut self, store: StoreIx, alert: Option<Alert>) {
        let alerts = self.alerts.get_or_insert_default();
        let at = alerts.binary_search_by_key(&store, |&(at, _)| at);
        match (at, alert) {
            (Ok(at), Some(alert)) => alerts[at].1 = alert,
            (Ok(at), None) => drop(alerts.remove(at)),
            (Err(at), Some(alert)) => alerts.insert(at, (store, alert)),
            (Err(_), None) => {}
        }
        if alerts.is_empty() {
            self.alerts = None;
        }
    }

    fn position(&self, store: StoreIx) -> Result<usize, usize> {
        self.levels.binary_search_by_key(&store, |&(at, _)| at)
    }
}

/// A product as a reader sees it.
#[derive(Debug, Clone, Copy)]
pub struct ProductView<'a> {
    product: &'a Product,
    stores: &'a Arena<StoreId>,
}

impl<'a> ProductView<'a> {
    pub(in crate::machine) fn new(product: &'a Product, stores: &'a Arena<StoreId>) -> Self {
        Self { product, stores }
    }

    /// Whether anything is known of it but that somebody wants to be told about it. In a listing, and to who asks for it, it
    /// is not there.
    pub fn is_heard_of(&self) -> bool {
        self.product.is_heard_of()
    }

    /// The product's id.
    pub fn id(&self) -> &'a ProductId {
        &self.product.id
    }

    /// How often the product was written.
    pub fn version(&self) -> Version {
        self.product.version
    }

    /// Available over all stores.
    pub fn total(&self) -> Quantity {
        self.product.total
    }

    /// When the product was last written.
    pub fn updated_at(&self) -> Timestamp {
        self.product.updated_at
    }

    /// Whether an event of the product could not be applied, so that its numbers are under suspicion.
    pub fn quarantined(&self) -> bool {
        self.product.quarantined
    }

    /// The stores that ever had the product, in the order in which the ledger first heard of them.
    pub fn levels(&self) -> impl Iterator<Item = (&'a StoreId, Level)> + use<'a> {
        let stores = self.stores;
        self.product
            .levels
            .iter()
            .map(move |&(store, standing)| (stores.at(store), standing.level))
    }

    /// Where in the log somebody last said how much is there, in the order of [`ProductView::levels`]; zero where nobody has.
    pub fn counted_at(&self) -> impl Iterator<Item = Sequence> + use<'a> {
        let levels = self.product.levels.iter();
        levels.map(|(_, standing)| standing.counted_at)
    }

    /// What somebody wants to be told, by store.
    pub fn alerts(&self) -> impl Iterator<Item = (&'a StoreId, Alert)> + use<'a> {
        let stores = self.stores;
        let alerts = self.product.alerts().iter();
        alerts.map(move |&(store, alert)| (stores.at(store), alert))
    }

    /// The level at a store that ever had the product.
    pub fn level(&self, store: &StoreId) -> Option<Level> {
        self.levels()
            .find_map(|(id, level)| (id == store).then_some(level))
    }
}
