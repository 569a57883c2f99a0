//! Stores queue writes, and send them.

use inventory_core::conformance::adjust;
use inventory_core::vocabulary::{Adjustment, IdempotencyKey};
use inventory_http::wire::{Update, Updated};
use inventory_store::outbox::{Change, Intent, Reason};
use inventory_store::sending::{About, Row};
use inventory_store::syncer::Millis;

use crate::network::{Ask, CallId, Happening, Reply};
use crate::time::timestamp;
use crate::world::{PATIENCE_MS, PRODUCTS, World};

impl World {
    /// A store queues a write, as it does while it believes that central is away.
    pub(crate) fn queue(&mut self) {
        let node = self.dice.usize(..self.nodes.len());
        let amount = 1 + self.dice.u64(..9) as i64;
        let delta = if self.dice.bool() { amount } else { -amount };
        let key: IdempotencyKey = format!("intent-{}-{}", self.now, self.queued.len())
            .parse()
            .expect("the key is plain text");
        let update = Update::new(
            self.nodes[node].store.clone(),
            self.dice
                .choice(PRODUCTS)
                .expect("there are some")
                .parse()
                .expect("it is an id"),
            Adjustment::new(delta).expect("it is not zero"),
            None,
        );
        let now = timestamp(self.now);
        let intent = Intent::new(key.clone().into(), update, now, None);
        let change = Change::Enqueue(intent);
        self.nodes[node].intents.change(&change, now);
        self.queued.push((node, key));
    }

    /// Lets each store that believes central to be there send what is next.
    pub(crate) fn send_intents(&mut self) {
        for at in 0..self.nodes.len() {
            let node = &mut self.nodes[at];
            if !node.syncer.connected() {
                node.intents.away = true;
                continue;
            }
            if node.intents.sending.is_some() {
                continue;
            }
            let batch = node.intents.start(self.now);
            if batch.is_empty() {
                continue;
            }
            let rows = batch.iter().map(|intent| {
                let update = intent.update();
                let (product, store) = (update.product_id.as_str(), update.store_id.as_str());
                let command = adjust(product, store, intent.delta());
                (command, intent.key().idempotency_key.to_string())
            });
            let ask = Ask::Batch(rows.collect());
            let call = self.ask(at, ask);
            self.nodes[at].intents.sending = Some((call, batch));
            let gives_up = self.now + PATIENCE_MS;
            self.network.schedule(gives_up, Happening::TimeOut(call));
        }
    }

    /// Takes a reply to intents. Returns whether it was one.
    pub(crate) fn intent_replied(&mut self, call: CallId, reply: &Reply) -> bool {
        let (now, at) = (self.now, timestamp(self.now));
        let intents = &mut self.nodes[call.node].intents;
        let Some((_, batch)) = intents.sending.take_if(|(sending, _)| *sending == call) else {
            return false;
        };
        let mut special = Vec::new();
        match reply {
            Reply::Batch(answers) => {
                let rows: Vec<_> = answers.iter().map(row).collect();
                let judged = intents.rules.answered(Millis::new(now), &batch, &rows);
                intents.judged(judged, at);
                let applied: Vec<_> = answers.iter().flatten().collect();
                if !applied.is_empty() {
                    let again = std::mem::take(&mut intents.again);
                    special.extend(again.then_some("intent settled by a later attempt"));
                }
                special.extend((applied.len() < rows.len()).then_some("intent parked"));
                for updated in applied {
                    self.nodes[call.node].answered(updated);
                }
            }
            Reply::Unavailable => intents.failed(now, &batch, About::Queue),
            Reply::Stranger => {
                intents.failed(now, &batch, About::Queue);
                special.extend(intents.rules.blocked().map(|_| "queue stopped"));
            }
            Reply::Failed => {
                let aside = intents.rules.products_aside().len();
                intents.failed(now, &batch, About::Failure);
                let steps_aside = aside < intents.rules.products_aside().len();
                special.extend(steps_aside.then_some("product stepped aside"));
            }
            Reply::Snapshot(_) | Reply::Page(_) | Reply::Gone => panic!("an intent reads nothing"),
            Reply::Updated(_) | Reply::Refused => panic!("intents are sent in batches"),
        }
        self.count(special);
        true
    }

    /// Gives an attempt up: central may have applied it.
    pub(crate) fn intent_timed_out(&mut self, call: CallId) {
        let now = self.now;
        let intents = &mut self.nodes[call.node].intents;
        if let Some((_, batch)) = intents.sending.take_if(|(sending, _)| *sending == call) {
            intents.failed(now, &batch, About::Queue);
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
            let parked = outbox
                .parked()
                .any(|parked| parked.intent.key().idempotency_key == *key);
            // What central has lost with a backup is nobody's fault here.
            if !self.central_lost_something && !parked {
                assert!(self.central.has_applied(key), "{key}");
            }
        }
    }
}

fn row(answer: &Option<Updated>) -> Row {
    match answer {
        Some(_) => Row::Applied,
        None => Row::Refused(Reason::new("unprocessable", "there is not so much")),
    }
}
