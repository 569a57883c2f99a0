//! What stores queue for central, and what becomes of it.

use inventory_core::conformance::adjust;
use inventory_core::vocabulary::{Adjustment, IdempotencyKey, Timestamp};
use inventory_http::wire::Update;
use inventory_store::outbox::{
    Ahead, Change, Intent, OnConflict, Outbox, OutboxLimits, Reason, Record,
};

use crate::network::{Ask, CallId, Happening, Reply};
use crate::world::{PATIENCE_MS, PRODUCTS, World, timestamp};

/// The outbox of one store, with a disk that does what it should.
pub(crate) struct Intents {
    outbox: Outbox,
    disk: Vec<Record>,
    /// The attempt that is under way.
    sending: Option<(CallId, IdempotencyKey)>,
    /// Whether the next intent was sent before, so that central may have applied it.
    again: bool,
}

impl Intents {
    /// What a process finds that starts on this disk.
    fn on(disk: Vec<Record>) -> Self {
        let mut outbox = Outbox::new(OutboxLimits::default(), OnConflict::Park);
        for record in &disk {
            outbox.evolve(record).expect("it was written so");
        }
        Self {
            outbox,
            again: !disk.is_empty(),
            disk,
            sending: None,
        }
    }

    pub(crate) fn new() -> Self {
        Self::on(Vec::new())
    }

    /// What the next process finds.
    pub(crate) fn crash(&mut self) -> Self {
        Self::on(std::mem::take(&mut self.disk))
    }

    /// On the disk first, then seen.
    fn change(&mut self, change: &Change, now: Timestamp) {
        let records = self.outbox.decide(change, Ahead::default(), now);
        for record in records.expect("the world asks for nothing odd") {
            self.disk.push(record.clone());
            self.outbox.evolve(&record).expect("it was decided so");
        }
    }
}

impl World {
    /// A store queues a write, as it does while it believes that central is away.
    pub(crate) fn queue(&mut self) {
        let node = self.dice.below(self.nodes.len() as u64) as usize;
        let amount = 1 + self.dice.below(9) as i64;
        let delta = if self.dice.below(2) == 0 {
            amount
        } else {
            -amount
        };
        let key: IdempotencyKey = format!("intent-{}-{}", self.now, self.queued.len())
            .parse()
            .expect("the key is plain text");
        let update = Update {
            store_id: self.nodes[node].store.clone(),
            product_id: self.dice.of(&PRODUCTS).parse().expect("it is an id"),
            delta: Adjustment::new(delta).expect("it is not zero"),
            version: None,
            idempotency_key: None,
            reason: None,
            note: None,
            reference: None,
        };
        let now = timestamp(self.now);
        let intent = Intent::new(key.clone(), update, now, None);
        let change = Change::Enqueue(intent);
        self.nodes[node].intents.change(&change, now);
        self.queued.push((node, key));
    }

    /// Lets each store that believes central to be there send what is next.
    pub(crate) fn send_intents(&mut self) {
        for at in 0..self.nodes.len() {
            let node = &mut self.nodes[at];
            if !node.syncer.connected() || node.intents.sending.is_some() {
                continue;
            }
            let Some(intent) = node.intents.outbox.start_next(timestamp(self.now)) else {
                continue;
            };
            let update = intent.update();
            let delta = update.delta.delta().units();
            let command = adjust(update.product_id.as_str(), update.store_id.as_str(), delta);
            let key = intent.key().clone();
            let ask = Ask::Update {
                command,
                key: key.to_string(),
            };
            let call = self.ask(at, ask);
            self.nodes[at].intents.sending = Some((call, key));
            let gives_up = self.now + PATIENCE_MS;
            self.network.schedule(gives_up, Happening::TimeOut(call));
        }
    }

    /// Takes a reply to an intent. Returns whether it was one.
    pub(crate) fn intent_replied(&mut self, call: CallId, reply: &Reply) -> bool {
        let now = timestamp(self.now);
        let intents = &mut self.nodes[call.node].intents;
        let Some((_, key)) = intents.sending.take_if(|(sending, _)| *sending == call) else {
            return false;
        };
        let change = match reply {
            Reply::Updated(updated) => {
                let again = std::mem::take(&mut intents.again);
                intents.change(&Change::Settle(key), now);
                self.nodes[call.node].answered(updated);
                self.count(again.then_some("intent settled by a later attempt"));
                return true;
            }
            Reply::Refused => {
                let reason = Reason::new("unprocessable", "there is not so much");
                Change::Park { key, reason }
            }
            Reply::Unavailable => {
                intents.outbox.stop(&key);
                return true;
            }
            Reply::Snapshot(_) | Reply::Page(_) | Reply::Gone => panic!("an intent reads nothing"),
        };
        intents.again = false;
        intents.change(&change, now);
        self.count(["intent parked"]);
        true
    }

    /// Gives an attempt up: central may have applied it.
    pub(crate) fn intent_timed_out(&mut self, call: CallId) {
        let intents = &mut self.nodes[call.node].intents;
        if let Some((_, key)) = intents.sending.take_if(|(sending, _)| *sending == call) {
            intents.outbox.stop(&key);
            intents.again = true;
        }
    }

    /// Whether every intent has come to its end: applied, which central does once, or parked.
    ///
    /// One that is parked may have been applied after that: an attempt that was given up, and overtaken by the one that
    /// was refused, may still arrive. Sent again under its key it is settled.
    pub(crate) fn judge_intents(&self) {
        for (node, key) in &self.queued {
            let outbox = &self.nodes[*node].intents.outbox;
            assert_eq!(outbox.queued_count(), 0, "the network has healed");
            let parked = outbox.parked().any(|parked| parked.intent.key() == key);
            // What central has lost with a backup is nobody's fault here.
            if !self.central_lost_something && !parked {
                assert!(self.central.has_applied(key), "{key}");
            }
        }
    }
}
