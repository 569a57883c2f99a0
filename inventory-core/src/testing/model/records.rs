//! What the model keeps of reservations, transfers and alerts.

use super::number::Number;
use super::window::Ends;
use crate::machine::{ReservationState, TransferState};
use crate::vocabulary::{ProductId, ReservationId, StoreId, TransferId};

/// What is promised of one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) product: ProductId,
    pub(super) store: StoreId,
    pub(super) held: Number,
    pub(super) committed: Number,
    /// Whether it was set free since the deadline has passed.
    pub(super) lapsed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reservation {
    pub(super) id: ReservationId,
    pub(super) opened: Number,
    pub(super) opened_at_ms: u64,
    pub(super) deadline_ms: u64,
    pub(super) state: ReservationState,
    pub(super) ended_at_ms: Option<u64>,
    pub(super) lines: Vec<Held>,
}

impl Reservation {
    /// Whether the log does not say yet that it has ended.
    pub(super) fn is_open(&self) -> bool {
        self.state == ReservationState::Open
    }

    pub(super) fn is_overdue(&self, at_ms: u64) -> bool {
        self.is_open() && self.deadline_ms < at_ms
    }

    /// Whether its units are nobody else's.
    pub(super) fn is_kept(&self, at_ms: u64) -> bool {
        self.is_open() && self.deadline_ms >= at_ms
    }

    pub(super) fn state_at(&self, at_ms: u64) -> ReservationState {
        match self.is_overdue(at_ms) {
            true => ReservationState::Expired,
            false => self.state,
        }
    }

    /// What it promises of a level, now or before it ended.
    pub(super) fn promises(&self, product: &ProductId, store: &StoreId) -> Number {
        let lines = self.lines.iter();
        lines
            .filter(|line| line.product == *product && line.store == *store)
            .map(|line| line.held)
            .sum()
    }
}

impl Ends for Reservation {
    fn ended_at_ms(&self) -> Option<u64> {
        self.ended_at_ms
    }
}

/// What is on the way of one product, and what has become of the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shipped {
    pub(super) product: ProductId,
    pub(super) shipped: Number,
    pub(super) received: Number,
    pub(super) missing: Number,
}

impl Shipped {
    pub(super) fn in_transit(&self) -> Number {
        self.shipped - self.received - self.missing
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transfer {
    pub(super) id: TransferId,
    pub(super) opened: Number,
    pub(super) opened_at_ms: u64,
    pub(super) source: StoreId,
    pub(super) destination: StoreId,
    pub(super) state: TransferState,
    pub(super) ended_at_ms: Option<u64>,
    pub(super) lines: Vec<Shipped>,
}

impl Transfer {
    pub(super) fn is_open(&self) -> bool {
        self.state == TransferState::InTransit
    }

    pub(super) fn line(&self, product: &ProductId) -> Option<&Shipped> {
        self.lines.iter().find(|line| line.product == *product)
    }
}

impl Ends for Transfer {
    fn ended_at_ms(&self) -> Option<u64> {
        self.ended_at_ms
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alert {
    pub(super) low: Number,
    pub(super) replenished: Number,
    pub(super) is_low: bool,
}
