//! Transfers as they are read.

use inventory_core::machine::{self, TransferState};
use inventory_core::vocabulary::{ProductId, Quantity, StoreId, Timestamp, TransferId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A transfer that is under way, or has ended not long ago.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    /// The transfer.
    pub transfer_id: TransferId,
    /// What has become of it.
    pub state: TransferState,
    /// The store that it has left.
    pub from_store_id: StoreId,
    /// The store that it goes to.
    pub to_store_id: StoreId,
    /// When it was shipped.
    pub shipped_at: Timestamp,
    /// When it ended; null while units of it are on the way.
    pub ended_at: Option<Timestamp>,
    /// What was shipped, in the order of the request.
    pub lines: Vec<TransferLine>,
}

/// Units of one product in a transfer: shipped is received, missing and in transit together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferLine {
    /// The product.
    pub product_id: ProductId,
    /// How much has left the store.
    pub shipped: Quantity,
    /// How much has arrived.
    pub received: Quantity,
    /// How much had not arrived when the transfer was closed.
    pub missing: Quantity,
    /// How much is on the way.
    pub in_transit: Quantity,
}

impl Transfer {
    /// A transfer with its lines.
    pub fn of(transfer: &machine::Transfer) -> Self {
        let line = |line: &machine::TransferLine| TransferLine {
            product_id: line.product.clone(),
            shipped: line.shipped,
            received: line.received,
            missing: line.missing,
            in_transit: line.in_transit(),
        };
        Self {
            transfer_id: transfer.id.clone(),
            state: transfer.state,
            from_store_id: transfer.source.clone(),
            to_store_id: transfer.destination.clone(),
            shipped_at: transfer.opened_at,
            ended_at: transfer.ended_at,
            lines: transfer.lines.iter().map(line).collect(),
        }
    }
}

/// A page of transfers, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferList {
    /// The transfers; perhaps fewer than were asked for though more follow.
    pub items: Vec<Transfer>,
    /// Where the next page starts; empty at the end.
    pub next_cursor: String,
}
