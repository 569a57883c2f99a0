//! What central shows of its state.

use std::sync::Arc;

use inventory_core::machine::Ledger;

use super::service::Central;
use crate::telemetry::Telemetry;

/// What is read when somebody looks at the metrics. They do not keep the service alive.
pub(super) fn show(telemetry: &Telemetry, central: &Arc<Central>) {
    let gauge = |name, about, read: fn(&Central) -> u64| {
        let central = Arc::downgrade(central);
        telemetry.gauge(name, about, move || {
            central.upgrade().map(|central| read(&central))
        });
    };
    gauge(
        "inventory_inbox_depth",
        "requests that wait for their group",
        |central| central.queued() as u64,
    );
    let evicting = Arc::downgrade(central);
    telemetry.counter(
        "inventory_idempotency_keys_evicted_early_total",
        "keys that were forgotten before their age, for want of room, since the log began",
        move || {
            let central = evicting.upgrade()?;
            Some(central.reader().read(Ledger::keys_evicted_early))
        },
    );
    gauge(
        "inventory_disk_silent_ms",
        "how long the disk has not answered, once it should have",
        |central| {
            let silence = central.disk().silence();
            silence.map_or(0, |silence| silence.as_millis() as u64)
        },
    );
    gauge("inventory_head_offset", "the end of the log", |central| {
        central.reader().head().sequence.number()
    });
    gauge(
        "inventory_snapshot_offset",
        "the offset of the newest snapshot",
        |central| central.reader().snapshot().number(),
    );
    gauge(
        "inventory_products",
        "products that were ever written",
        |central| {
            central
                .reader()
                .read(|ledger| ledger.product_count() as u64)
        },
    );
    gauge("inventory_levels", "levels of all products", |central| {
        central.reader().read(|ledger| ledger.level_count() as u64)
    });
    gauge(
        "inventory_idempotency_keys",
        "keys that are remembered",
        |central| central.reader().read(|ledger| ledger.key_count() as u64),
    );
    gauge(
        "inventory_products_quarantined",
        "products that wait for a count",
        |central| {
            central
                .reader()
                .read(|ledger| ledger.quarantined_count() as u64)
        },
    );
    gauge(
        "inventory_reservations_open",
        "reservations that have not ended",
        |central| {
            central
                .reader()
                .read(|ledger| ledger.open_reservations() as u64)
        },
    );
    gauge(
        "inventory_transfers_in_transit",
        "transfers that have not ended",
        |central| {
            central
                .reader()
                .read(|ledger| ledger.open_transfers() as u64)
        },
    );
    gauge(
        "inventory_dead_letters_unresolved",
        "dead letters that wait for a person",
        |central| central.letters().unresolved() as u64,
    );
    gauge(
        "inventory_followers_parked",
        "followers that wait for the next event",
        |central| central.feed().parked() as u64,
    );
    gauge(
        "inventory_clock_ahead_ms",
        "how far the clock is ahead of what the time that has passed explains",
        |central| {
            let leap = central.reader().time().leap;
            leap.map_or(0, |leap| leap.ahead.millis())
        },
    );
    gauge(
        "inventory_clock_behind_ms",
        "how far the clock is behind the log",
        |central| central.reader().time().behind.millis(),
    );
}
