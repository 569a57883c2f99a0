//! What one request wrote: the unit that is recorded, recovered, replayed and answered as a whole.

use crate::machine::Event;
use crate::vocabulary::{Chain, Digest, Fingerprint, IdempotencyKey, Sequence, Timestamp};

/// The key of a request and the digest of what it meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Intent {
    /// The name that the client gave.
    pub key: IdempotencyKey,
    /// What the client meant by it.
    pub fingerprint: Fingerprint,
}

/// The events of one request. All of them are in the log, or none is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Position of the first event; the others follow without a gap.
    pub first: Sequence,
    /// When the request was decided. Never earlier than the entry before.
    pub recorded_at: Timestamp,
    /// Key and meaning of the request, when it had a key.
    pub intent: Option<Intent>,
    /// The events, one per line of the request; at least one.
    pub events: Box<[Event]>,
    /// Digest of the log up to and including this entry.
    pub chain: Chain,
}

impl Entry {
    /// Position of the last event.
    pub fn last(&self) -> Sequence {
        Sequence::new(self.first.number() + self.events.len() as u64 - 1)
    }

    /// The events with their positions.
    pub fn numbered(&self) -> impl Iterator<Item = (Sequence, &Event)> {
        self.events
            .iter()
            .enumerate()
            .map(|(at, event)| (self.first.plus(at as u64), event))
    }

    /// The chain that the entry should carry after a log that ends with `previous`; `None` when an event is of a type
    /// that this program does not know, since it cannot tell what the writer digested.
    pub fn chain_after(&self, previous: Chain) -> Option<Chain> {
        let mut digest = Digest::new();
        digest.number(previous.bits());
        digest.number(self.first.number());
        digest.number(self.recorded_at.millis());
        if let Some(intent) = &self.intent {
            digest.bytes(intent.key.as_str().as_bytes());
            digest.number(intent.fingerprint.bits());
        }
        for event in &self.events {
            if let Event::DeadLettered(_) = event {
                return None;
            }
            event.digest(&mut digest);
        }
        Some(Chain::from_bits(digest.finish()))
    }
}
