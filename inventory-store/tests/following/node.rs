//! A store: a replica and a syncer, and what it has written down of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use inventory_core::vocabulary::{ProductId, StoreId, Version};
use inventory_http::wire::{Changes, StateSnapshot, Updated};
use inventory_store::replica::{Replica, Shown};
use inventory_store::syncer::{Millis, Syncer, SyncerSettings};

use crate::history::History;
use crate::intents::Intents;
use crate::network::{CallId, Reply};

pub(crate) const SETTINGS: SyncerSettings = SyncerSettings {
    backoff_min: Duration::from_millis(20),
    backoff_max: Duration::from_millis(800),
    long_poll: Duration::from_millis(1_500),
    newer_every: Duration::from_secs(300),
};

pub(crate) struct Node {
    pub(crate) store: StoreId,
    pub(crate) replica: Option<Replica>,
    pub(crate) syncer: Syncer,
    /// The call that the syncer waits for.
    pub(crate) call: Option<CallId>,
    /// Writes that are not answered yet.
    pub(crate) writes: BTreeSet<CallId>,
    pub(crate) wake_at: Option<u64>,
    pub(crate) intents: Intents,
    /// The file, and when it was written.
    saved: Option<(String, u64)>,
    /// Answers that this process has taken.
    answers: Vec<Updated>,
    /// The versions that were shown last, since the last snapshot.
    shown: BTreeMap<ProductId, Version>,
}

impl Node {
    pub(crate) fn new(store: &str, seed: u64) -> Self {
        Self {
            store: store.parse().expect("it is an id"),
            replica: None,
            syncer: Syncer::new(SETTINGS, seed, Millis::new(0)),
            call: None,
            writes: BTreeSet::new(),
            wake_at: None,
            intents: Intents::new(seed),
            saved: None,
            answers: Vec::new(),
            shown: BTreeMap::new(),
        }
    }

    pub(crate) fn save(&mut self, now: u64) {
        if let Some(replica) = &self.replica {
            let text = serde_json::to_string(&replica.freeze()).expect("a replica is JSON");
            self.saved = Some((text, now));
        }
    }

    /// The process ends, and another one starts from the file. Returns whether there was one.
    pub(crate) fn crash(&mut self, now: u64, seed: u64) -> bool {
        let saved = self.saved.take();
        let store = self.store.to_string();
        let intents = self.intents.crash(seed);
        *self = Self::new(&store, seed);
        self.intents = intents;
        self.syncer = Syncer::new(SETTINGS, seed, Millis::new(now));
        let Some((text, at)) = &saved else {
            return false;
        };
        let snapshot: StateSnapshot = serde_json::from_str(text).expect("it was saved so");
        let replica = Replica::from_snapshot(&snapshot).expect("a ledger was written down");
        let age = Duration::from_millis(now - at);
        self.syncer =
            Syncer::new(SETTINGS, seed, Millis::new(now)).resumed_at(replica.position(), Some(age));
        self.replica = Some(replica);
        self.saved = saved;
        true
    }

    /// Takes the reply to the call that the syncer waits for, and names what was special about it.
    pub(crate) fn take(&mut self, now: u64, reply: &Reply) -> Vec<&'static str> {
        let now = Millis::new(now);
        match reply {
            Reply::Snapshot(text) => {
                let snapshot: StateSnapshot = serde_json::from_slice(text).expect("it was sent so");
                let replica = Replica::from_snapshot(&snapshot).expect("a ledger was written down");
                self.syncer.on_snapshot(now, replica.position());
                self.replica = Some(replica);
                self.shown.clear();
                vec!["snapshot"]
            }
            Reply::Page(text) => self.follow(now, text),
            Reply::Gone => {
                self.syncer.on_gone(now);
                vec!["gone"]
            }
            Reply::Updated(_)
            | Reply::Refused
            | Reply::Batch(_)
            | Reply::Stranger
            | Reply::Failed => {
                panic!("the syncer writes nothing")
            }
            Reply::Unavailable => {
                self.syncer.on_error(now, Some(Duration::from_millis(100)));
                vec!["unavailable"]
            }
        }
    }

    fn follow(&mut self, now: Millis, text: &[u8]) -> Vec<&'static str> {
        let page: Changes<'_> = serde_json::from_slice(text).expect("it was sent so");
        let requests: BTreeSet<_> = page.events.iter().map(|event| event.request_seq).collect();
        let replica = self.replica.as_mut().expect("only a copy is followed");
        let before = replica.position();
        match replica.follow(&page) {
            Ok(followed) => {
                self.syncer.on_page(now, &followed);
                let several = (requests.len() > 1).then_some("page of several requests");
                let more = page.has_more.then_some("page that has more");
                let newer = (followed.taken_over > 0).then_some("event of an unknown type");
                several.into_iter().chain(more).chain(newer).collect()
            }
            Err(reason) => {
                assert_eq!(replica.position(), before, "{reason}");
                self.syncer.on_diverged(now);
                vec!["diverged"]
            }
        }
    }

    /// A page comes that nobody waits for any more: a replica that was handed it would follow it, or refuse.
    pub(crate) fn overhear(&self, text: &[u8], history: &History) {
        let Some(replica) = &self.replica else { return };
        let page: Changes<'_> = serde_json::from_slice(text).expect("it was sent so");
        let mut copy = Replica::from_snapshot(&replica.freeze().to_snapshot())
            .expect("a ledger was written down");
        let followed = copy.follow(&page);
        if followed.is_err() {
            assert_eq!(copy.position(), replica.position());
        }
        let epoch = copy.position().epoch;
        for shown in copy.page(None, usize::MAX, &self.store).items {
            assert!(history.has(Some(epoch), &shown, &self.store), "{shown:?}");
        }
    }

    /// Takes the answer to a write. Returns whether it is ahead of the log.
    pub(crate) fn answered(&mut self, updated: &Updated) -> bool {
        let Some(replica) = &mut self.replica else {
            return false;
        };
        let before = replica.product(&updated.product_id, &self.store);
        replica.answered(updated);
        self.answers.push(updated.clone());
        replica.product(&updated.product_id, &self.store) != before
    }

    /// Holds what is shown against what central had. Names what is special about it.
    pub(crate) fn audit(
        &mut self,
        history: &History,
        central_lost_something: bool,
    ) -> Vec<&'static str> {
        let Some(replica) = &self.replica else {
            return Vec::new();
        };
        let epoch = replica.position().epoch;
        let mut special = Vec::new();
        for shown in replica.page(None, usize::MAX, &self.store).items {
            let single = replica.product(&shown.product, &self.store);
            assert_eq!(single.as_ref(), Some(&shown), "listed and read alike");
            let had = history.has(Some(epoch), &shown, &self.store)
                || self.was_answered(&shown) && history.has(None, &shown, &self.store);
            assert!(
                had,
                "{} shows {shown:?}, which central never had",
                self.store
            );
            special.extend(shown.quarantined.then_some("quarantine shown"));
            let version = shown.version;
            let last = self.shown.insert(shown.product.clone(), version);
            if last > Some(version) {
                let id = &shown.product;
                assert!(
                    central_lost_something,
                    "{id} went from {last:?} back to {version}"
                );
                special.push("answer that central lost");
            }
        }
        special
    }

    fn was_answered(&self, shown: &Shown) -> bool {
        self.answers.iter().any(|answer| {
            answer.product_id == shown.product
                && answer.new_version == shown.version
                && answer.new_quantity == shown.available
                && answer.store_quantity == shown.store_quantity
        })
    }
}
