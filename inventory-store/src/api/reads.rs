//! Reading the copy.

use inventory_http::server::params::{page_after, page_limit, subject};
use inventory_http::server::{Answer, ApiError, Call};
use inventory_http::wire::Code;
use inventory_http::wire::Cursor;

use super::service::Store;
use crate::bodies::{
    Freshness, OutboxStatus, ParkedIntent, StoreListing, StoreProduct, StoreStatus,
};
use crate::outbox::{Outbox, Parked, Reason, Trouble};
use crate::replica::Shown;
use crate::sending::Blocked;

fn store_product(shown: Shown, outbox: &Outbox, freshness: Freshness) -> StoreProduct {
    StoreProduct {
        queued_delta: outbox.queued_delta(&shown.product),
        product_id: shown.product,
        available: shown.available,
        version: shown.version,
        last_updated: shown.last_updated,
        store_quantity: shown.store_quantity,
        quarantined: shown.quarantined,
        freshness,
    }
}

/// GET /store/inventory/{productId}
pub(super) fn get(call: &Call<Store>) -> Result<Answer, ApiError> {
    let (store, id) = (call.service(), subject(call)?);
    let (shown, freshness) = store.read(|replica| {
        let shown = replica.product(&id, &store.id);
        (shown, store.freshness(replica))
    })?;
    let shown = shown.ok_or_else(|| {
        let message = "this store knows of no such product";
        ApiError::new(Code::NotFound, message).with_detail("productId", "is not known")
    })?;
    let outbox = store.outbox.outbox();
    Ok(Answer::json(&store_product(shown, &outbox, freshness)))
}

/// GET /store/inventory
pub(super) fn list(call: &Call<Store>) -> Result<Answer, ApiError> {
    let store = call.service();
    let (after, limit) = (page_after(call), page_limit(call));
    let (page, freshness) = store.read(|replica| {
        let page = replica.page(after.as_ref(), limit, &store.id);
        (page, store.freshness(replica))
    })?;
    let last = page.items.last().filter(|_| page.has_more);
    let next_cursor = Cursor::next(last.map(|last| last.product.clone()));
    let items = page.items.into_iter();
    let outbox = store.outbox.outbox();
    Ok(Answer::json(&StoreListing {
        items: items
            .map(|shown| store_product(shown, &outbox, freshness))
            .collect(),
        next_cursor,
        freshness,
    }))
}

/// GET /store/status
pub(super) fn status(call: &Call<Store>) -> Result<Answer, ApiError> {
    Ok(Answer::json(&call.service().status()))
}

impl Store {
    /// How the store is doing.
    pub fn status(&self) -> StoreStatus {
        let mut status = self.condition();
        let outbox = self.outbox.outbox();
        status.parked = outbox.parked().map(parked_intent).collect();
        status
    }

    /// The same without what is parked, which may be much.
    pub(super) fn condition(&self) -> StoreStatus {
        let (central_offset, last_offset) = self.offsets();
        let (connected, is_stale, age) = self.ask_syncer(|syncer, now| {
            let is_stale = syncer.is_stale(now);
            (syncer.connected(), is_stale, syncer.age(now))
        });
        let blocked = self.blocked();
        let products_aside = self.sending.lock().products_aside().len() as u64;
        let outbox = self.outbox.outbox();
        let oldest_age = outbox.oldest_age(self.clock.now());
        StoreStatus {
            store_id: self.id.clone(),
            connected,
            stale: is_stale,
            stale_for_ms: age.map(|age| age.as_millis() as u64),
            last_offset,
            central_offset,
            last_error: self.last_error.lock().clone(),
            blocked,
            outbox: OutboxStatus {
                queued: outbox.queued_count() as u64,
                oldest_age_ms: oldest_age.map_or(0, |age| age.as_millis() as u64),
                products_aside,
            },
            parked: Vec::new(),
        }
    }

    /// Why nothing that is queued is sent, or nothing can be queued.
    pub(super) fn blocked(&self) -> Option<Blocked> {
        if let Some(Trouble { message, since }) = self.outbox.trouble() {
            let reason = Reason::new("disk", message);
            return Some(Blocked { reason, since });
        }
        let sending = self.sending.lock();
        sending.blocked().cloned()
    }
}

fn parked_intent(parked: &Parked) -> ParkedIntent {
    let update = parked.intent.update();
    ParkedIntent {
        idempotency_key: parked.intent.key().idempotency_key.clone(),
        till: parked.intent.key().till.clone(),
        product_id: update.product_id.clone(),
        delta: update.delta.delta().units(),
        reason: parked.reason.clone(),
        parked_at: parked.parked_at,
    }
}
