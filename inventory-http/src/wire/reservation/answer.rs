//! What a change of a reservation has led to, told by the events that it wrote and nothing else: so the first answer can
//! be given again, whatever has become of the reservation since.

use inventory_core::engine::Receipt;
use inventory_core::machine::{Movement, ReservationState};
use inventory_core::vocabulary::{Quantity, ReservationId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::wire::line::{LevelAfter, Levels, levels_in_lines, movements};
use crate::wire::mutation::FromReceipt;

/// A reservation that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// The reservation.
    pub reservation_id: ReservationId,
    /// Open.
    pub state: ReservationState,
    /// The last moment at which it can be committed.
    pub expires_at: Timestamp,
    /// When it was made.
    pub last_updated: Timestamp,
    /// What it holds, in the order of the request.
    pub lines: Vec<HeldLine>,
}

/// Units that were set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldLine {
    /// Where, and what is available there now.
    #[serde(flatten)]
    pub level: LevelAfter,
    /// How much.
    pub quantity: Quantity,
}

/// A reservation that was committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Committed {
    /// The reservation.
    pub reservation_id: ReservationId,
    /// Committed.
    pub state: ReservationState,
    /// When it was committed.
    pub last_updated: Timestamp,
    /// What has become of each line of the reservation, in its order.
    pub lines: Vec<CommittedLine>,
}

/// What has become of a line of a reservation that was committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommittedLine {
    /// Where, and what is available there now.
    #[serde(flatten)]
    pub level: LevelAfter,
    /// How much was taken out of the stock.
    pub committed: Quantity,
    /// How much became available again.
    pub returned: Quantity,
}

/// A reservation that was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Released {
    /// The reservation.
    pub reservation_id: ReservationId,
    /// Released.
    pub state: ReservationState,
    /// When it was released.
    pub last_updated: Timestamp,
    /// What has become of each line of the reservation, in its order.
    pub lines: Vec<ReleasedLine>,
}

/// What has become of a line of a reservation that was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReleasedLine {
    /// Where, and what is available there now.
    #[serde(flatten)]
    pub level: LevelAfter,
    /// How much became available again.
    pub returned: Quantity,
}

/// A reservation whose end was moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Extended {
    /// The reservation.
    pub reservation_id: ReservationId,
    /// Open.
    pub state: ReservationState,
    /// The last moment at which it can be committed.
    pub expires_at: Timestamp,
    /// When its end was moved.
    pub last_updated: Timestamp,
}

levels_in_lines!(Held, Committed, Released);

/// It changes no level.
impl Levels for Extended {
    fn recorded_at(&self) -> Timestamp {
        self.last_updated
    }

    fn levels(&self) -> Vec<LevelAfter> {
        Vec::new()
    }
}

impl FromReceipt for Held {
    fn from_receipt(receipt: &Receipt) -> Option<Self> {
        let lines = movements(&receipt.entry)?;
        let (reservation_id, expires_at) = deadline(&lines)?;
        let line = |movement: &Movement| HeldLine {
            level: LevelAfter::of(movement),
            quantity: movement.reserved_delta.size(),
        };
        Some(Self {
            reservation_id,
            state: ReservationState::Open,
            expires_at,
            last_updated: receipt.entry.recorded_at,
            lines: lines.into_iter().map(line).collect(),
        })
    }
}

impl FromReceipt for Committed {
    fn from_receipt(receipt: &Receipt) -> Option<Self> {
        let lines = movements(&receipt.entry)?;
        let line = |movement: &Movement| CommittedLine {
            level: LevelAfter::of(movement),
            committed: movement.delta.size(),
            returned: returned(movement),
        };
        Some(Self {
            reservation_id: reservation(&lines)?,
            state: ReservationState::Committed,
            last_updated: receipt.entry.recorded_at,
            lines: lines.into_iter().map(line).collect(),
        })
    }
}

impl FromReceipt for Released {
    fn from_receipt(receipt: &Receipt) -> Option<Self> {
        let lines = movements(&receipt.entry)?;
        let line = |movement: &Movement| ReleasedLine {
            level: LevelAfter::of(movement),
            returned: returned(movement),
        };
        Some(Self {
            reservation_id: reservation(&lines)?,
            state: ReservationState::Released,
            last_updated: receipt.entry.recorded_at,
            lines: lines.into_iter().map(line).collect(),
        })
    }
}

impl FromReceipt for Extended {
    fn from_receipt(receipt: &Receipt) -> Option<Self> {
        let (reservation_id, expires_at) = deadline(&movements(&receipt.entry)?)?;
        Some(Self {
            reservation_id,
            state: ReservationState::Open,
            expires_at,
            last_updated: receipt.entry.recorded_at,
        })
    }
}

/// What was held and did not leave the stock.
fn returned(movement: &Movement) -> Quantity {
    let freed = movement.reserved_delta.size();
    freed.saturating_sub(movement.delta.size())
}

/// The reservation that movements are of.
fn reservation(lines: &[&Movement]) -> Option<ReservationId> {
    lines.first()?.kind.details().reservation
}

/// The reservation that movements are of, and until when it holds.
fn deadline(lines: &[&Movement]) -> Option<(ReservationId, Timestamp)> {
    let details = lines.first()?.kind.details();
    details.reservation.zip(details.deadline)
}
