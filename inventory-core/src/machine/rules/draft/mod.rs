//! The ledger as it will be once the group that is being decided is durable.

mod due;
mod keyed;
mod overlay;
mod place;
mod records;
mod staged;
mod staging;

use std::sync::Arc;

pub(super) use place::Place;
pub use staging::Staging;

use crate::machine::ledger::{
    Product, ProductIx, RecordKeeper, Standing, StoreIx, apply_to_records,
};
use crate::machine::{Effects, Entry, Head, Intent, Ledger, Movement, MovementKind, Request};
use crate::vocabulary::{Chain, ProductId, Quantity, Sequence, StoreId, Timestamp};
use staging::StagedProduct;

/// A ledger plus the events that were decided on top of it and are not durable yet. Dropping it is the rollback.
#[derive(Debug)]
pub struct Draft<'a> {
    ledger: &'a Ledger,
    staging: &'a mut Staging,
    head: Head,
    at: Timestamp,
    /// Whether something may be due that has not lapsed.
    backlog: bool,
}

impl<'a> Draft<'a> {
    /// A draft on top of `ledger`, in memory that an earlier draft may have used. All that is decided on it is decided at
    /// one time: `now`, or that of the ledger's last entry when the clock went back.
    pub fn new(ledger: &'a Ledger, staging: &'a mut Staging, now: Timestamp) -> Self {
        staging.clear();
        let head = ledger.head();
        let at = now.max(head.recorded_at);
        Self {
            head,
            at,
            backlog: ledger.holds.lapsing(at).next().is_some(),
            ledger,
            staging,
        }
    }

    /// When everything in the draft is decided.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The head of the log once everything in the draft is durable.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Makes what was decided an entry: gives it its positions, time and chain. Nobody has requested that a reservation
    /// expires.
    pub fn record(&mut self, request: Option<&Request>, effects: Effects) -> Arc<Entry> {
        let annotations = request.and_then(Request::annotations);
        let mut entry = Entry {
            first: self.head.sequence.next(),
            recorded_at: self.at,
            intent: request.and_then(Request::intent).cloned(),
            outcomes: effects.outcomes.into(),
            events: effects.events.into(),
            annotations: annotations.cloned().map(Box::new),
            chain: Chain::default(),
        };
        entry.chain = entry
            .chain_after(self.head.chain)
            .expect("decided events are of known types");
        self.head = Head::after(&entry);
        let entry = Arc::new(entry);
        self.staging.keyed.insert(&entry);
        entry
    }

    /// The first position after the last loss; see [`Ledger::unknown_before`].
    pub(super) fn unknown_before(&self) -> Sequence {
        self.ledger.unknown_before()
    }

    /// First position of what is being decided.
    pub(super) fn next(&self) -> Sequence {
        self.head.sequence.next()
    }

    /// The entry that was written under a key, in this draft or before.
    pub(super) fn find(&self, intent: &Intent) -> Option<Arc<Entry>> {
        let staged = self.staging.keyed.find(intent).cloned();
        staged.or_else(|| {
            let known = self.ledger.find(intent.caller.as_ref(), &intent.key);
            known.map(Arc::new)
        })
    }

    /// Whether a request is answered from memory: its key was used in this draft or before.
    pub fn remembers(&self, request: &Request) -> bool {
        let intent = request.intent();
        intent.is_some_and(|intent| self.find(intent).is_some())
    }

    /// The level that a command touches. Whatever looks at stock does so here: nobody sees units held that are due.
    pub(super) fn place<'b>(&mut self, product: &'b ProductId, store: &'b StoreId) -> Place<'b>
    where
        'a: 'b,
    {
        let ledger = self.ledger;
        let (product, product_ix) = match ledger.find_product(product) {
            Some(ix) => (&ledger.products.at(ix).id, ix),
            None => (product, self.new_product(product)),
        };
        let (store, store_ix) = match ledger.find_store(store) {
            Some(ix) => (ledger.stores.at(ix), ix),
            None => (store, self.new_store(store)),
        };
        self.see(product_ix);
        let known = self.known(product_ix);
        let staged = self.staging.products.get(&product_ix).copied();
        let StagedProduct {
            version,
            total,
            reserved,
            quarantined,
            uncounted,
        } = match (staged, known) {
            (Some(staged), _) => staged,
            (None, Some(known)) => StagedProduct {
                version: known.version,
                total: match known.quarantined {
                    true => known.sum_available().unwrap_or(Quantity::MAX),
                    false => known.total,
                },
                reserved: known.reserved(),
                quarantined: known.quarantined,
                uncounted: match known.quarantined {
                    true => known.uncounted_since(ledger.unknown_before()),
                    false => 0,
                },
            },
            (None, None) => StagedProduct {
                quarantined: ledger.unknown_before() > Sequence::START,
                ..StagedProduct::default()
            },
        };
        // No level is staged whose product is not.
        let level = staged.and_then(|_| self.staging.levels.get(&(product_ix, store_ix)).copied());
        let standing = level.or_else(|| known.and_then(|known| known.standing(store_ix)));
        Place {
            alert: self.alert_at((product_ix, store_ix)),
            product_ix,
            store_ix,
            product,
            store,
            version,
            total,
            reserved,
            quarantined,
            uncounted,
            is_known: standing.is_some(),
            level: standing.unwrap_or_default().level,
            counted_at: standing.unwrap_or_default().counted_at,
        }
    }

    /// Lets the lines that follow see a movement, which will have a position.
    pub(super) fn stage(&mut self, place: &Place<'_>, position: Sequence, movement: &Movement) {
        let (product, store) = (place.product_ix, place.store_ix);
        if movement.touches() {
            let uncounted = match movement.kind == MovementKind::Counted {
                true => place.uncounted_after_a_count(self.unknown_before()),
                false => place.uncounted,
            };
            let staged = StagedProduct {
                version: movement.after.version,
                total: movement.after.total,
                reserved: place.reserved_after(movement.after.level),
                // A count makes the numbers add up again; nothing else is decided on a quarantined product but the end of
                // a reservation, which proves nothing. After a loss every level has to be counted, since what is missing
                // may have happened at any.
                quarantined: place.quarantined
                    && !(movement.kind == MovementKind::Counted && uncounted == 0),
                uncounted,
            };
            self.staging.products.insert(product, staged);
            let standing = Standing {
                level: movement.after.level,
                counted_at: match movement.kind == MovementKind::Counted {
                    true => position,
                    false => place.counted_at,
                },
            };
            self.staging.levels.insert((product, store), standing);
        }
        let at = self.at;
        apply_to_records(self, movement, (product, store), at);
    }

    /// Makes what was staged since the last call part of the draft.
    pub(super) fn keep(&mut self) {
        self.staging.keep();
    }

    /// Takes back what was staged since the last call of [`Draft::keep`].
    pub(super) fn take_back(&mut self) {
        self.staging.take_back();
    }

    fn known(&self, ix: ProductIx) -> Option<&'a Product> {
        let known = usize::from(ix) < self.ledger.products.len();
        known.then(|| self.ledger.products.at(ix))
    }

    /// Positions of what the ledger does not know yet. They need not be the ones that the ledger will give.
    fn new_product(&mut self, id: &ProductId) -> ProductIx {
        let new = &mut self.staging.new_products;
        if let Some(&known) = new.get(id) {
            return known;
        }
        let ix = ProductIx((self.ledger.products.len() + new.len()) as u32);
        new.insert(id.clone(), ix);
        ix
    }

    fn new_store(&mut self, id: &StoreId) -> StoreIx {
        let new = &mut self.staging.new_stores;
        if let Some(&known) = new.get(id) {
            return known;
        }
        let ix = StoreIx((self.ledger.stores.len() + new.len()) as u32);
        new.insert(id.clone(), ix);
        ix
    }
}
