//! What has happened to a product, or under a reference.

use std::borrow::Cow;

use inventory_core::engine::PastEvent;
use inventory_core::machine::{Annotations, Details, Event, Level, Movement, MovementKind};
use inventory_core::vocabulary::{
    Actor, Delta, IdempotencyKey, Note, ProductId, Quantity, Reference, ReservationId, Sequence,
    StoreId, Timestamp, TransferId, Version,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SnapshotLevel;

/// Something that has happened. A `DeadLettered` event had no effect, and has nulls where nothing is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    /// The offset.
    pub seq: Sequence,
    /// When it was recorded.
    pub ts: Timestamp,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// The product.
    pub product_id: Option<ProductId>,
    /// The store.
    pub store_id: Option<StoreId>,
    /// The change of on-hand at the store.
    pub delta: Delta,
    /// The change of reserved at the store.
    pub reserved_delta: Delta,
    /// The level before it.
    pub before: Option<SnapshotLevel>,
    /// The level after it.
    pub after: Option<SnapshotLevel>,
    /// Available over all stores after it.
    pub new_quantity: Option<Quantity>,
    /// The product's version after it.
    pub version: Option<Version>,
    /// Why, as the request said.
    pub reason: Option<Cow<'static, str>>,
    /// Why, in somebody's own words.
    pub note: Option<Note>,
    /// What it belongs to outside of this system.
    pub reference: Option<Reference>,
    /// Who.
    pub actor: Option<Actor>,
    /// The request's key.
    pub key: Option<IdempotencyKey>,
    /// The reservation that it belongs to.
    pub reservation_id: Option<ReservationId>,
    /// The transfer that it belongs to.
    pub transfer_id: Option<TransferId>,
    /// Why it was buried, of a `DeadLettered` event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buried: Option<String>,
}

impl HistoryEvent {
    /// An event of the past.
    pub fn of(past: &PastEvent) -> Self {
        let (entry, event) = (&past.request, &past.event);
        let movement = event.movement();
        let details =
            movement.map_or_else(Details::default, |moved| MovementKind::details(&moved.kind));
        let beside = entry.annotations.as_deref().cloned();
        let Annotations {
            reason,
            note,
            reference,
            actor,
            trace: _,
        } = beside.unwrap_or_default();
        let change = |of: fn(&Movement) -> Delta| movement.map_or(Delta::ZERO, of);
        Self {
            seq: past.sequence,
            ts: entry.recorded_at,
            kind: event.type_name().into(),
            product_id: event.product().cloned(),
            store_id: movement.map(|moved| moved.store.clone()),
            delta: change(|moved| moved.delta),
            reserved_delta: change(|moved| moved.reserved_delta),
            before: past.before().map(shown),
            after: movement.map(|moved| shown(moved.after.level)),
            new_quantity: movement.map(|moved| moved.after.total),
            version: event.version(),
            reason: reason.map(|reason| reason.name().into()),
            note,
            reference,
            actor,
            key: entry.intent.as_ref().map(|intent| intent.key.clone()),
            reservation_id: details.reservation,
            transfer_id: details.transfer,
            buried: match event {
                Event::DeadLettered(letter) => Some(letter.raw.as_ref().to_owned()),
                Event::Moved(_) => None,
            },
        }
    }
}

fn shown(level: Level) -> SnapshotLevel {
    SnapshotLevel {
        on_hand: level.on_hand(),
        reserved: level.reserved(),
        unproved: false,
    }
}

/// A page of a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// The events, the newest first; with filters, perhaps fewer than were asked for though more follow.
    pub items: Vec<HistoryEvent>,
    /// Where the next page starts; empty at the end.
    pub next_cursor: String,
    /// Whether the log is kept from its first event on. If not, what is older than the last page may have been purged.
    pub complete: bool,
}
