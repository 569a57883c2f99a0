//! A transfer: units on the way from one store to another.

use std::cmp::Ordering;

use crate::machine::{Distinct, Lines, Movement, Settlement};
use crate::vocabulary::named::named;
use crate::vocabulary::{ProductId, Quantity, Sequence, StoreId, Timestamp, TransferId};

named! {
    /// What has become of a transfer. It ends once.
    pub enum TransferState {
        /// Units of it are on the way.
        InTransit = "in_transit",
        /// All of it has arrived.
        Received = "received",
        /// What has not arrived went back to its source.
        Returned = "returned",
        /// What has not arrived is gone.
        Lost = "lost",
    }

    /// A text is not the name of a transfer's state.
    pub struct InvalidTransferState;
}

/// Units of one product in a transfer.
///
/// **Invariant**: `received + missing <= shipped`; what is left of `shipped` is on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferLine {
    /// The product.
    pub product: ProductId,
    /// How much has left the source.
    pub shipped: Quantity,
    /// How much has arrived.
    pub received: Quantity,
    /// How much has not arrived, as was found when the transfer was closed.
    pub missing: Quantity,
}

impl TransferLine {
    /// What an event has sent.
    pub(in crate::machine) fn made_by(movement: &Movement) -> Self {
        Self {
            product: movement.product.clone(),
            shipped: movement.delta.size(),
            received: Quantity::ZERO,
            missing: Quantity::ZERO,
        }
    }

    /// How much is on the way.
    pub fn in_transit(&self) -> Quantity {
        let arrived = self.shipped.saturating_sub(self.received);
        arrived.saturating_sub(self.missing)
    }
}

impl Distinct for TransferLine {
    fn order(&self, other: &Self) -> Ordering {
        self.product.cmp(&other.product)
    }

    fn is_open(&self) -> bool {
        self.in_transit() > Quantity::ZERO
    }
}

/// Units on the way from one store to another. Each line is of another product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Its name.
    pub id: TransferId,
    /// First position of the request that has shipped it.
    pub opened: Sequence,
    /// When it was shipped.
    pub opened_at: Timestamp,
    /// The store that it has left.
    pub source: StoreId,
    /// The store that it goes to.
    pub destination: StoreId,
    /// What has become of it.
    pub state: TransferState,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What was shipped, in the order of the request.
    pub lines: Lines<TransferLine>,
}

impl Transfer {
    /// A transfer that begins with a line.
    pub(in crate::machine) fn open(
        id: TransferId,
        opened: Sequence,
        opened_at: Timestamp,
        (source, destination): (StoreId, StoreId),
        first: TransferLine,
    ) -> Self {
        Self {
            id,
            opened,
            opened_at,
            source,
            destination,
            state: TransferState::InTransit,
            ended_at: None,
            lines: Lines::begin(first),
        }
    }

    /// Whether units of it may be on the way.
    pub fn is_open(&self) -> bool {
        self.state == TransferState::InTransit
    }

    /// The line of a product.
    pub fn line(&self, product: &ProductId) -> Option<&TransferLine> {
        self.lines.find(|line| line.product.cmp(product))
    }

    /// Of a product, so much is still on the way.
    pub(in crate::machine) fn receive(
        &mut self,
        product: &ProductId,
        in_transit: Quantity,
        at: Timestamp,
    ) {
        self.change(product, TransferState::Received, at, |line| {
            line.received = line.shipped.saturating_sub(in_transit);
        });
    }

    /// Of a product, so much is missing.
    pub(in crate::machine) fn close(
        &mut self,
        product: &ProductId,
        settlement: Settlement,
        missing: Quantity,
        at: Timestamp,
    ) {
        let ended = match settlement {
            Settlement::Returned => TransferState::Returned,
            Settlement::Lost => TransferState::Lost,
        };
        self.change(product, ended, at, |line| line.missing = missing);
    }

    /// Changes a line, and ends when nothing is on the way any more.
    fn change(
        &mut self,
        product: &ProductId,
        ended: TransferState,
        at: Timestamp,
        change: impl FnOnce(&mut TransferLine),
    ) {
        self.lines.change(|line| line.product.cmp(product), change);
        if !self.lines.any_open() {
            self.state = ended;
            self.ended_at = Some(at);
        }
    }
}
