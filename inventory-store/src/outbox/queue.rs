//! The order in which intents are sent.

use std::collections::{BTreeMap, BTreeSet};

use inventory_core::vocabulary::{ProductId, Version};

use super::intent::Intent;

/// A place in the queue. Later places are greater; none is given twice in the life of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// Intents in order. Those of one product are sent in their order; those of different products need not wait for each
/// other.
///
/// ```text
///   tickets      1 tea   2 jam   3 tea   4 oil   5 jam
///   in flight    ✓               ✓                        the first ones of their product
///   next                 ✓               ✓       ✓        of products that have none in flight
/// ```
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    intents: BTreeMap<Ticket, Intent>,
    by_product: BTreeMap<ProductId, Waiting>,
    in_flight: BTreeSet<Ticket>,
    last: u64,
}

/// What waits of a product: one intent at least.
#[derive(Debug, Clone, Copy, Default)]
struct Waiting {
    intents: usize,
    /// The sum of their changes. Wide, so that it never overflows and what is added can be taken off again.
    delta: i128,
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

    /// By how much what waits will change the stock of a product.
    pub(super) fn delta(&self, product: &ProductId) -> i64 {
        let waiting = self.by_product.get(product).map(|waiting| waiting.delta);
        let delta = waiting.unwrap_or_default();
        delta.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }

    pub(super) fn get(&self, ticket: Ticket) -> &Intent {
        self.intents.get(&ticket).expect(TICKETS)
    }

    pub(super) fn get_mut(&mut self, ticket: Ticket) -> &mut Intent {
        self.intents.get_mut(&ticket).expect(TICKETS)
    }

    /// Intents that are not in flight.
    pub(super) fn at_rest(&self) -> impl Iterator<Item = &Intent> {
        let at_rest = |(ticket, _): &(&Ticket, &Intent)| !self.in_flight.contains(ticket);
        let at_rest = self.intents.iter().filter(at_rest);
        at_rest.map(|(_, intent)| intent)
    }

    /// All intents, to be changed in what gives them no other place.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Intent> {
        self.intents.values_mut()
    }

    pub(super) fn push(&mut self, intent: Intent) -> Ticket {
        self.last += 1;
        let ticket = Ticket(self.last);
        let waiting = self.by_product.entry(intent.product().clone()).or_default();
        waiting.intents += 1;
        waiting.delta += i128::from(intent.delta());
        self.intents.insert(ticket, intent);
        ticket
    }

    pub(super) fn remove(&mut self, ticket: Ticket) -> Intent {
        let intent = self.intents.remove(&ticket).expect(TICKETS);
        self.in_flight.remove(&ticket);
        let waiting = self.by_product.get_mut(intent.product());
        let waiting = waiting.expect("a product waits as long as one of its intents");
        waiting.intents -= 1;
        waiting.delta -= i128::from(intent.delta());
        if waiting.intents == 0 {
            self.by_product.remove(intent.product());
        }
        intent
    }

    /// Takes the oldest intents that may be sent together, at most so many: of a product none, when one is in flight or
    /// `overdue`, or when it steps `aside`.
    ///
    /// Central decides them in this order, each on its own. What demands a version and does not find it comes back, and
    /// must not have been overtaken: nothing follows it but what demands the same version, and does not find it either.
    pub(super) fn start(
        &mut self,
        most: usize,
        overdue: impl Fn(&Intent) -> bool,
        aside: impl Fn(&ProductId) -> bool,
    ) -> Vec<Intent> {
        let mut demanded: BTreeMap<&ProductId, Demand> = BTreeMap::new();
        let mut tickets = Vec::new();
        for (ticket, intent) in &self.intents {
            if tickets.len() == most {
                break;
            }
            let product = intent.product();
            let demand = demanded.entry(product).or_insert_with(|| {
                let is_aside = aside(product);
                if is_aside {
                    Demand::Closed
                } else {
                    Demand::Any
                }
            });
            let in_flight = self.in_flight.contains(ticket);
            let sendable = !in_flight && !overdue(intent);
            *demand = match sendable {
                true => demand.then(intent.update().version),
                false => Demand::Closed,
            };
            if *demand != Demand::Closed {
                tickets.push(*ticket);
            }
        }
        self.in_flight.extend(&tickets);
        tickets
            .into_iter()
            .map(|ticket| self.get(ticket).clone())
            .collect()
    }

    /// Takes back an intent that was started. It keeps its place.
    pub(super) fn stop(&mut self, ticket: Ticket) {
        self.in_flight.remove(&ticket);
    }
}

/// What may follow in a batch of what was taken of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Demand {
    Any,
    Version(Version),
    Closed,
}

impl Demand {
    /// What may follow an intent with this guard; nothing, when it may not follow itself.
    fn then(self, guard: Option<Version>) -> Self {
        match (self, guard) {
            (Self::Any, None) => Self::Any,
            (Self::Any, Some(version)) => Self::Version(version),
            (Self::Version(before), Some(version)) if before == version => self,
            (Self::Version(_) | Self::Closed, _) => Self::Closed,
        }
    }
}

const TICKETS: &str = "a ticket is kept exactly as long as its intent is queued";
