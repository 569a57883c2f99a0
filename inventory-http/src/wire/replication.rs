//! What replicas follow.

use std::borrow::Cow;
use std::collections::BTreeMap;

use inventory_core::machine::{Details, Entry, Event, Movement, ProductView};
use inventory_core::vocabulary::{
    Actor, Caller, Chain, Delta, Epoch, Fingerprint, IdempotencyKey, Note, ProductId, Quantity,
    Reason, Reference, Sequence, StoreId, Timestamp, TraceParent, Version,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WireDetails;

/// An event. Its after-image is complete, and with the fields of its request it makes the entry of the log again: a
/// replica can compute the chain. A `DeadLettered` event has nulls where it names nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WireEvent<'a> {
    /// The offset.
    pub seq: Sequence,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: Cow<'a, str>,
    /// The product.
    pub product_id: Option<ProductId>,
    /// The store.
    pub store_id: Option<StoreId>,
    /// The change of on-hand at the store.
    pub delta: Delta,
    /// The change of reserved at the store.
    pub reserved_delta: Delta,
    /// The product's version after the event.
    pub new_version: Option<Version>,
    /// Available over all stores after the event.
    pub new_quantity: Option<Quantity>,
    /// Available at the store after the event.
    pub store_quantity: Option<Quantity>,
    /// On hand at the store after the event.
    pub on_hand: Option<Quantity>,
    /// Reserved at the store after the event.
    pub reserved: Option<Quantity>,
    /// When the request was decided.
    pub ts: Timestamp,
    /// The offset of the first event of the same request.
    pub request_seq: Sequence,
    /// How many events the request has: they follow each other.
    pub request_events: u64,
    /// Whose key it is, when keys are told apart by their caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub caller: Option<Caller>,
    /// The request's key.
    pub idempotency_key: Option<IdempotencyKey>,
    /// The digest of the request's intent.
    #[schemars(with = "Option<String>")]
    pub fingerprint: Option<Fingerprint>,
    /// The digest of the log up to and including the request.
    pub chain: Chain,
    /// Why it was buried, of a `DeadLettered` event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buried: Option<Cow<'a, str>>,
    /// Why, as the request says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Reason")]
    pub reason: Option<Cow<'a, str>>,
    /// Why, in somebody's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Note")]
    pub note: Option<Note>,
    /// What the request belongs to outside of this system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Reference")]
    pub reference: Option<Reference>,
    /// The name of the key that made the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Actor")]
    pub actor: Option<Actor>,
    /// What the event says by its type.
    #[serde(flatten)]
    pub details: WireDetails,
    /// The trace that the request belongs to, when it is traced.
    #[serde(
        default,
        rename = "traceparent",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>")]
    pub trace: Option<TraceParent>,
}

impl<'a> WireEvent<'a> {
    /// An event of an entry.
    pub fn of(entry: &'a Entry, seq: Sequence, event: &'a Event) -> Self {
        let intent = entry.intent.as_ref();
        let beside = entry.annotations.as_deref();
        let movement = event.movement();
        let after = movement.map(|movement| &movement.after);
        let details = movement.map_or_else(Details::default, |moved| moved.kind.details());
        let change = |of: fn(&Movement) -> Delta| movement.map_or(Delta::ZERO, of);
        Self {
            seq,
            kind: Cow::Borrowed(event.type_name()),
            product_id: event.product().cloned(),
            store_id: movement.map(|movement| movement.store.clone()),
            delta: change(|movement| movement.delta),
            reserved_delta: change(|movement| movement.reserved_delta),
            new_version: event.version(),
            new_quantity: after.map(|after| after.total),
            store_quantity: after.map(|after| after.level.available()),
            on_hand: after.map(|after| after.level.on_hand()),
            reserved: after.map(|after| after.level.reserved()),
            ts: entry.recorded_at,
            request_seq: entry.first,
            request_events: entry.events.len() as u64,
            caller: intent.and_then(|intent| intent.caller.clone()),
            idempotency_key: intent.map(|intent| intent.key.clone()),
            fingerprint: intent.map(|intent| intent.fingerprint),
            chain: entry.chain,
            buried: match event {
                Event::DeadLettered(letter) => Some(Cow::Borrowed(&letter.raw)),
                Event::Moved(_) => None,
            },
            details: WireDetails(details),
            reason: beside.and_then(|beside| beside.reason.map(|reason| reason.name().into())),
            note: beside.and_then(|beside| beside.note.clone()),
            reference: beside.and_then(|beside| beside.reference.clone()),
            actor: beside.and_then(|beside| beside.actor.clone()),
            trace: beside.and_then(|beside| beside.trace),
        }
    }
}

/// A page of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Changes<'a> {
    /// The events after the offset, in order. All of a request are on one page.
    pub events: Vec<WireEvent<'a>>,
    /// Where the next page starts.
    pub next_offset: Sequence,
    /// Whether there is more already.
    pub has_more: bool,
    /// Where the log ended when the page was made: how far behind it the page's reader is.
    pub head_offset: Sequence,
    /// The identity of the log's history.
    pub epoch: Epoch,
}

/// What one store has of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotLevel {
    /// Units at the store.
    pub on_hand: Quantity,
    /// Of these, promised to somebody.
    pub reserved: Quantity,
    /// There, and true, while nobody has counted it since a loss.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unproved: bool,
}

/// A product in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotProduct {
    /// Available over all stores.
    pub qty: Quantity,
    /// The product's version.
    pub version: Version,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// What each store has.
    #[schemars(with = "BTreeMap<String, SnapshotLevel>")]
    pub levels: BTreeMap<StoreId, SnapshotLevel>,
    /// There, and true, while the numbers wait for a count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quarantined: bool,
}

impl SnapshotProduct {
    /// A product with its levels, after a loss before a position: see `Ledger::unknown_before` of the core.
    pub fn of(view: ProductView<'_>, unknown_before: Sequence) -> Self {
        Self {
            qty: view.total(),
            version: view.version(),
            updated_at: view.updated_at(),
            levels: view
                .levels()
                .zip(view.counted_at())
                .map(|((store, level), counted_at)| {
                    let level = SnapshotLevel {
                        on_hand: level.on_hand(),
                        reserved: level.reserved(),
                        unproved: counted_at < unknown_before,
                    };
                    (store.clone(), level)
                })
                .collect(),
            quarantined: view.quarantined(),
        }
    }
}

/// All products at one offset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StateSnapshot {
    /// The products by id, in no order.
    #[schemars(with = "BTreeMap<String, SnapshotProduct>")]
    pub state: BTreeMap<ProductId, SnapshotProduct>,
    /// The offset that the state stands for.
    pub last_offset: Sequence,
    /// The identity of the log's history.
    pub epoch: Epoch,
    /// The digest of the log up to the offset.
    pub chain: Chain,
    /// When the event at the offset was recorded.
    pub recorded_at: Timestamp,
    /// The first offset after a loss: what happened before it may be missing. 0 when nothing was lost.
    #[serde(default)]
    pub unknown_before: Sequence,
    /// Every idempotency key that was used at this moment, or later, is remembered; of earlier ones some are not. 1970 while none
    /// was forgotten. A store's copy does not say: keys are central's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Timestamp")]
    pub keys_remembered_since: Option<Timestamp>,
}
