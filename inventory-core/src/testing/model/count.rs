//! Somebody has looked: counts, and the rows of a synchronisation.

use super::number::{MAX, Number, quantity};
use super::stock::{State, Stock};
use crate::machine::{
    Basis, Command, Count, Line, MovementKind, Rejection, Skip, SyncLevel, SyncRule,
};
use crate::vocabulary::{ProductId, Sequence, StoreId};

impl State {
    pub(super) fn count(&mut self, line: Line, count: &Count) -> Result<(), Rejection> {
        let (product, store) = (&count.product, &count.store);
        let counted = Number::from(count.counted.units());
        let on_hand = match count.basis {
            Basis::Now(guard) => {
                self.refuse_stale(line, product, store, guard)?;
                counted
            }
            Basis::Then(then) => {
                self.refuse_quarantined(line, product)?;
                let level = (product.to_string(), store.to_string());
                let at = self.counted.get(&level).copied().unwrap_or_default();
                if at > then.whole().number().into() {
                    return Err(Rejection::CountedSince {
                        line,
                        product: product.clone(),
                        store: store.clone(),
                        at: Sequence::new(at as u64),
                    });
                }
                let more = counted - Number::from(then.on_hand().units());
                let on_hand = self.stock(product, store).on_hand + more;
                if on_hand < 0 {
                    return Err(self.insufficient(line, product, store, -more));
                }
                if on_hand > MAX {
                    return Err(Rejection::StockCeiling {
                        line,
                        product: product.clone(),
                        store: store.clone(),
                    });
                }
                on_hand
            }
        };
        let reserved = self.believed_reserved(product, store);
        if reserved > on_hand && !count.release_holds {
            return Err(Rejection::BelowReserved {
                line,
                product: product.clone(),
                store: store.clone(),
                counted: count.counted,
                reserved: quantity(reserved),
            });
        }
        let mut released = 0;
        for reservation in self.youngest_first(product, store) {
            if self.believed_reserved(product, store) > on_hand {
                released += reservation.lines.len();
                if released > 1_000 {
                    return Err(Rejection::TooManyLines { line });
                }
                let kind = MovementKind::Released {
                    reservation: reservation.id.clone(),
                };
                self.free(&reservation, &kind);
            }
        }
        let reserved = self.believed_reserved(product, store).min(on_hand);
        let after = Stock { on_hand, reserved };
        self.write(line, product, store, MovementKind::Counted, after)
    }

    pub(super) fn set(&mut self, line: Line, set: &SyncLevel) -> Result<(), Rejection> {
        let (product, store) = (&set.product, &set.store);
        if let SyncRule::Merge(_) = set.rule {
            self.refuse_quarantined(line, product)?;
        }
        let after = Stock {
            on_hand: set.on_hand.units().into(),
            reserved: self.believed_reserved(product, store),
        };
        self.write(line, product, store, MovementKind::Counted, after)
    }

    /// Why a row of a synchronisation writes nothing.
    pub(super) fn skipped(&self, command: &Command) -> Option<Skip> {
        let Command::SyncLevel(set) = command else {
            return None;
        };
        let product = self.products.get(set.product.as_str())?;
        if let SyncRule::Merge(version) = set.rule {
            if product.quarantined {
                // The request will be refused.
                return None;
            }
            if product.version != 0 && Number::from(version.number()) != product.version {
                return Some(Skip::Stale);
            }
        }
        let wanted = Number::from(set.on_hand.units());
        let stock = product.stores.get(set.store.as_str());
        if stock.is_some_and(|stock| stock.on_hand == wanted) && !product.quarantined {
            return Some(Skip::Unchanged);
        }
        let reserved = self.believed_reserved(&set.product, &set.store);
        (wanted < reserved).then_some(Skip::BelowReserved)
    }

    /// What is reserved, as far as it can be believed: of a product under suspicion, only the reservations can.
    fn believed_reserved(&self, product: &ProductId, store: &StoreId) -> Number {
        match self.product(product).quarantined {
            true => self.promised(product, store).min(MAX),
            false => self.stock(product, store).reserved,
        }
    }
}
