//! What must be true of the model itself, whatever was asked.

use super::Model;
use super::number::{MAX, Number};
use super::stock::{Product, State};

impl Model {
    /// Units over all stores, and on the way between them.
    pub fn units(&self) -> i128 {
        let products = self.state.products.values();
        let stocks = products.flat_map(|product| product.stores.values());
        let at_stores: Number = stocks.map(|stock| stock.on_hand).sum();
        let lines = self.state.transfers.iter().flat_map(|it| &it.lines);
        let on_the_way: Number = lines.map(|line| line.in_transit()).sum();
        at_stores + on_the_way
    }

    /// Every level has as much reserved as the reservations promise whose deadline has not passed, and no less on hand than
    /// that.
    pub(super) fn check(&self) -> Result<(), String> {
        for (id, product) in &self.state.products {
            self.state.check_promises(id, product)?;
            let everything: Number = product.stores.values().map(|stock| stock.on_hand).sum();
            if everything > MAX {
                return Err(format!("there is more of {id} than there can be"));
            }
        }
        Ok(())
    }
}

impl State {
    fn check_promises(&self, id: &str, product: &Product) -> Result<(), String> {
        // A product that has no version left keeps what is reserved.
        let is_exempt = product.promised_to_nobody || product.version == MAX;
        for (store, stock) in &product.stores {
            let kept = self.reservations.iter();
            let kept = kept.filter(|known| known.is_kept(self.at_ms));
            let lines = kept.flat_map(|known| &known.lines);
            let here =
                lines.filter(|line| line.product.as_str() == id && line.store.as_str() == store);
            let promised: Number = here.map(|line| line.held).sum();
            if stock.available() < 0 || (stock.reserved != promised && !is_exempt) {
                return Err(format!("{id} at {store}: {stock:?}, promised {promised}"));
            }
        }
        Ok(())
    }
}
