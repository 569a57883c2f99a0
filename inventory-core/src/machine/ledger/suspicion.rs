//! What a ledger does not know or does not believe: positions that are lost, events that could not be applied, and products under
//! suspicion.

use std::sync::Arc;

use super::buried::Buried;
use super::product::Product;
use super::{Ledger, ProductIx};
use crate::defect;
use crate::machine::Event;
use crate::testing::step;
use crate::vocabulary::{Sequence, Timestamp};

impl Ledger {
    /// Gives up the positions up to `sequence`, which are lost. Entries after it can be followed as after a loss.
    pub fn skip_to(&mut self, sequence: Sequence) {
        self.head.sequence = self.head.sequence.max(sequence);
    }

    /// Acknowledged positions before `before` are gone. What they did nobody knows, so every product is quarantined until
    /// its numbers are proved, and so is every product that is heard of for the first time.
    pub fn lose(&mut self, before: Sequence) {
        if defect!(LossNotSuspected) {
            return;
        }
        self.unknown_before = self.unknown_before.max(before);
        for at in 0..self.products.len() {
            let ix = ProductIx(at as u32);
            if !self.products.at(ix).quarantined {
                self.products.at_mut(ix).quarantined = true;
                self.quarantined += 1;
            }
        }
        self.unheard = 0;
    }

    /// Keys that were recorded until a moment are gone, nobody knows which: from now on none of them is promised to be
    /// remembered. Those that are known still are answered as they were first.
    pub(crate) fn forget_keys(&mut self, until: Timestamp) {
        self.window.forget_until(until);
    }

    /// Marks a position as buried and its product as quarantined.
    pub(in crate::machine) fn quarantine(
        &mut self,
        sequence: Sequence,
        event: &Event,
        reason: Arc<str>,
    ) {
        let buried = Buried {
            product: event.product().cloned(),
            version: event.version(),
            suspected_until: None,
            reason,
        };
        Arc::make_mut(&mut self.buried).insert(sequence, buried);
        let Some(id) = event.product() else { return };
        let ix = self.product_ix(id);
        self.buried_by_product.insert((ix, sequence));
        let product = self.products.at_mut(ix);
        self.quarantined += usize::from(!product.quarantined);
        self.unheard -= usize::from(!product.is_heard_of());
        product.suspect(event);
    }

    /// Ends the suspicion of a product whose numbers the event at a position has proved.
    pub(in crate::machine) fn trust(&mut self, product: ProductIx, proof: Sequence) {
        self.quarantined -= 1;
        let of_it = (product, Sequence::START)..=(product, proof);
        // The proof before has ended the suspicion of all that had been buried by then.
        for (_, at) in self.buried_by_product.range(of_it).rev() {
            step();
            let is_suspected = |buried: &Buried| buried.suspected_until.is_none();
            if !self.buried.get(at).is_some_and(is_suspected) {
                break;
            }
            if let Some(buried) = Arc::make_mut(&mut self.buried).get_mut(at) {
                buried.suspected_until = Some(proof);
            }
        }
    }
}

impl Product {
    /// Puts the product under suspicion, since an event cannot be applied to it.
    pub(in crate::machine) fn suspect(&mut self, event: &Event) {
        // Somebody may have seen the version that the event gave: it must not be given twice.
        if let Some(claimed) = event.version().filter(|_| !defect!(ClaimedVersionReused)) {
            self.version = self.version.max(claimed);
        }
        self.quarantined = true;
    }
}
