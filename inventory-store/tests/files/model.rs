//! The naive outbox: two lists, searched from the front. It says what is right.

use inventory_core::vocabulary::Timestamp;
use inventory_store::outbox::{
    Change, Changed, Differs, Intent, IntentKey, Outbox, Parked, Reason, Refusal,
};

use crate::intents::{LIMITS, at};

#[derive(Debug, Clone, Default)]
pub(crate) struct Model {
    pub(crate) queued: Vec<Intent>,
    pub(crate) in_flight: Vec<IntentKey>,
    pub(crate) parked: Vec<Parked>,
    pub(crate) rebases: bool,
}

impl Model {
    pub(crate) fn change(&mut self, change: &Change, now: u64) -> Result<Changed, Refusal> {
        let queued = |key| self.queued.iter().position(|queued| queued.key() == key);
        let parked = |key| self.parked.iter().position(|one| one.intent.key() == key);
        let full = || match self.queued.len() {
            queued if queued >= LIMITS.intents_max => Err(Refusal::Full { queued }),
            _ => Ok(()),
        };
        match change {
            Change::Enqueue(intent) => {
                if let Some(place) = queued(intent.key()) {
                    same(&self.queued[place], intent)?;
                    return Ok(Changed::Already);
                }
                if let Some(place) = parked(intent.key()) {
                    let one = &self.parked[place];
                    same(&one.intent, intent)?;
                    return Err(Refusal::Parked {
                        reason: one.reason.clone(),
                        parked_at: one.parked_at,
                    });
                }
                full()?;
                if self.parked.len() >= LIMITS.parked_max {
                    let parked = self.parked.len();
                    return Err(Refusal::TooManyParked { parked });
                }
                self.queued.push(intent.clone());
            }
            Change::Settle(key) => {
                let place = queued(key).ok_or(Refusal::NotQueued)?;
                self.take(place);
            }
            Change::Park { key, reason } => {
                let place = queued(key).ok_or(Refusal::NotQueued)?;
                self.park(place, reason.clone(), at(now));
            }
            Change::Conflict { key, reason } => {
                let place = queued(key).ok_or(Refusal::NotQueued)?;
                if self.rebases && self.queued[place].update().version.is_some() {
                    self.in_flight.retain(|flying| flying != key);
                    let old = &self.queued[place];
                    let mut update = old.update().clone();
                    (update.version, update.epoch) = (None, None);
                    self.queued[place] =
                        Intent::new(key.clone(), update, old.queued_at(), old.trace())
                            .known(None, old.attempted());
                } else {
                    self.park(place, reason.clone(), at(now));
                }
            }
            Change::Retry { key, version } => {
                let place = parked(key).ok_or(Refusal::NotParked)?;
                full()?;
                let old = self.parked.remove(place).intent;
                let mut update = old.update().clone();
                (update.version, update.epoch) = (*version, None);
                let again = Intent::new(key.clone(), update, at(now), old.trace());
                self.queued.push(again);
            }
            Change::Discard(key) => {
                let place = parked(key).ok_or(Refusal::NotParked)?;
                self.parked.remove(place);
            }
            Change::Expire => {
                let mut changed = Changed::Already;
                while let Some(place) = self.queued.iter().position(|intent| {
                    expired(intent, now) && !self.in_flight.contains(intent.key())
                }) {
                    let reason = Reason::new("expired", "");
                    self.park(place, reason, at(now));
                    changed = Changed::Done;
                }
                return Ok(changed);
            }
        }
        Ok(Changed::Done)
    }

    /// The first ones: of no product that has one in flight or expired before them, and none after one that demands a
    /// version but those that demand the same.
    pub(crate) fn start(&mut self, most: usize, now: u64, aside: Option<&str>) -> Vec<Intent> {
        let mut taken: Vec<Intent> = Vec::new();
        let mut closed: Vec<&str> = aside.into_iter().collect();
        for intent in &self.queued {
            let product = intent.product().as_str();
            let mut before = taken.iter().filter(|one| one.product().as_str() == product);
            let overtakes = before.any(|one| {
                let demanded = one.update().version;
                demanded.is_some() && demanded != intent.update().version
            });
            let rests = self.in_flight.contains(intent.key()) || expired(intent, now);
            if rests || overtakes {
                closed.push(product);
            }
            if !closed.contains(&product) && taken.len() < most {
                taken.push(intent.clone());
            }
        }
        self.in_flight
            .extend(taken.iter().map(|one| one.key().clone()));
        for intent in &mut self.queued {
            if taken.iter().any(|one| one.key() == intent.key()) {
                *intent = intent.clone().known(None, true);
            }
        }
        taken
    }

    /// What expired is told by its code only: its message is for people.
    pub(crate) fn assert_same(&self, outbox: &Outbox) {
        assert_eq!(self.queued, outbox.queued().cloned().collect::<Vec<_>>());
        let mut parked: Vec<_> = outbox.parked().cloned().collect();
        for one in &mut parked {
            if one.reason.code() == "expired" {
                one.reason = Reason::new("expired", "");
            }
        }
        assert_eq!(self.parked, parked);
        for product in (0..3).map(|number| format!("product \"{number}\"")) {
            let queued = self.queued.iter();
            let has = queued
                .map(Intent::product)
                .any(|one| one.as_str() == product);
            let product = product.parse().unwrap();
            assert_eq!(outbox.has_queued(&product), has);
            let queued = self.queued.iter().filter(|one| *one.product() == product);
            let delta: i64 = queued.map(|one| one.update().delta.delta().units()).sum();
            assert_eq!(outbox.queued_delta(&product), delta);
        }
    }

    fn take(&mut self, place: usize) -> Intent {
        let intent = self.queued.remove(place);
        self.in_flight.retain(|flying| flying != intent.key());
        intent
    }

    fn park(&mut self, place: usize, reason: Reason, parked_at: Timestamp) {
        let intent = self.take(place);
        self.parked.push(Parked {
            intent,
            reason,
            parked_at,
        });
    }
}

fn expired(intent: &Intent, now: u64) -> bool {
    at(now).millis_since(intent.queued_at()) > LIMITS.age_max.as_millis() as u64
}

fn same(known: &Intent, asked: &Intent) -> Result<(), Refusal> {
    let (known, asked) = (known.update(), asked.update());
    let differs = if known.product_id != asked.product_id {
        Differs::Product
    } else if known.store_id != asked.store_id {
        Differs::Store
    } else if known.delta != asked.delta {
        Differs::Amount
    } else {
        return Ok(());
    };
    Err(Refusal::KeyReused { differs })
}
