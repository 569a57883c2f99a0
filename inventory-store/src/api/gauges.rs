//! What the metrics say of a store.

use std::sync::Arc;

use inventory_http::telemetry::Telemetry;

use super::service::Store;
use crate::outbox::Tally;

/// What is read when somebody looks at the metrics. They do not keep the store alive.
pub(super) fn show(telemetry: &Telemetry, store: &Arc<Store>) {
    let gauge = |name, about, read: fn(&Store) -> u64| {
        let store = Arc::downgrade(store);
        telemetry.gauge(name, about, move || {
            store.upgrade().map(|store| read(&store))
        });
    };
    gauge(
        "inventory_central_connected",
        "1 while central answers",
        |store| u64::from(store.is_connected()),
    );
    gauge(
        "inventory_replica_offset",
        "the last event of central's log that this store has",
        |store| store.offsets().1.number(),
    );
    gauge(
        "inventory_replica_lag_events",
        "how far this store is known to be behind central",
        |store| {
            let (central, here) = store.offsets();
            central.events_since(here)
        },
    );
    let weak = Arc::downgrade(store);
    telemetry.gauge(
        "inventory_stale_for_ms",
        "how old the copy may be, when that is known",
        move || weak.upgrade()?.age_ms(),
    );
    gauge(
        "inventory_outbox_queued",
        "intents that wait for central",
        |store| store.outbox.outbox().queued_count() as u64,
    );
    gauge(
        "inventory_outbox_oldest_ms",
        "how long the oldest intent waits",
        |store| {
            let age = store.outbox.outbox().oldest_age(store.clock.now());
            age.map_or(0, |age| age.as_millis() as u64)
        },
    );
    let counter = |name, about, read: fn(&Tally) -> u64| {
        let store = Arc::downgrade(store);
        telemetry.counter(name, about, move || {
            store.upgrade().map(|store| read(store.outbox.tally()))
        });
    };
    counter(
        "inventory_outbox_queued_total",
        "intents that were queued, also again by a person",
        |tally| tally.queued(),
    );
    counter(
        "inventory_outbox_sent_total",
        "intents that central has applied",
        |tally| tally.sent(),
    );
    counter(
        "inventory_outbox_parked_total",
        "intents that were left to a person",
        |tally| tally.parked(),
    );
    counter(
        "inventory_outbox_refused_total",
        "updates that the outbox did not take, for want of room, for its disk, or for what they say",
        |tally| tally.refused(),
    );
    gauge(
        "inventory_outbox_parked",
        "intents that wait for a person",
        |store| store.outbox.outbox().parked_count() as u64,
    );
    gauge(
        "inventory_outbox_blocked",
        "1 while nothing that is queued is sent though central is there, or nothing can be queued",
        |store| u64::from(store.blocked().is_some()),
    );
    gauge(
        "inventory_outbox_products_aside",
        "products of which an intent fails alone at central",
        |store| store.sending.lock().products_aside().len() as u64,
    );
}
