//! What a change of a transfer has led to, told by the events that it wrote and nothing else: so the first answer can be
//! given again, whatever has become of the transfer since.

use inventory_core::engine::Receipt;
use inventory_core::machine::{Movement, MovementKind};
use inventory_core::vocabulary::{Quantity, Timestamp, TransferId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::wire::line::{LevelAfter, levels_in_lines, movements};
use crate::wire::mutation::FromReceipt;

/// Units of a transfer that were shipped, received or settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    /// The transfer.
    pub transfer_id: TransferId,
    /// When it was recorded.
    pub last_updated: Timestamp,
    /// What was moved, in the order of the request.
    pub lines: Vec<MovedLine>,
}

/// Units of one product of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MovedLine {
    /// The store that they left or came to, and what is available there now. Of what is lost, the store that it had left.
    #[serde(flatten)]
    pub level: LevelAfter,
    /// How much.
    pub quantity: Quantity,
    /// What of the product is still on the way.
    pub in_transit: Quantity,
}

levels_in_lines!(Moved);

impl FromReceipt for Moved {
    fn from_receipt(receipt: &Receipt) -> Option<Self> {
        let lines = movements(&receipt.entry)?;
        let transfer_id = lines.first()?.kind.details().transfer?;
        let lines: Option<_> = lines.into_iter().map(MovedLine::of).collect();
        Some(Self {
            transfer_id,
            last_updated: receipt.entry.recorded_at,
            lines: lines?,
        })
    }
}

impl MovedLine {
    fn of(movement: &Movement) -> Option<Self> {
        let moved = movement.delta.size();
        let details = movement.kind.details();
        let shipped = matches!(movement.kind, MovementKind::Shipped { .. });
        let (quantity, in_transit) = match (shipped, details.in_transit) {
            (true, _) => (moved, moved),
            (false, Some(left)) => (moved, left),
            (false, None) => (details.missing?, Quantity::ZERO),
        };
        Some(Self {
            level: LevelAfter::of(movement),
            quantity,
            in_transit,
        })
    }
}
