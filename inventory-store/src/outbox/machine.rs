//! The rules of the outbox, without I/O: time is an argument.

use std::collections::BTreeMap;
use std::time::Duration;

use inventory_core::vocabulary::{ProductId, Timestamp};

use super::change::Refusal;
use super::intent::Intent;
use super::key::IntentKey;
use super::limits::{OnConflict, OutboxLimits};
use super::queue::{Queue, Ticket};
use super::reason::Reason;
use super::record::{Inapplicable, Record};

/// Intents that wait for central, and those that wait for a person.
///
/// A key is in one place only: queued or parked.
#[derive(Debug, Clone)]
pub struct Outbox {
    pub(super) limits: OutboxLimits,
    pub(super) on_conflict: OnConflict,
    pub(super) queue: Queue,
    queued: BTreeMap<IntentKey, Ticket>,
    /// In the order in which they were parked.
    pub(super) parked: BTreeMap<u64, Parked>,
    parked_places: BTreeMap<IntentKey, u64>,
    last_parked: u64,
    /// Since when this process has had it; `None` while it has nothing of an earlier one.
    resumed_at: Option<Timestamp>,
    heard: Heard,
}

/// What central has said of time, which this machine's clock has no part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heard {
    /// How far its time is known to be.
    pub now: Option<Timestamp>,
    /// Since when it remembers every key.
    pub keys_remembered_since: Option<Timestamp>,
}

/// An intent that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The intent.
    pub intent: Intent,
    /// Why.
    pub reason: Reason,
    /// Since when.
    pub parked_at: Timestamp,
}

impl Outbox {
    /// An empty outbox.
    pub fn new(limits: OutboxLimits, on_conflict: OnConflict) -> Self {
        Self {
            limits,
            on_conflict,
            queue: Queue::default(),
            queued: BTreeMap::new(),
            parked: BTreeMap::new(),
            parked_places: BTreeMap::new(),
            last_parked: 0,
            resumed_at: None,
            heard: Heard::default(),
        }
    }

    /// What is queued now was queued by an earlier process: how old it is, the clock alone does not say, which may have been
    /// wrong then.
    pub(super) fn resume(&mut self, now: Timestamp) {
        self.resumed_at = Some(now);
    }

    /// Takes what central says of time.
    pub fn hear(&mut self, heard: Heard) {
        self.heard = Heard {
            now: self.heard.now.max(heard.now),
            keys_remembered_since: heard
                .keys_remembered_since
                .or(self.heard.keys_remembered_since),
        };
    }

    /// What central has said of time.
    pub fn heard(&self) -> Heard {
        self.heard
    }

    /// Applies a record.
    ///
    /// # Errors
    ///
    /// The record does not follow from what is queued and parked; nothing has changed.
    pub fn evolve(&mut self, record: &Record) -> Result<(), Inapplicable> {
        match record {
            Record::Queued { intent } => {
                let key = intent.key();
                if self.queued.contains_key(key) || self.parked_places.contains_key(key) {
                    return Err(Inapplicable);
                }
                self.queue_up(intent.clone());
            }
            Record::Settled { key } => {
                self.take_queued(key)?;
            }
            Record::Parked {
                key,
                reason,
                parked_at,
            } => {
                let parked = Parked {
                    intent: self.take_queued(key)?,
                    reason: reason.clone(),
                    parked_at: *parked_at,
                };
                self.last_parked += 1;
                self.parked.insert(self.last_parked, parked);
                self.parked_places.insert(key.clone(), self.last_parked);
            }
            Record::Retried {
                key,
                version,
                retried_at,
            } => {
                let mut intent = self.take_parked(key)?.intent;
                intent.queue_again(*version, *retried_at);
                self.queue_up(intent);
            }
            Record::Discarded { key } => {
                self.take_parked(key)?;
            }
            Record::Attempted { keys } => {
                let tickets = keys.iter().map(|key| self.find_queued(key));
                let tickets: Result<Vec<_>, _> = tickets.collect();
                for ticket in tickets.map_err(|_| Inapplicable)? {
                    self.queue.get_mut(ticket).set_attempted();
                }
            }
            Record::Redated { by_ms } => {
                for intent in self.queue.iter_mut() {
                    intent.set_queued_at(shifted(intent.queued_at(), *by_ms));
                }
                self.resumed_at = self.resumed_at.map(|at| shifted(at, *by_ms));
            }
            Record::Rebased { key } => {
                let ticket = self.find_queued(key);
                let ticket = ticket.map_err(|_| Inapplicable)?;
                self.queue.get_mut(ticket).set_guard(None);
                self.queue.stop(ticket);
            }
        }
        Ok(())
    }

    /// The shortest records that lead to this outbox.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        let parked = self.parked.values().flat_map(|parked| {
            let intent = parked.intent.clone();
            let park = Record::parked(intent.key(), &parked.reason, parked.parked_at);
            [Record::Queued { intent }, park]
        });
        let queued = self.queue.iter().cloned();
        parked.chain(queued.map(|intent| Record::Queued { intent }))
    }

    /// Takes the oldest intents that may be sent together, at most so many, in the order in which central must decide them.
    /// Of a product there is none when one of its intents is in flight or has expired, or when it steps `aside`.
    pub fn start(
        &mut self,
        most: usize,
        now: Timestamp,
        aside: impl Fn(&ProductId) -> bool,
    ) -> Vec<Intent> {
        let (limits, heard, resumed_at) = (self.limits, self.heard, self.resumed_at);
        let overdue = |intent: &Intent| overdue(&limits, heard, resumed_at, intent, now).is_some();
        self.queue.start(most, overdue, aside)
    }

    /// Whether something that is queued may have been sent.
    pub fn has_attempted(&self) -> bool {
        self.queue.iter().any(Intent::attempted)
    }

    /// Takes back an intent that has no answer: it is next of its product again. Does nothing when it is not in flight.
    pub fn stop(&mut self, key: &IntentKey) {
        if let Ok(ticket) = self.find_queued(key) {
            self.queue.stop(ticket);
        }
    }

    /// Whether a key is queued or parked.
    pub fn knows(&self, key: &IntentKey) -> bool {
        self.queued.contains_key(key) || self.parked_places.contains_key(key)
    }

    /// Whether a write to this product has to queue, too.
    pub fn has_queued(&self, product: &ProductId) -> bool {
        self.queue.has(product)
    }

    /// By how much the queued intents will change the stock of a product, if central applies them all.
    pub fn queued_delta(&self, product: &ProductId) -> i64 {
        self.queue.delta(product)
    }

    /// How many intents are queued.
    pub fn queued_count(&self) -> usize {
        self.queue.len()
    }

    /// The queued intents in their order.
    pub fn queued(&self) -> impl Iterator<Item = &Intent> {
        self.queue.iter()
    }

    /// How long the intent that is first in the queue has waited.
    pub fn oldest_age(&self, now: Timestamp) -> Option<Duration> {
        let oldest = self.queue.oldest()?;
        Some(Duration::from_millis(now.millis_since(oldest.queued_at())))
    }

    /// Whether something that is not in flight has to be parked instead of sent.
    pub fn has_overdue(&self, now: Timestamp) -> bool {
        let mut at_rest = self.queue.at_rest();
        at_rest.any(|intent| self.overdue(intent, now).is_some())
    }

    /// How many intents are parked.
    pub fn parked_count(&self) -> usize {
        self.parked.len()
    }

    /// The parked intents, the longest parked first.
    pub fn parked(&self) -> impl Iterator<Item = &Parked> {
        self.parked.values()
    }

    /// The bounds.
    pub fn limits(&self) -> OutboxLimits {
        self.limits
    }

    /// Why an intent must not be sent any more.
    pub(super) fn overdue(&self, intent: &Intent, now: Timestamp) -> Option<Reason> {
        overdue(&self.limits, self.heard, self.resumed_at, intent, now)
    }

    pub(super) fn find_queued(&self, key: &IntentKey) -> Result<Ticket, Refusal> {
        self.queued.get(key).copied().ok_or(Refusal::NotQueued)
    }

    pub(super) fn find_parked(&self, key: &IntentKey) -> Result<u64, Refusal> {
        let place = self.parked_places.get(key).copied();
        place.ok_or(Refusal::NotParked)
    }

    fn queue_up(&mut self, intent: Intent) {
        let key = intent.key().clone();
        let ticket = self.queue.push(intent);
        self.queued.insert(key, ticket);
    }

    fn take_queued(&mut self, key: &IntentKey) -> Result<Intent, Inapplicable> {
        let ticket = self.queued.remove(key).ok_or(Inapplicable)?;
        Ok(self.queue.remove(ticket))
    }

    fn take_parked(&mut self, key: &IntentKey) -> Result<Parked, Inapplicable> {
        let place = self.parked_places.remove(key).ok_or(Inapplicable)?;
        let parked = self.parked.remove(&place);
        Ok(parked.expect("a place is kept exactly as long as its intent is parked"))
    }
}

/// Why an intent must not be sent any more. What an earlier process has queued is as old as the clock says only if central's
/// time bears it out, or this process alone has waited as long: the clock may have been set while nobody looked.
fn overdue(
    limits: &OutboxLimits,
    heard: Heard,
    resumed_at: Option<Timestamp>,
    intent: &Intent,
    now: Timestamp,
) -> Option<Reason> {
    if let (true, Some(at), Some(since)) = (
        intent.attempted(),
        intent.central_at(),
        heard.keys_remembered_since,
    ) && at < since
    {
        return Some(Reason::forgotten(since));
    }
    let age_max = u64::try_from(limits.age_max.as_millis()).unwrap_or(u64::MAX);
    let is_older = |now: Timestamp, then: Timestamp| now.millis_since(then) > age_max;
    if !is_older(now, intent.queued_at()) {
        return None;
    }
    let seen = resumed_at.is_none_or(|at| intent.queued_at() >= at || is_older(now, at));
    let borne_out = match (intent.central_at(), heard.now) {
        (Some(then), Some(now)) => is_older(now, then),
        (Some(_), None) => false,
        (None, _) => true,
    };
    (seen || borne_out).then(|| Reason::expired(limits.age_max))
}

/// A moment, moved. There is nothing before 1970.
fn shifted(at: Timestamp, by_ms: i64) -> Timestamp {
    let millis = at.millis().saturating_add_signed(by_ms);
    Timestamp::from_millis(millis).unwrap_or(at)
}
