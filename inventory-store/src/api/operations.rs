//! How a store is watched.

use inventory_http::health::Watched;
use inventory_http::server::Prepared;
use inventory_http::telemetry::Telemetry;
use inventory_http::wire::Readiness;

use super::service::Store;
use crate::sending::Blocked;

impl Watched for Store {
    /// It serves while central is away.
    fn readiness(&self) -> Readiness {
        let status = self.condition();
        let parked = self.outbox.outbox().parked_count();
        let mut reasons = Vec::new();
        if !status.connected {
            let why = status
                .last_error
                .as_ref()
                .map_or_else(String::new, |error| format!(" ({})", error.reason));
            reasons.push(format!(
                "central cannot be reached{why}; what is read may be old"
            ));
        } else if status.stale {
            let age = status.stale_for_ms;
            let age = age.map_or_else(String::new, |age| format!(" for {age} ms"));
            reasons.push(format!(
                "central has proved nothing{age}; what is read may be old"
            ));
        }
        if status.stale_for_ms.is_none() {
            let reason = "how old the copy is, is not known: the clock of this machine is behind what the copy says";
            reasons.push(reason.to_owned());
        }
        let central_is_newer = self.ask_syncer(|syncer, _| syncer.central_is_newer());
        if central_is_newer {
            let reason = "central is newer than this store, which follows by a snapshot now and then: upgrade it";
            reasons.push(reason.to_owned());
        }
        // While they are being sent, nothing is wrong.
        let is_held = !status.connected || status.blocked.is_some();
        if status.outbox.queued > 0 && is_held {
            reasons.push(format!("{} intents wait for central", status.outbox.queued));
        }
        if parked > 0 {
            reasons.push(format!("{parked} intents wait for a person"));
        }
        if let Some(Blocked { reason, since }) = &status.blocked {
            reasons.push(format!(
                "nothing that is queued is sent since {since}: {reason}"
            ));
        }
        if let Some((product, reason)) = self.sending.lock().products_aside().next() {
            let count = status.outbox.products_aside;
            reasons.push(format!(
                "an intent fails at central for each of {count} products, {product} among them: {reason}"
            ));
        }
        reasons.extend(self.saving.reason());
        reasons.extend(self.concerns());
        let unavailable = if self.stopping.is_near() {
            Some("the store is stopping")
        } else if self.replica.read().is_none() {
            Some("there is no copy of central yet")
        } else {
            None
        };
        Readiness::of(reasons, unavailable)
    }

    fn telemetry(&self) -> &Telemetry {
        &self.telemetry
    }

    fn openapi(&self) -> &Prepared {
        &self.openapi
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use allocation_counter::measure;
    use inventory_core::testing::ManualClock;
    use inventory_core::vocabulary::{Adjustment, Timestamp};
    use inventory_http::client::{CentralClient, CentralSettings};
    use inventory_http::health::Watched as _;
    use inventory_http::server::{Source, Stopping};
    use inventory_http::wire::{ReadinessStatus, Update};

    use super::*;
    use crate::api::gauges;
    use crate::api::service::Parts;
    use crate::api::{SETTINGS, Settings};
    use crate::outbox::{
        Change, DurableOutbox, Intent, IntentKey, Keeper, OnConflict, OutboxLimits, Reason,
    };
    use crate::replica::Followed;
    use crate::sending::{About, Sending, Trouble};
    use crate::syncer::{Millis, Syncer, SyncerSettings};
    use inventory_log::disk::Directory;

    fn parked(number: usize) -> [Change; 2] {
        let key = IntentKey {
            till: None,
            idempotency_key: format!("k{number}").parse().unwrap(),
        };
        let update = Update {
            note: Some("a note of some length".parse().unwrap()),
            ..Update::new(
                "north".parse().unwrap(),
                format!("product-{number}").parse().unwrap(),
                Adjustment::new(-1).unwrap(),
                None,
            )
        };
        let intent = Intent::new(key.clone(), update, Timestamp::UNIX_EPOCH, None);
        let reason = Reason::new("unprocessable", "there is too little");
        [Change::Enqueue(intent), Change::Park { key, reason }]
    }

    /// A store that nobody asks, and the central that it would ask is nowhere.
    struct World {
        store: Arc<Store>,
        runtime: tokio::runtime::Runtime,
        _directory: tempfile::TempDir,
    }

    impl World {
        fn new() -> Self {
            let temporary = tempfile::tempdir().unwrap();
            let directory = Directory::open(temporary.path()).unwrap();
            let source = Source {
                table: SETTINGS,
                lookup: &|name| match name {
                    "STORE_ID" => Some("north".to_owned()),
                    "OTEL_EXPORTER_OTLP_ENDPOINT" => Some("off".to_owned()),
                    _ => None,
                },
                read: &|path| Err(std::io::Error::other(path.to_owned())),
            };
            let settings = Settings::from_source(&source).unwrap();
            let opened =
                DurableOutbox::open(&directory, OutboxLimits::default(), OnConflict::default());
            let clock = Arc::new(ManualClock::default());
            let patience = Duration::from_secs(5);
            let outbox = Keeper::start(opened.unwrap().0, clock.clone(), patience).unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            let telemetry =
                runtime.block_on(Telemetry::start(&settings.service.telemetry, "north"));
            let central =
                CentralSettings::new(settings.central_url.clone(), settings.central_key.clone());
            let parts = Parts {
                central: CentralClient::new(central).unwrap(),
                replica: None,
                syncer: Syncer::new(SyncerSettings::default(), 0, Millis::default()),
                outbox,
                sending: Sending::new(0),
                stale_after: SyncerSettings::default().stale_after(),
                clock,
                telemetry: telemetry.clone(),
                stopping: Stopping::default(),
                openapi: Prepared::json(&"nothing"),
            };
            let store = Arc::new(Store::new(&settings, parts));
            gauges::show(&telemetry, &store);
            Self {
                store,
                runtime,
                _directory: temporary,
            }
        }

        fn change(&self, changes: Vec<Change>) {
            let changed = self.store.outbox.change_all(changes);
            let changed = self.runtime.block_on(changed).unwrap();
            assert!(changed.iter().all(Result::is_ok));
        }
    }

    /// Whoever watches a store asks every few seconds, and a thousand intents may be parked: they are counted, not copied.
    #[test]
    fn to_be_watched_costs_the_same_however_much_is_parked() {
        let world = World::new();
        let store = &world.store;
        let watched = || {
            let (mut readiness, mut metrics) = (None, String::new());
            let cost = measure(|| {
                readiness = Some(store.readiness());
                metrics = store.telemetry().prometheus();
            });
            (cost.count_total, readiness.unwrap(), metrics)
        };
        watched();
        let (none, ..) = watched();
        world.change((0..1_000).flat_map(parked).collect());
        let (many, readiness, metrics) = watched();
        assert!(
            readiness
                .reasons
                .contains(&"1000 intents wait for a person".to_owned())
        );
        assert!(metrics.contains("\ninventory_outbox_parked 1000\n"));
        assert!(
            many < none + 50,
            "{many} allocations, and {none} when nothing is parked"
        );
    }

    #[test]
    fn a_store_has_a_reason_exactly_when_it_is_not_ready_and_none_while_it_sends() {
        let world = World::new();
        let store = &world.store;
        let replica = crate::replica::tests::empty();
        let position = replica.position();
        *store.replica.write() = Some(replica);
        let page = Followed {
            position,
            events: 0,
            has_more: false,
            head: position.offset,
            taken_over: 0,
        };
        let [queued, _] = parked(1);
        world.change(vec![queued]);
        let readiness = |says: &str| {
            let Readiness {
                status, reasons, ..
            } = store.readiness();
            let is_ready = status == ReadinessStatus::Ready;
            assert_eq!(is_ready, reasons.is_empty(), "{reasons:?}");
            assert!(reasons.join("; ").contains(says), "{reasons:?}");
            is_ready
        };
        assert!(!readiness("1 intents wait for central"), "it is alone");
        store.tell_syncer(|syncer, now| {
            syncer.on_snapshot(now, position);
            syncer.on_page(now, &page);
        });
        assert!(readiness(""), "it is being sent");
        let trouble = Trouble {
            about: About::Queue,
            reason: Reason::new("forbidden", "it is not a store"),
            retry_after: None,
        };
        store.tell_sending(|sending| {
            sending.failed(Millis::default(), Timestamp::UNIX_EPOCH, &[], trouble)
        });
        assert!(!readiness(
            "1 intents wait for central; nothing that is queued is sent"
        ));
    }
}
