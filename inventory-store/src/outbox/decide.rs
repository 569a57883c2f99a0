//! What a change of the outbox leads to, before anything has changed.

use inventory_core::vocabulary::Timestamp;

use super::change::{Change, Refusal};
use super::intent::Intent;
use super::key::IntentKey;
use super::limits::OnConflict;
use super::machine::Outbox;
use super::reason::Reason;
use super::record::Record;

/// What records that are not applied yet add to an outbox at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ahead {
    /// Intents that they queue.
    pub queued: usize,
    /// Intents that they park.
    pub parked: usize,
}

impl Ahead {
    /// What these records add. What they take away is not counted: room that is not durable is no room.
    pub fn of(records: &[Record]) -> Self {
        let mut ahead = Self::default();
        for record in records {
            match record {
                Record::Queued { .. } | Record::Retried { .. } => ahead.queued += 1,
                Record::Parked { .. } => ahead.parked += 1,
                Record::Settled { .. }
                | Record::Discarded { .. }
                | Record::Rebased { .. }
                | Record::Attempted { .. }
                | Record::Redated { .. } => {}
            }
        }
        ahead
    }
}

impl Outbox {
    /// The records that a change leads to; none when it is so already.
    ///
    /// `ahead` is what was decided before it and is not applied yet: all of it about other keys.
    ///
    /// # Errors
    ///
    /// The change does not fit what is queued and parked.
    pub fn decide(
        &self,
        change: &Change,
        ahead: Ahead,
        now: Timestamp,
    ) -> Result<Vec<Record>, Refusal> {
        Ok(vec![match change {
            Change::Enqueue(intent) => match self.decide_enqueue(intent, ahead)? {
                Some(record) => record,
                None => return Ok(Vec::new()),
            },
            Change::Settle(key) => {
                self.find_queued(key)?;
                Record::Settled { key: key.clone() }
            }
            Change::Park { key, reason } => {
                self.find_queued(key)?;
                Record::parked(key, reason, now)
            }
            Change::Conflict { key, reason } => self.decide_conflict(key, reason, now)?,
            Change::Retry { key, version } => {
                self.find_parked(key)?;
                self.check_room(ahead)?;
                Record::Retried {
                    key: key.clone(),
                    version: *version,
                    retried_at: now,
                }
            }
            Change::Discard(key) => {
                self.find_parked(key)?;
                Record::Discarded { key: key.clone() }
            }
            Change::Expire => {
                let overdue = self.queue.at_rest().filter_map(|intent| {
                    let reason = self.overdue(intent, now)?;
                    Some(Record::parked(intent.key(), &reason, now))
                });
                return Ok(overdue.collect());
            }
        }])
    }

    fn decide_enqueue(&self, intent: &Intent, ahead: Ahead) -> Result<Option<Record>, Refusal> {
        let same = |known: &Intent| match known.differs(intent.update()) {
            Some(differs) => Err(Refusal::KeyReused { differs }),
            None => Ok(()),
        };
        if let Ok(ticket) = self.find_queued(intent.key()) {
            same(self.queue.get(ticket))?;
            return Ok(None);
        }
        if let Ok(place) = self.find_parked(intent.key()) {
            let parked = &self.parked[&place];
            same(&parked.intent)?;
            return Err(Refusal::Parked {
                reason: parked.reason.clone(),
                parked_at: parked.parked_at,
            });
        }
        self.check_room(ahead)?;
        let parked = self.parked.len() + ahead.parked;
        if parked >= self.limits.parked_max {
            return Err(Refusal::TooManyParked { parked });
        }
        let intent = intent.clone();
        Ok(Some(Record::Queued { intent }))
    }

    fn decide_conflict(
        &self,
        key: &IntentKey,
        reason: &Reason,
        now: Timestamp,
    ) -> Result<Record, Refusal> {
        let guarded = self.queue.get(self.find_queued(key)?).update().version;
        Ok(match (self.on_conflict, guarded) {
            // Central's fingerprint does not cover the guard: without it this is still the intent of its key.
            (OnConflict::Rebase, Some(_)) => Record::Rebased { key: key.clone() },
            // Whatever central dislikes about an unguarded intent, taking the guard off does not help.
            (OnConflict::Rebase, None) | (OnConflict::Park, _) => Record::parked(key, reason, now),
        })
    }

    fn check_room(&self, ahead: Ahead) -> Result<(), Refusal> {
        let queued = self.queue.len() + ahead.queued;
        if queued >= self.limits.intents_max {
            return Err(Refusal::Full { queued });
        }
        Ok(())
    }
}
