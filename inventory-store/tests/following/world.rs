//! A run: everything that happens, in the order of virtual time.

use std::collections::BTreeMap;

use fastrand::Rng;
use inventory_core::vocabulary::IdempotencyKey;
use inventory_store::syncer::{Millis, Step};

use crate::central::Central;
use crate::network::{Ask, CallId, Happening, Network, Reply};
use crate::node::{Node, SETTINGS};
use crate::tally::Tally;
use crate::time::timestamp;

pub(crate) const STORES: [&str; 3] = ["north", "south", "west"];
pub(crate) const PRODUCTS: [&str; 4] = ["tea", "milk", "rice", "salt"];

/// When everything works again, in milliseconds.
pub(crate) const HEALED_MS: u64 = 5_000;

/// When everybody must have caught up: a call that was lost just before times out, the longest backoff passes, and two
/// polls at which nothing happens say that an answer is lost.
const END_MS: u64 = HEALED_MS + 8_000;

/// How long a store waits for an answer beyond what central may wait for.
pub(crate) const PATIENCE_MS: u64 = 600;

pub(crate) struct World {
    pub(crate) dice: Rng,
    pub(crate) now: u64,
    pub(crate) network: Network,
    pub(crate) central: Central,
    pub(crate) central_down_until: u64,
    pub(crate) central_lost_something: bool,
    /// A dead letter does not say what comes before it. A replica that stands exactly where a log starts that was restored
    /// by hand would follow one into another history, so there is none in such an epoch.
    pub(crate) no_poison: bool,
    pub(crate) parked: BTreeMap<CallId, Ask>,
    /// The store that central takes for a stranger when it writes, and until when.
    pub(crate) stranger: (usize, u64),
    /// The product at which central fails when a batch has it, and until when.
    pub(crate) failing: (&'static str, u64),
    pub(crate) nodes: Vec<Node>,
    pub(crate) calls: u64,
    /// Every intent, and the store that queued it.
    pub(crate) queued: Vec<(usize, IdempotencyKey)>,
    pub(crate) tally: Tally,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Rng::with_seed(seed);
        let stores = 1 + dice.usize(..STORES.len());
        let stores = STORES.iter().take(stores);
        let nodes: Vec<_> = stores.map(|store| Node::new(store, dice.u64(..))).collect();
        let mut network = Network::default();
        for node in 0..nodes.len() {
            network.schedule(0, Happening::Wake(node));
        }
        for happening in [Happening::Trade, Happening::Sale, Happening::Fault] {
            network.schedule(1, happening);
        }
        Self {
            dice,
            now: 0,
            network,
            central: Central::new(timestamp(0)),
            central_down_until: 0,
            central_lost_something: false,
            no_poison: false,
            parked: BTreeMap::new(),
            stranger: (0, 0),
            failing: (PRODUCTS[0], 0),
            nodes,
            calls: 0,
            queued: Vec::new(),
            tally: Tally::new(),
        }
    }

    pub(crate) fn play(mut self) -> Tally {
        while let Some((at, happening)) = self.network.next(END_MS) {
            if at >= HEALED_MS {
                self.network.heal();
            }
            self.now = at;
            self.central.set_clock(timestamp(at));
            self.happen(happening);
            self.send_intents();
        }
        self.judge();
        self.judge_intents();
        self.tally
    }

    fn judge(&self) {
        let truth = self.central.snapshot();
        let now = Millis::new(END_MS);
        for node in &self.nodes {
            let store = &node.store;
            let replica = node.replica.as_ref().expect("the network has healed");
            assert_eq!(replica.freeze().to_snapshot(), truth, "{store}");
            for shown in replica.page(None, usize::MAX, store).items {
                let had = &truth.state[&shown.product];
                let found = (shown.version, shown.available, shown.quarantined);
                assert_eq!(found, (had.version, had.qty, had.quarantined), "{store}");
            }
            assert!(node.syncer.connected(), "{store}");
            assert!(!node.syncer.is_stale(now), "{store}");
            assert_eq!(
                node.syncer.central_offset(),
                Some(truth.last_offset),
                "{store}"
            );
        }
    }

    fn happen(&mut self, happening: Happening) {
        let is_over = self.now >= HEALED_MS;
        match happening {
            Happening::Asked(call, ask) => self.serve(call, ask),
            Happening::Replied(call, reply) => self.replied(call, &reply),
            Happening::PollEnds(call) => {
                if let Some(ask) = self.parked.remove(&call) {
                    self.answer(call, &ask);
                }
            }
            Happening::TimeOut(call) => self.time_out(call),
            Happening::Wake(node) => {
                self.nodes[node].wake_at = None;
                self.drive(node);
            }
            Happening::Trade | Happening::Sale | Happening::Fault if is_over => {}
            Happening::Trade => self.trade(),
            Happening::Sale => self.sell(),
            Happening::Fault => self.break_something(),
        }
    }

    pub(crate) fn count(&mut self, situations: impl IntoIterator<Item = &'static str>) {
        for situation in situations {
            *self.tally.entry(situation).or_default() += 1;
        }
    }

    /// Lets a store do what its syncer says.
    pub(crate) fn drive(&mut self, at: usize) {
        let now = Millis::new(self.now);
        let node = &mut self.nodes[at];
        if node.call.is_some() {
            return;
        }
        let ask = match node.syncer.next(now) {
            Step::Sleep { until } => {
                let until = until.number();
                if node.wake_at.is_none_or(|wake_at| until < wake_at) {
                    node.wake_at = Some(until);
                    self.network.schedule(until, Happening::Wake(at));
                }
                return;
            }
            Step::FetchSnapshot => Ask::Snapshot,
            Step::Poll { from, long_poll } => Ask::Changes { from, long_poll },
        };
        let long_poll = matches!(
            ask,
            Ask::Changes {
                long_poll: true,
                ..
            }
        );
        let held = if long_poll { long_poll_ms() } else { 0 };
        let call = self.ask(at, ask);
        self.nodes[at].call = Some(call);
        let gives_up = self.now + held + PATIENCE_MS;
        self.network.schedule(gives_up, Happening::TimeOut(call));
    }

    pub(crate) fn ask(&mut self, node: usize, ask: Ask) -> CallId {
        self.calls += 1;
        let call = CallId {
            node,
            number: self.calls,
        };
        let asked = Happening::Asked(call, ask);
        self.network.send(&mut self.dice, self.now, node, &asked);
        call
    }

    pub(crate) fn reply(&mut self, call: CallId, reply: Reply) {
        let replied = Happening::Replied(call, reply);
        self.network
            .send(&mut self.dice, self.now, call.node, &replied);
    }

    /// Central takes a call.
    fn serve(&mut self, call: CallId, ask: Ask) {
        if self.now < self.central_down_until {
            return self.reply(call, Reply::Unavailable);
        }
        match ask {
            Ask::Changes {
                from,
                long_poll: true,
            } if self.central.has(from) && !self.central.has_after(from) => {
                self.parked.insert(call, ask);
                let ends = self.now + long_poll_ms();
                self.network.schedule(ends, Happening::PollEnds(call));
            }
            Ask::Update { command, key } => {
                let updated = self.central.submit(vec![command], Some(key));
                self.reply(call, updated.map_or(Reply::Refused, Reply::Updated));
                self.wake_parked();
            }
            Ask::Batch(rows) => self.serve_batch(call, rows),
            Ask::Snapshot | Ask::Changes { .. } => self.answer(call, &ask),
        }
    }

    fn answer(&mut self, call: CallId, ask: &Ask) {
        let reply = match ask {
            Ask::Snapshot => Reply::Snapshot(
                serde_json::to_vec(&self.central.snapshot()).expect("a snapshot is JSON"),
            ),
            Ask::Changes { from, .. } if self.central.has(*from) => {
                Reply::Page(self.central.page(*from))
            }
            Ask::Changes { .. } => Reply::Gone,
            Ask::Update { .. } | Ask::Batch(_) => {
                panic!("writes are answered where they are decided")
            }
        };
        self.reply(call, reply);
    }

    pub(crate) fn wake_parked(&mut self) {
        for (call, ask) in std::mem::take(&mut self.parked) {
            match ask {
                Ask::Changes { from, .. } if !self.central.has_after(from) => {
                    self.parked.insert(call, ask);
                }
                Ask::Snapshot | Ask::Changes { .. } | Ask::Update { .. } | Ask::Batch(_) => {
                    self.answer(call, &ask);
                }
            }
        }
    }

    /// A reply reaches a store.
    fn replied(&mut self, call: CallId, reply: &Reply) {
        let of_intent = self.intent_replied(call, reply);
        let node = &mut self.nodes[call.node];
        let mut special = Vec::new();
        if node.call == Some(call) {
            node.call = None;
            special = node.take(self.now, reply);
        } else if of_intent {
            special.push("intent answered");
        } else if let Reply::Updated(updated) = reply {
            if node.writes.remove(&call) && node.answered(updated) {
                special.push("answer ahead of the log");
            }
        } else if let Reply::Page(page) = reply {
            node.overhear(page, &self.central.history);
            special.push("late page");
        }
        special.extend(node.audit(&self.central.history, self.central_lost_something));
        self.count(special);
        self.drive(call.node);
    }

    fn time_out(&mut self, call: CallId) {
        self.intent_timed_out(call);
        let node = &mut self.nodes[call.node];
        if node.call == Some(call) {
            node.call = None;
            node.syncer.on_error(Millis::new(self.now), None);
            self.count(["time-out"]);
            self.drive(call.node);
        }
    }
}

fn long_poll_ms() -> u64 {
    SETTINGS.long_poll.as_millis() as u64
}
