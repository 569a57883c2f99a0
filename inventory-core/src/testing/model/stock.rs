//! What is where, and what a written event does to it.

use std::collections::BTreeMap;

use super::number::{MAX, Number, delta, quantity, version};
use super::records::{Alert, Reservation, Transfer};
use crate::machine::{
    Adjust, After, Current, Guard, Level, Line, Movement, MovementKind, Rejection,
};
use crate::vocabulary::{ProductId, StoreId};

/// Stock of one product at one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stock {
    pub(super) on_hand: Number,
    pub(super) reserved: Number,
}

impl Stock {
    pub(super) fn of(level: Level) -> Self {
        Self {
            on_hand: level.on_hand().units().into(),
            reserved: level.reserved().units().into(),
        }
    }

    pub(super) fn available(self) -> Number {
        self.on_hand - self.reserved
    }
}

#[derive(Debug, Clone, Default)]
pub(super) struct Product {
    pub(super) version: Number,
    pub(super) quarantined: bool,
    /// Whether units were reserved in a past that the model was only told of.
    pub(super) promised_to_nobody: bool,
    pub(super) stores: BTreeMap<String, Stock>,
}

impl Product {
    pub(super) fn total(&self) -> Number {
        self.stores.values().map(|stock| stock.available()).sum()
    }
}

/// The products and the stores that the log names, each in the order in which it was first named.
#[derive(Debug, Clone, Default)]
pub(super) struct Named {
    pub(super) products: Vec<String>,
    pub(super) stores: Vec<String>,
}

/// All that a request may change, and what the one that is being decided has written.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) products: BTreeMap<String, Product>,
    /// What the log names, with what it says nothing of but an alert, in the order in which it was first named.
    pub(super) named: Named,
    /// In the order in which they were made.
    pub(super) reservations: Vec<Reservation>,
    /// In the order in which they were shipped.
    pub(super) transfers: Vec<Transfer>,
    pub(super) alerts: BTreeMap<(String, String), Alert>,
    /// Where each level was last counted.
    pub(super) counted: BTreeMap<(String, String), Number>,
    pub(super) written: Vec<Movement>,
    /// First position and time of the request that is being decided.
    pub(super) first: Number,
    pub(super) at_ms: u64,
}

impl State {
    /// A request is to be decided that would begin at a position.
    pub(super) fn begin(&mut self, first: Number, at_ms: u64) {
        self.first = first;
        self.at_ms = at_ms;
        self.written.clear();
    }

    /// A product, which is heard of now if it was not before.
    pub(super) fn hear_of(&mut self, product: &str) -> &mut Product {
        mention(&mut self.named.products, product);
        self.products.entry(product.to_owned()).or_default()
    }

    pub(super) fn product(&self, product: &ProductId) -> Product {
        let known = self.products.get(product.as_str());
        known.cloned().unwrap_or_default()
    }

    pub(super) fn stock(&self, product: &ProductId, store: &StoreId) -> Stock {
        let product = self.product(product);
        let known = product.stores.get(store.as_str());
        known.copied().unwrap_or_default()
    }

    pub(super) fn refuse_quarantined(
        &self,
        line: Line,
        product: &ProductId,
    ) -> Result<(), Rejection> {
        match self.product(product).quarantined {
            true => Err(Rejection::Quarantined {
                line,
                product: product.clone(),
            }),
            false => Ok(()),
        }
    }

    pub(super) fn refuse_stale(
        &self,
        line: Line,
        product: &ProductId,
        store: &StoreId,
        guard: Guard,
    ) -> Result<(), Rejection> {
        let known = self.product(product);
        match guard {
            Guard::At(demanded) if Number::from(demanded.number()) != known.version => {
                Err(Rejection::StaleVersion {
                    line,
                    product: product.clone(),
                    store: store.clone(),
                    demanded,
                    current: Current {
                        version: version(known.version),
                        available: quantity(known.total()),
                        at_store: quantity(self.stock(product, store).available()),
                    },
                })
            }
            Guard::At(_) | Guard::Unguarded => Ok(()),
        }
    }

    pub(super) fn insufficient(
        &self,
        line: Line,
        product: &ProductId,
        store: &StoreId,
        taken: Number,
    ) -> Rejection {
        Rejection::InsufficientStock {
            line,
            product: product.clone(),
            store: store.clone(),
            delta: delta(-taken),
            available: quantity(self.stock(product, store).available()),
        }
    }

    pub(super) fn adjust(&mut self, line: Line, adjust: &Adjust) -> Result<(), Rejection> {
        let (product, store) = (&adjust.product, &adjust.store);
        self.refuse_quarantined(line, product)?;
        self.refuse_stale(line, product, store, adjust.guard)?;
        let stock = self.stock(product, store);
        let change = Number::from(adjust.delta.delta().units());
        let on_hand = stock.on_hand + change;
        if on_hand < stock.reserved {
            return Err(self.insufficient(line, product, store, -change));
        }
        let kind = match change > 0 {
            true => MovementKind::Increased,
            false => MovementKind::Decreased,
        };
        self.write(line, product, store, kind, Stock { on_hand, ..stock })
    }

    /// Writes an event that leads to a stock, when there is room for that and a version left.
    pub(super) fn write(
        &mut self,
        line: Line,
        product: &ProductId,
        store: &StoreId,
        kind: MovementKind,
        after: Stock,
    ) -> Result<(), Rejection> {
        let (known, before) = (self.product(product), self.stock(product, store));
        let total = known.total() - before.available() + after.available();
        let everything: Number = known.stores.values().map(|stock| stock.on_hand).sum();
        let everything = everything - before.on_hand + after.on_hand;
        let is_more = after.on_hand > before.on_hand;
        if total > MAX || (is_more && everything > MAX) {
            return Err(Rejection::StockCeiling {
                line,
                product: product.clone(),
                store: store.clone(),
            });
        }
        if known.version == MAX {
            let product = product.clone();
            return Err(Rejection::VersionsExhausted { line, product });
        }
        self.push(product, store, kind, after);
        Ok(())
    }

    /// Writes an event that changes nothing.
    pub(super) fn note(&mut self, product: &ProductId, store: &StoreId, kind: MovementKind) {
        let stock = self.stock(product, store);
        self.push(product, store, kind, stock);
    }

    /// Writes an event, and then what somebody wants to be told about it.
    pub(super) fn push(
        &mut self,
        product: &ProductId,
        store: &StoreId,
        kind: MovementKind,
        after: Stock,
    ) {
        let before = self.stock(product, store);
        let looked = matches!(
            kind,
            MovementKind::Increased | MovementKind::Decreased | MovementKind::Counted
        );
        let is_new_version = looked || before != after;
        mention(&mut self.named.products, product.as_str());
        mention(&mut self.named.stores, store.as_str());
        let mut known = self.product(product);
        if is_new_version {
            known.version += 1;
            known.stores.insert(store.to_string(), after);
        }
        if kind == MovementKind::Counted {
            known.quarantined = false;
        }
        let (number, total) = (known.version, known.total());
        if kind == MovementKind::Counted {
            let position = self.first + self.written.len() as Number;
            let level = (product.to_string(), store.to_string());
            self.counted.insert(level, position);
        }
        let level = Level::new(quantity(after.on_hand), quantity(after.reserved));
        self.written.push(Movement {
            kind,
            product: product.clone(),
            store: store.clone(),
            delta: delta(after.on_hand - before.on_hand),
            reserved_delta: delta(after.reserved - before.reserved),
            after: After {
                level: level.expect("the model keeps less reserved than there is"),
                version: version(number),
                total: quantity(total),
            },
        });
        // What is said of an alert makes no product known.
        if is_new_version || self.products.contains_key(product.as_str()) {
            self.products.insert(product.to_string(), known);
        }
    }
}

/// Puts a name at the end of those that were named before, unless it is one of them.
pub(super) fn mention(names: &mut Vec<String>, new: &str) {
    if !names.iter().any(|known| known == new) {
        names.push(new.to_owned());
    }
}

/// How many names were named before one of them.
pub(super) fn mentioned_before(names: &[String], name: &str) -> usize {
    let mut names = names.iter();
    let before = names.position(|known| known == name);
    before.expect("what has stock was named")
}
