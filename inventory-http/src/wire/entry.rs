//! Entries of the log again, from the events that they were sent as.

use inventory_core::machine::{
    After, Annotations, DeadLettered, Entry, Event, Intent, Level, Movement, MovementKind,
};
use inventory_core::vocabulary::{Delta, Sequence, Version};

use super::WireEvent;

#[cfg(test)]
mod tests;

/// Why events do not make an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEntry {
    /// The event is of a type that this program does not know.
    #[error("the event at {at} is of the unknown type {kind:?}")]
    UnknownType {
        /// Position of the event.
        at: Sequence,
        /// The type.
        kind: String,
    },
    /// The event says too little, or contradicts itself.
    #[error("the event at {at} lacks a field, or contradicts itself")]
    Malformed {
        /// Position of the event.
        at: Sequence,
    },
    /// The first events of the request are not there, or its last ones, or they say different things of it.
    #[error("the request of the event at {at} is not there as a whole")]
    Incomplete {
        /// Position of the event.
        at: Sequence,
    },
}

impl WireEvent<'_> {
    /// The event as the machine knows it.
    ///
    /// # Errors
    ///
    /// The type is unknown, or the fields that it needs are not there or contradict each other.
    pub fn event(&self) -> Result<Event, InvalidEntry> {
        if self.kind == "DeadLettered" {
            return Ok(Event::DeadLettered(DeadLettered {
                product: self.product_id.clone(),
                version: self.new_version,
                raw: self.buried.as_deref().unwrap_or_default().into(),
            }));
        }
        if !self.is_known() {
            return Err(InvalidEntry::UnknownType {
                at: self.seq,
                kind: self.kind.clone().into_owned(),
            });
        }
        let malformed = InvalidEntry::Malformed { at: self.seq };
        self.movement().map(Event::Moved).ok_or(malformed)
    }

    /// Whether this program knows events of its type.
    pub fn is_known(&self) -> bool {
        self.kind == "DeadLettered" || MovementKind::TYPE_NAMES.contains(&&*self.kind)
    }

    /// What an event leaves behind, whatever its type is: the level and the product after it.
    ///
    /// `before` is the product's version before it, which tells whether it was written.
    ///
    /// # Errors
    ///
    /// It says nothing of a level, or contradicts itself.
    pub fn after_image(&self, before: Version) -> Result<Event, InvalidEntry> {
        let was_written = self.new_version.is_some_and(|after| after > before);
        let has_moved = self.delta != Delta::ZERO || self.reserved_delta != Delta::ZERO;
        let kind = match (was_written, has_moved) {
            // A change that nobody has looked at the stock for: whoever doubts the numbers goes on to.
            (true, true) => MovementKind::Lapsed,
            // Somebody has looked, and found what was known.
            (true, false) => MovementKind::Increased,
            (false, _) => MovementKind::Unchanged,
        };
        let malformed = InvalidEntry::Malformed { at: self.seq };
        self.movement_of(kind).map(Event::Moved).ok_or(malformed)
    }

    fn movement(&self) -> Option<Movement> {
        let details = self.details.0.clone();
        self.movement_of(MovementKind::from_parts(&self.kind, details)?)
    }

    fn movement_of(&self, kind: MovementKind) -> Option<Movement> {
        let level = Level::new(self.on_hand?, self.reserved?)?;
        (self.store_quantity? == level.available()).then_some(())?;
        Some(Movement {
            kind,
            product: self.product_id.clone()?,
            store: self.store_id.clone()?,
            delta: self.delta,
            reserved_delta: self.reserved_delta,
            after: After {
                level,
                version: self.new_version?,
                total: self.new_quantity?,
            },
        })
    }

    /// The entry that a page starts with, and the events after it; `None` when the page is empty.
    ///
    /// # Errors
    ///
    /// The events of the first request are not all there, or one of them cannot be read.
    pub fn split_entry(events: &[Self]) -> Result<Option<(Entry, &[Self])>, InvalidEntry> {
        Self::split_entry_with(events, Self::event)
    }

    /// As [`WireEvent::split_entry`], with another reading of events.
    ///
    /// # Errors
    ///
    /// The events of the first request are not all there, or one of them cannot be read so.
    pub fn split_entry_with(
        events: &[Self],
        read: impl FnMut(&Self) -> Result<Event, InvalidEntry>,
    ) -> Result<Option<(Entry, &[Self])>, InvalidEntry> {
        let Some(first) = events.first() else {
            return Ok(None);
        };
        let incomplete = InvalidEntry::Incomplete { at: first.seq };
        let count = usize::try_from(first.request_events).unwrap_or(usize::MAX);
        let request = events.get(..count).filter(|request| !request.is_empty());
        let request = request.ok_or_else(|| incomplete.clone())?;
        let whole = first.request_seq == first.seq
            && (0..).zip(request).all(|(position, event)| {
                event.seq == first.seq.plus(position) && event.same_request(first)
            });
        if !whole || first.idempotency_key.is_some() != first.fingerprint.is_some() {
            return Err(incomplete);
        }
        let read = request.iter().map(read);
        let entry = Entry {
            first: first.seq,
            recorded_at: first.ts,
            intent: first.idempotency_key.clone().zip(first.fingerprint).map(
                |(key, fingerprint)| Intent {
                    caller: first.caller.clone(),
                    key,
                    fingerprint,
                },
            ),
            outcomes: Box::default(),
            events: read.collect::<Result<_, _>>()?,
            annotations: first.annotations().map(Box::new),
            chain: first.chain,
        };
        Ok(Some((entry, &events[count..])))
    }

    fn annotations(&self) -> Option<Annotations> {
        let annotations = Annotations {
            trace: self.trace,
            // It decides nothing, so that one which is not known is none.
            reason: self.reason.as_deref().and_then(|name| name.parse().ok()),
            note: self.note.clone(),
            reference: self.reference.clone(),
            actor: self.actor.clone(),
        };
        (annotations != Annotations::default()).then_some(annotations)
    }

    fn same_request(&self, other: &Self) -> bool {
        self.request_seq == other.request_seq
            && self.request_events == other.request_events
            && self.ts == other.ts
            && self.caller == other.caller
            && self.idempotency_key == other.idempotency_key
            && self.fingerprint == other.fingerprint
            && self.chain == other.chain
            && self.trace == other.trace
            && self.reason == other.reason
            && self.note == other.note
            && self.reference == other.reference
            && self.actor == other.actor
    }
}
