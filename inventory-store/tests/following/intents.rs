//! What stores queue for central, and what becomes of it.

use std::collections::BTreeSet;

use inventory_core::vocabulary::{ProductId, Timestamp};
use inventory_store::outbox::{
    Ahead, Change, Intent, OnConflict, Outbox, OutboxLimits, Reason, Record,
};
use inventory_store::sending::{About, Judged, Sending, Trouble};
use inventory_store::syncer::Millis;

use crate::network::CallId;
use crate::time::timestamp;

/// Few, so that batches are often as large as they may be.
const BATCH_MAX: usize = 4;

/// The outbox of one store, with a disk that does what it should.
pub(crate) struct Intents {
    pub(crate) outbox: Outbox,
    disk: Vec<Record>,
    pub(crate) rules: Sending,
    /// The attempt that is under way.
    pub(crate) sending: Option<(CallId, Vec<Intent>)>,
    /// Whether the next intent was sent before, so that central may have applied it.
    pub(crate) again: bool,
    /// Whether central was away when the queue was looked at last.
    pub(crate) away: bool,
}

impl Intents {
    /// What a process finds that starts on this disk.
    fn on(disk: Vec<Record>, seed: u64) -> Self {
        let mut outbox = Outbox::new(OutboxLimits::default(), OnConflict::Park);
        for record in &disk {
            outbox.evolve(record).expect("it was written so");
        }
        Self {
            outbox,
            rules: Sending::new(seed),
            again: !disk.is_empty(),
            away: true,
            disk,
            sending: None,
        }
    }

    pub(crate) fn new(seed: u64) -> Self {
        Self::on(Vec::new(), seed)
    }

    /// What the next process finds.
    pub(crate) fn crash(&mut self, seed: u64) -> Self {
        Self::on(std::mem::take(&mut self.disk), seed)
    }

    /// Takes what may be sent together.
    pub(crate) fn start(&mut self, now: u64) -> Vec<Intent> {
        if std::mem::take(&mut self.away) {
            self.rules.connected();
        }
        let at = Millis::new(now);
        if self.rules.waits_until(at).is_some() {
            return Vec::new();
        }
        let most = self.rules.batch().min(BATCH_MAX);
        let turns = self.rules.turns(at);
        let start = |aside: BTreeSet<ProductId>| {
            self.outbox
                .start(most, timestamp(now), |product| aside.contains(product))
        };
        let mut batches = turns.map(start);
        batches.find(|batch| !batch.is_empty()).unwrap_or_default()
    }

    pub(crate) fn judged(&mut self, judged: Judged, now: Timestamp) {
        for change in &judged.changes {
            self.change(change, now);
        }
        for key in &judged.back {
            self.outbox.stop(key);
        }
    }

    /// A batch has no rows.
    pub(crate) fn failed(&mut self, now: u64, batch: &[Intent], about: About) {
        let reason = Reason::new("unavailable", "it is so");
        let trouble = Trouble {
            about,
            reason,
            retry_after: None,
        };
        let at = timestamp(now);
        let judged = self.rules.failed(Millis::new(now), at, batch, trouble);
        assert!(judged.changes.is_empty(), "nothing was said of an intent");
        self.judged(judged, at);
    }

    /// On the disk first, then seen.
    pub(crate) fn change(&mut self, change: &Change, now: Timestamp) {
        let records = self.outbox.decide(change, Ahead::default(), now);
        for record in records.expect("the world asks for nothing odd") {
            self.disk.push(record.clone());
            self.outbox.evolve(&record).expect("it was decided so");
        }
    }
}
