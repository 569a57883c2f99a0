//! In what a ledger differs from the model.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

use super::{Model, Number, Product, Stock};
use crate::machine::{Ledger, ProductView};

impl Model {
    /// The first difference between the model and a ledger, in words; `None` when they agree on all that they both
    /// know: head, products, versions, levels, totals, quarantine and window.
    pub fn difference(&self, ledger: &Ledger) -> Option<String> {
        self.compare(ledger).err()
    }

    fn compare(&self, ledger: &Ledger) -> Result<(), String> {
        let head = ledger.head();
        same("head", head.sequence.number().into(), self.events)?;
        same(
            "time of the head",
            head.recorded_at.millis(),
            self.recorded_at_ms,
        )?;
        for view in ledger.products() {
            let Some(product) = self.products.get(view.id().as_str()) else {
                return Err(format!("product {} is unknown to the model", view.id()));
            };
            compare_product(&view, product)?;
        }
        same(
            "number of products",
            ledger.product_count(),
            self.products.len(),
        )?;
        let levels = self.products.values().map(|product| product.stores.len());
        same("number of levels", ledger.level_count(), levels.sum())?;
        let quarantined = self.products.values().filter(|product| product.quarantined);
        same(
            "quarantined",
            ledger.quarantined_count(),
            quarantined.count(),
        )?;
        self.compare_window(ledger)
    }

    fn compare_window(&self, ledger: &Ledger) -> Result<(), String> {
        for known in self.window.iter() {
            let key = known.key.parse().expect("the model was given a valid key");
            let found = ledger.find(&key).map(|entry| entry.first.number().into());
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

fn same<T: PartialEq + Debug>(what: impl Display, ledger: T, model: T) -> Result<(), String> {
    if ledger == model {
        return Ok(());
    }
    Err(format!(
        "{what}: the ledger has {ledger:?}, the model {model:?}"
    ))
}
