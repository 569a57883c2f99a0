//! In what a ledger differs from the model.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

use super::Model;
use super::number::{Number, quantity, timestamp};
use super::records::{Alert, Held, Reservation, Shipped, Transfer};
use super::stock::{Product, Stock};
use crate::machine::{self, Ledger, Lines, ProductView};
use crate::vocabulary::{Quantity, Sequence, StoreId};

impl Model {
    /// The first difference between the model and a ledger, in words; `None` when they agree on all that they both
    /// know: head, products, versions, levels, totals, quarantine, window, reservations, transfers and alerts.
    pub fn difference(&self, ledger: &Ledger) -> Option<String> {
        let compared = self
            .check()
            .and_then(|()| self.compare(ledger))
            .and_then(|()| self.compare_window(ledger))
            .and_then(|()| self.compare_reservations(ledger))
            .and_then(|()| self.compare_transfers(ledger))
            .and_then(|()| self.compare_alerts(ledger));
        compared.err()
    }

    fn compare(&self, ledger: &Ledger) -> Result<(), String> {
        let (head, products) = (ledger.head(), &self.state.products);
        same("head", head.sequence.number().into(), self.events)?;
        same(
            "time of the head",
            head.recorded_at.millis(),
            self.recorded_at_ms,
        )?;
        for view in ledger.products() {
            let Some(product) = products.get(view.id().as_str()) else {
                return Err(format!("product {} is unknown to the model", view.id()));
            };
            compare_product(&view, product)?;
        }
        same("number of products", ledger.product_count(), products.len())?;
        self.compare_order(ledger)?;
        let levels = products.values().map(|product| product.stores.len());
        same("number of levels", ledger.level_count(), levels.sum())?;
        let quarantined = products.values().filter(|product| product.quarantined);
        same(
            "quarantined",
            ledger.quarantined_count(),
            quarantined.count(),
        )
    }

    /// What is due at one moment is told in this order.
    fn compare_order(&self, ledger: &Ledger) -> Result<(), String> {
        let image = ledger.freeze();
        let products: Vec<_> = image.products().map(|view| view.id().to_string()).collect();
        same("products, as named", &products, &self.state.named.products)?;
        let stores: Vec<_> = image.stores().map(StoreId::to_string).collect();
        same("stores, as named", &stores, &self.state.named.stores)
    }

    fn compare_window(&self, ledger: &Ledger) -> Result<(), String> {
        for known in self.window.iter() {
            let (caller, key) = &known.key;
            let caller = caller.as_ref().map(|caller| caller.parse());
            let caller = caller
                .transpose()
                .expect("the model was given a valid caller");
            let key = key.parse().expect("the model was given a valid key");
            let found = ledger.find(caller.as_ref(), &key);
            let found = found.map(|entry| entry.first.number().into());
            same(format!("entry of key {key}"), found, Some(known.first))?;
        }
        same(
            "number of keys",
            ledger.key_count(),
            self.window.iter().count(),
        )?;
        same(
            "keys evicted early",
            ledger.keys_evicted_early(),
            self.window.evicted_early,
        )?;
        let since = match self.window.forgotten_until_ms {
            0 => 0,
            until => until + 1,
        };
        same(
            "keys remembered since",
            ledger.keys_remembered_since().millis(),
            since,
        )
    }

    fn compare_reservations(&self, ledger: &Ledger) -> Result<(), String> {
        let expected: Vec<_> = self.state.reservations.iter().map(reservation).collect();
        let found: Vec<_> = ledger
            .reservations_after(Sequence::START)
            .cloned()
            .collect();
        same("reservations", &found, &expected)?;
        for known in &expected {
            let what = format!("reservation {}", known.id);
            same(what, ledger.reservation(&known.id), Some(known))?;
        }
        let open = self.open_reservations().count();
        same("open reservations", ledger.open_reservations(), open)?;
        let open = expected.iter().filter(|known| known.is_open());
        let deadlines = open.map(|known| known.deadline);
        same("next deadline", ledger.next_deadline(), deadlines.min())
    }

    fn compare_transfers(&self, ledger: &Ledger) -> Result<(), String> {
        let expected: Vec<_> = self.state.transfers.iter().map(transfer).collect();
        let found: Vec<_> = ledger.transfers_after(Sequence::START).cloned().collect();
        same("transfers", &found, &expected)?;
        for known in &expected {
            let what = format!("transfer {}", known.id);
            same(what, ledger.transfer(&known.id), Some(known))?;
        }
        let open = self.open_transfers().count();
        same("open transfers", ledger.open_transfers(), open)
    }

    fn compare_alerts(&self, ledger: &Ledger) -> Result<(), String> {
        let found = ledger.alerts_after(None).map(|(product, store, alert)| {
            let level = (product.to_string(), store.to_string());
            (level, model_alert(alert))
        });
        let found: Vec<_> = found.collect();
        let expected = self.state.alerts.iter();
        let expected: Vec<_> = expected.map(|(at, alert)| (at.clone(), *alert)).collect();
        same("alerts", found, expected)?;
        let image = ledger.freeze();
        let by_product = image.products().flat_map(|product| {
            let alerts = product.alerts().map(|(_, alert)| model_alert(alert));
            alerts.collect::<Vec<_>>()
        });
        let by_product = by_product.count();
        same(
            "alerts of all products",
            by_product,
            self.state.alerts.len(),
        )
    }
}

fn compare_product(view: &ProductView<'_>, product: &Product) -> Result<(), String> {
    let of = |what: &str| format!("{what} of {}", view.id());
    same(
        of("version"),
        view.version().number().into(),
        product.version,
    )?;
    same(of("quarantine"), view.quarantined(), product.quarantined)?;
    let stores: BTreeMap<_, _> = view
        .levels()
        .map(|(store, level)| (store.to_string(), Stock::of(level)))
        .collect();
    same(of("levels"), &stores, &product.stores)?;
    same(
        of("total"),
        Number::from(view.total().units()),
        product.total(),
    )
}

/// A reservation of the model as a ledger has it.
fn reservation(known: &Reservation) -> machine::Reservation {
    let line = |line: &Held| machine::HeldLine {
        product: line.product.clone(),
        store: line.store.clone(),
        held: quantity(line.held),
        committed: quantity(line.committed),
    };
    machine::Reservation {
        id: known.id.clone(),
        opened: position(known.opened),
        opened_at: timestamp(known.opened_at_ms),
        deadline: timestamp(known.deadline_ms),
        state: known.state,
        ended_at: known.ended_at_ms.map(timestamp),
        lines: Lines::new(known.lines.iter().map(line).collect()).expect("as many as there may be"),
    }
}

/// A transfer of the model as a ledger has it.
fn transfer(known: &Transfer) -> machine::Transfer {
    let line = |line: &Shipped| machine::TransferLine {
        product: line.product.clone(),
        shipped: quantity(line.shipped),
        received: quantity(line.received),
        missing: quantity(line.missing),
    };
    machine::Transfer {
        id: known.id.clone(),
        opened: position(known.opened),
        opened_at: timestamp(known.opened_at_ms),
        source: known.source.clone(),
        destination: known.destination.clone(),
        state: known.state,
        ended_at: known.ended_at_ms.map(timestamp),
        lines: Lines::new(known.lines.iter().map(line).collect()).expect("as many as there may be"),
    }
}

fn model_alert(alert: machine::Alert) -> Alert {
    let units = |quantity: Quantity| quantity.units().into();
    Alert {
        low: units(alert.thresholds.low()),
        replenished: units(alert.thresholds.replenished()),
        is_low: alert.is_low,
    }
}

fn position(number: Number) -> Sequence {
    Sequence::new(u64::try_from(number).expect("positions are counted from 1"))
}

fn same<T: PartialEq + Debug>(what: impl Display, ledger: T, model: T) -> Result<(), String> {
    if ledger == model {
        return Ok(());
    }
    Err(format!(
        "{what}: the ledger has {ledger:?}, the model {model:?}"
    ))
}
