//! The order in which intents are sent.

use std::collections::{BTreeMap, BTreeSet};

use inventory_core::vocabulary::{ProductId, Timestamp};

use super::intent::Intent;

/// A place in the queue. Later places are greater; none is given twice in the life of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// Intents in order. Those of one product are sent one after the other; those of different products need not wait for
/// each other.
///
/// ```text
///   tickets      1 tea   2 jam   3 tea   4 oil   5 jam
///   heads        ✓       ✓               ✓              first of its product
///   in flight    ✓                                      always a head
///   ready                ✓               ✓              head and not in flight
/// ```
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    intents: BTreeMap<Ticket, Intent>,
    /// No set is empty.
    by_product: BTreeMap<ProductId, BTreeSet<Ticket>>,
    ready: BTreeSet<Ticket>,
    in_flight: BTreeSet<Ticket>,
    last: u64,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.intents.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Intent> {
        self.intents.values()
    }

    pub(super) fn oldest(&self) -> Option<&Intent> {
        self.intents.values().next()
    }

    pub(super) fn has(&self, product: &ProductId) -> bool {
        self.by_product.contains_key(product)
    }

    pub(super) fn get(&self, ticket: Ticket) -> &Intent {
        self.intents.get(&ticket).expect(TICKETS)
    }

    pub(super) fn get_mut(&mut self, ticket: Ticket) -> &mut Intent {
        self.intents.get_mut(&ticket).expect(TICKETS)
    }

    /// Intents that were queued before a moment and are not in flight.
    pub(super) fn at_rest(&self, before: Timestamp) -> impl Iterator<Item = &Intent> {
        let at_rest = |(ticket, _): &(&Ticket, &Intent)| !self.in_flight.contains(ticket);
        let intents = self
            .intents
            .iter()
            .filter(at_rest)
            .map(|(_, intent)| intent);
        intents.filter(move |intent| intent.queued_at() < before)
    }

    pub(super) fn push(&mut self, intent: Intent) -> Ticket {
        self.last += 1;
        let ticket = Ticket(self.last);
        let product = intent.product().clone();
        self.intents.insert(ticket, intent);
        let tickets = self.by_product.entry(product).or_default();
        tickets.insert(ticket);
        if tickets.len() == 1 {
            self.ready.insert(ticket);
        }
        ticket
    }

    pub(super) fn remove(&mut self, ticket: Ticket) -> Intent {
        let intent = self.intents.remove(&ticket).expect(TICKETS);
        self.ready.remove(&ticket);
        self.in_flight.remove(&ticket);
        let tickets = self.by_product.get_mut(intent.product());
        let tickets = tickets.expect("the product of a queued intent has a set of tickets");
        tickets.remove(&ticket);
        match tickets.first() {
            Some(head) if !self.in_flight.contains(head) => drop(self.ready.insert(*head)),
            Some(_) => {}
            None => drop(self.by_product.remove(intent.product())),
        }
        intent
    }

    /// Takes the oldest intent that may be sent and was queued at `from` or later.
    pub(super) fn start(&mut self, from: Timestamp) -> Option<&Intent> {
        let fresh = |ticket: &&Ticket| self.get(**ticket).queued_at() >= from;
        let ticket = *self.ready.iter().find(fresh)?;
        self.ready.remove(&ticket);
        self.in_flight.insert(ticket);
        Some(self.get(ticket))
    }

    /// Takes back an intent that was started. It keeps its place.
    pub(super) fn stop(&mut self, ticket: Ticket) {
        if self.in_flight.remove(&ticket) {
            self.ready.insert(ticket);
        }
    }
}

const TICKETS: &str = "a ticket is kept exactly as long as its intent is queued";
