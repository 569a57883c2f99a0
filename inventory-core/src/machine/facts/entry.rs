//! Log entries: what one request wrote, the unit that is recorded, recovered, replayed and answered as a whole.

use crate::machine::{Event, RowOutcome};
use crate::vocabulary::{
    Actor, Caller, Chain, Digest, Fields, Fingerprint, IdempotencyKey, Note, ProductId, Reason,
    Reference, Sequence, StoreId, Timestamp, TraceParent,
};

/// The key of a request and the digest of what it meant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct Intent {
    /// Whose key it is: equal keys of different callers are different keys. Without one it is of the name space that all
    /// those share who are not told apart.
    pub caller: Option<Caller>,
    /// The name that the client gave.
    pub key: IdempotencyKey,
    /// What the client meant by it.
    pub fingerprint: Fingerprint,
}

/// What is recorded beside the events of a request, for whoever asks later who wanted it. It decides nothing, and is part
/// neither of the intent nor of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct Annotations {
    /// The trace that the request belongs to.
    pub trace: Option<TraceParent>,
    /// Why.
    pub reason: Option<Reason>,
    /// Why, in somebody's own words.
    pub note: Option<Note>,
    /// What it belongs to outside of this system.
    pub reference: Option<Reference>,
    /// Who.
    pub actor: Option<Actor>,
}

impl Annotations {
    /// What the texts take.
    pub(super) fn bytes(&self) -> usize {
        let Self {
            trace: _,
            reason: _,
            note,
            reference,
            actor,
        } = self;
        let note = note.as_ref().map_or("", Note::as_str);
        let reference = reference.as_ref().map_or("", Reference::as_str);
        let actor = actor.as_ref().map_or("", Actor::as_str);
        size_of::<Self>() + note.len() + reference.len() + actor.len()
    }
}

/// The events of one request. All of them are in the log, or none is.
///
/// They name products and stores by their ids; inside an image, where an [`ImageEntry`](crate::machine::ImageEntry) stands, by their places.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
pub struct Entry<Product = ProductId, Store = StoreId> {
    /// Position of the first event; the others follow without a gap.
    pub first: Sequence,
    /// When the request was decided. Never earlier than the entry before.
    pub recorded_at: Timestamp,
    /// Key and meaning of the request, when it had a key.
    pub intent: Option<Intent>,
    /// What became of each line, when the request has lines that may be skipped; otherwise empty, and every line has
    /// written one event.
    pub outcomes: Box<[RowOutcome]>,
    /// The events, in the order of the lines that wrote them; at least one.
    #[cfg_attr(
        feature = "serde",
        serde(
            deserialize_with = "crate::machine::facts::forms::at_least_one",
            bound(
                deserialize = "Product: serde::Deserialize<'de>, Store: serde::Deserialize<'de>"
            )
        )
    )]
    pub events: Box<[Event<Product, Store>]>,
    /// What the request said beside. The window of keys does without: no answer carries it.
    pub annotations: Option<Box<Annotations>>,
    /// Digest of the log up to and including this entry.
    pub chain: Chain,
}

impl<Product, Store> Entry<Product, Store> {
    /// Position of the last event.
    pub fn last(&self) -> Sequence {
        self.first.plus(self.events.len().saturating_sub(1) as u64)
    }
}

impl Entry {
    /// The events with their positions.
    pub fn numbered(&self) -> impl Iterator<Item = (Sequence, &Event)> {
        self.events
            .iter()
            .enumerate()
            .map(|(at, event)| (self.first.plus(at as u64), event))
    }

    /// The chain that the entry should carry after a log that ends with `previous`; `None` when an event is of a type
    /// that this program does not know, since it cannot tell what the writer digested.
    ///
    /// Outcomes and annotations are not digested: who follows the events alone can compute the chain.
    pub fn chain_after(&self, previous: Chain) -> Option<Chain> {
        let mut digest = Digest::new();
        digest.number(previous.bits());
        digest.number(self.first.number());
        digest.number(self.recorded_at.millis());
        match &self.intent {
            None => digest.number(0),
            Some(intent) => {
                digest.number(1 + u64::from(intent.caller.is_some()));
                if let Some(caller) = &intent.caller {
                    digest.bytes(caller.as_str().as_bytes());
                }
                digest.bytes(intent.key.as_str().as_bytes());
                digest.number(intent.fingerprint.bits());
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::DeadLettered;

    #[test]
    fn annotations_weigh_what_their_texts_do() {
        let bare = Annotations::default();
        let texts = Annotations {
            note: Some("sold at the door".parse().unwrap()),
            reference: Some("order-7".parse().unwrap()),
            actor: Some("till 3".parse().unwrap()),
            ..Annotations::default()
        };
        assert_eq!(texts.bytes(), bare.bytes() + 16 + 7 + 6);
    }

    #[test]
    fn a_position_that_a_damaged_file_names_is_no_overflow() {
        let event: Event = Event::DeadLettered(DeadLettered {
            product: None,
            version: None,
            raw: "{}".into(),
        });
        let entry = Entry {
            first: Sequence::new(u64::MAX),
            recorded_at: Timestamp::UNIX_EPOCH,
            intent: None,
            outcomes: Box::default(),
            events: Box::new([event.clone(), event]),
            annotations: None,
            chain: Chain::default(),
        };
        assert_eq!(entry.last(), Sequence::new(u64::MAX));
    }
}
