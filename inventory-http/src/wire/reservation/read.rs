//! Reservations as they are read.

use inventory_core::machine::{self, HeldLine, ReservationState};
use inventory_core::vocabulary::{ProductId, Quantity, ReservationId, StoreId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A reservation that is open, or has ended not long ago.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// The reservation.
    pub reservation_id: ReservationId,
    /// What has become of it.
    pub state: ReservationState,
    /// When it was made.
    pub created_at: Timestamp,
    /// The last moment at which it can, or could, be committed.
    pub expires_at: Timestamp,
    /// When it ended; null while it is open, and until the log says that it has expired.
    pub ended_at: Option<Timestamp>,
    /// What it holds, or has held, in the order of the request that has made it.
    pub lines: Vec<ReservationLine>,
}

/// Units of one level in a reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReservationLine {
    /// The store.
    pub store_id: StoreId,
    /// The product.
    pub product_id: ProductId,
    /// How much it holds there while it is open, or has held.
    pub quantity: Quantity,
    /// How much of it was taken out of the stock.
    pub committed: Quantity,
}

impl Reservation {
    /// A reservation with its lines, as it is at the time of the last event of the log: expired as soon as its deadline has
    /// passed, whenever the event follows that says so.
    pub fn of(reservation: &machine::Reservation, at: Timestamp) -> Self {
        let line = |line: &HeldLine| ReservationLine {
            store_id: line.store.clone(),
            product_id: line.product.clone(),
            quantity: line.held,
            committed: line.committed,
        };
        Self {
            reservation_id: reservation.id.clone(),
            state: reservation.state_at(at),
            created_at: reservation.opened_at,
            expires_at: reservation.deadline,
            ended_at: reservation.ended_at,
            lines: reservation.lines.iter().map(line).collect(),
        }
    }
}

/// A page of reservations, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReservationList {
    /// The reservations; perhaps fewer than were asked for though more follow.
    pub items: Vec<Reservation>,
    /// Where the next page starts; empty at the end.
    pub next_cursor: String,
}
