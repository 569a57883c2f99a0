//! Who wants to be told when a level runs low, and what they were told last.

use super::number::{Number, quantity};
use super::records::Alert;
use super::stock::State;
use crate::machine::{Line, MovementKind, Rejection, RemoveAlert, SetAlert};
use crate::vocabulary::{ProductId, StoreId};

impl State {
    pub(super) fn set_alert(&mut self, line: Line, set: &SetAlert) -> Result<(), Rejection> {
        let (product, store) = (&set.product, &set.store);
        self.refuse_quarantined(line, product)?;
        let low = Number::from(set.thresholds.low().units());
        let replenished = Number::from(set.thresholds.replenished().units());
        let level = (product.to_string(), store.to_string());
        let before = self.alerts.get(&level);
        if before.is_some_and(|before| (before.low, before.replenished) == (low, replenished)) {
            return Ok(());
        }
        let kind = MovementKind::AlertSet {
            low: quantity(low),
            replenished: quantity(replenished),
        };
        self.note(product, store, kind);
        let alert = Alert {
            low,
            replenished,
            is_low: false,
        };
        self.alerts.insert(level, alert);
        Ok(())
    }

    pub(super) fn remove_alert(&mut self, remove: &RemoveAlert) -> Result<(), Rejection> {
        let (product, store) = (&remove.product, &remove.store);
        let level = (product.to_string(), store.to_string());
        if self.alerts.remove(&level).is_none() {
            return Err(Rejection::UnknownAlert {
                product: product.clone(),
                store: store.clone(),
            });
        }
        self.note(product, store, MovementKind::AlertRemoved);
        Ok(())
    }

    /// Tells of each level what the request has made of it, in the order of products and stores.
    pub(super) fn tell_all(&mut self) {
        let levels: Vec<_> = self.alerts.keys().cloned().collect();
        for (product, store) in levels {
            let product = product.parse().expect("it was the name of a product");
            let store = store.parse().expect("it was the name of a store");
            self.tell(&product, &store);
        }
    }

    /// Tells whoever wants to know that a level is low, or is so no longer, unless that is what they were told last.
    fn tell(&mut self, product: &ProductId, store: &StoreId) {
        let available = self.stock(product, store).available();
        let level = (product.to_string(), store.to_string());
        let Some(alert) = self.alerts.get_mut(&level) else {
            return;
        };
        let kind = if !alert.is_low && available <= alert.low {
            alert.is_low = true;
            MovementKind::Low {
                low: quantity(alert.low),
            }
        } else if alert.is_low && available >= alert.replenished {
            alert.is_low = false;
            MovementKind::Replenished {
                replenished: quantity(alert.replenished),
            }
        } else {
            return;
        };
        self.note(product, store, kind);
    }
}
