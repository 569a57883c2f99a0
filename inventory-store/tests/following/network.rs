//! What is under way, in virtual time.

use std::collections::BTreeMap;

use inventory_core::machine::Command;
use inventory_http::wire::{Position, Updated};

use fastrand::Rng;

/// What a store asks of central.
#[derive(Debug, Clone)]
pub(crate) enum Ask {
    Snapshot,
    Changes {
        from: Position,
        long_poll: bool,
    },
    Update {
        command: Command,
        key: String,
    },
    /// Each with its key.
    Batch(Vec<(Command, String)>),
}

/// What comes back.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Snapshot(Vec<u8>),
    Page(Vec<u8>),
    Gone,
    Updated(Updated),
    Refused,
    /// What became of each row of a batch; nothing of what was refused.
    Batch(Vec<Option<Updated>>),
    /// Central does not know who asks.
    Stranger,
    /// Central fails at what was asked.
    Failed,
    Unavailable,
}

/// Names one call of one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CallId {
    pub(crate) node: usize,
    pub(crate) number: u64,
}

/// What happens at a moment.
#[derive(Debug, Clone)]
pub(crate) enum Happening {
    Asked(CallId, Ask),
    Replied(CallId, Reply),
    /// Central has held a poll for as long as it may.
    PollEnds(CallId),
    /// The store has waited for as long as it will.
    TimeOut(CallId),
    Wake(usize),
    Trade,
    Sale,
    Fault,
}

/// Everything that is going to happen, and the network that it happens over.
#[derive(Debug, Default)]
pub(crate) struct Network {
    agenda: BTreeMap<(u64, u64), Happening>,
    scheduled: u64,
    /// Until when each store is cut off.
    cut_until: BTreeMap<usize, u64>,
    healed: bool,
}

impl Network {
    pub(crate) fn schedule(&mut self, at: u64, happening: Happening) {
        self.scheduled += 1;
        self.agenda.insert((at, self.scheduled), happening);
    }

    /// The next thing that happens, up to a moment.
    pub(crate) fn next(&mut self, until: u64) -> Option<(u64, Happening)> {
        let first = self.agenda.first_entry()?;
        let (at, _) = *first.key();
        (at <= until).then(|| (at, first.remove()))
    }

    /// Sends a message of or to a store: it arrives late, twice, or never.
    pub(crate) fn send(&mut self, dice: &mut Rng, now: u64, node: usize, message: &Happening) {
        let is_cut = self.cut_until.get(&node).is_some_and(|until| now < *until);
        let copies = match (self.healed, dice.u64(..16)) {
            (true, _) => 1,
            (false, _) if is_cut => 0,
            (false, 0) => 0,
            (false, 1) => 2,
            (false, _) => 1,
        };
        for _ in 0..copies {
            let delay = match dice.u64(..20) {
                0 if !self.healed => dice.u64(..2_000),
                _ => dice.u64(..40),
            };
            self.schedule(now + 1 + delay, message.clone());
        }
    }

    pub(crate) fn cut(&mut self, node: usize, until: u64) {
        self.cut_until.insert(node, until);
    }

    pub(crate) fn heal(&mut self) {
        self.healed = true;
    }
}
