//! Whose turn it is: a write of a product waits for what is queued of it.

use inventory_core::vocabulary::ProductId;
use tokio::time::{Instant, timeout_at};

use super::service::Store;

/// Whether a write goes to central now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing of its products is queued.
    Comes,
    /// It has to queue behind what is queued, which is not sent in time.
    Queues,
}

impl Store {
    /// Waits, until a deadline, while central takes what is queued of some products: a write that queued as well would keep
    /// the queue from ever being empty, with customers who come faster than a batch comes back.
    pub(super) async fn turn(&self, products: &[&ProductId], deadline: Instant) -> Turn {
        let mut changed = self.outbox.subscribe();
        loop {
            changed.mark_unchanged();
            let queued: Vec<_> = {
                let outbox = self.outbox.outbox();
                let queued = products.iter().filter(|product| outbox.has_queued(product));
                queued.collect()
            };
            if queued.is_empty() {
                return Turn::Comes;
            }
            let is_held = {
                let sending = self.sending.lock();
                queued.iter().any(|product| sending.holds(product))
            };
            if is_held || !self.is_connected() || self.outbox.trouble().is_some() {
                return Turn::Queues;
            }
            if !matches!(timeout_at(deadline, changed.changed()).await, Ok(Ok(()))) {
                return Turn::Queues;
            }
        }
    }
}
