//! A reservation: units that are promised to somebody until a deadline.

use std::cmp::Ordering;

use crate::machine::{Distinct, Lines, Movement};
use crate::vocabulary::named::named;
use crate::vocabulary::{ProductId, Quantity, ReservationId, Sequence, StoreId, Timestamp};

named! {
    /// What has become of a reservation. It ends once.
    pub enum ReservationState {
        /// Its units are held.
        Open = "open",
        /// Units of it were taken out of the stock.
        Committed = "committed",
        /// Its units were set free by somebody.
        Released = "released",
        /// Its units were set free since its deadline has passed.
        Expired = "expired",
    }

    /// A text is not the name of a reservation's state.
    pub struct InvalidReservationState;
}

/// Units of one level in a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLine {
    /// The product.
    pub product: ProductId,
    /// The store.
    pub store: StoreId,
    /// How much the reservation holds there while it is open, or has held.
    pub held: Quantity,
    /// How much of it was taken out of the stock.
    pub committed: Quantity,
}

impl HeldLine {
    /// What an event has set aside.
    pub(in crate::machine) fn made_by(movement: &Movement) -> Self {
        Self {
            product: movement.product.clone(),
            store: movement.store.clone(),
            held: movement.reserved_delta.size(),
            committed: Quantity::ZERO,
        }
    }

    /// Whether it is of a level, or comes before or after it.
    fn of(&self, product: &ProductId, store: &StoreId) -> Ordering {
        let by_product = self.product.cmp(product);
        by_product.then_with(|| self.store.cmp(store))
    }
}

impl Distinct for HeldLine {
    fn order(&self, other: &Self) -> Ordering {
        self.of(&other.product, &other.store)
    }
}

/// Units that are promised to somebody until a deadline. Each line is of another level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Its name.
    pub id: ReservationId,
    /// First position of the request that has made it.
    pub opened: Sequence,
    /// When it was made.
    pub opened_at: Timestamp,
    /// The last moment at which it can be committed.
    pub deadline: Timestamp,
    /// What has become of it, as far as the log says: see [`Reservation::state_at`].
    pub state: ReservationState,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What it holds, in the order of the request.
    pub lines: Lines<HeldLine>,
}

impl Reservation {
    /// A reservation that begins with a line.
    pub(in crate::machine) fn open(
        id: ReservationId,
        opened: Sequence,
        opened_at: Timestamp,
        deadline: Timestamp,
        first: HeldLine,
    ) -> Self {
        Self {
            id,
            opened,
            opened_at,
            deadline,
            state: ReservationState::Open,
            ended_at: None,
            lines: Lines::begin(first),
        }
    }

    /// Whether no event has said yet that it has ended. Its deadline may have passed all the same.
    pub fn is_open(&self) -> bool {
        self.state == ReservationState::Open
    }

    /// What has become of it by a moment that is not before its last event: it is expired as soon as its deadline has passed,
    /// whenever the event follows that says so.
    pub fn state_at(&self, at: Timestamp) -> ReservationState {
        match self.is_open() && self.deadline < at {
            true => ReservationState::Expired,
            false => self.state,
        }
    }

    /// The line of a level.
    pub fn line(&self, product: &ProductId, store: &StoreId) -> Option<&HeldLine> {
        self.lines.find(|line| line.of(product, store))
    }

    /// Ends with the units of a line taken out of the stock.
    pub(in crate::machine) fn commit(&mut self, movement: &Movement, at: Timestamp) {
        let of = |line: &HeldLine| line.of(&movement.product, &movement.store);
        self.lines
            .change(of, |line| line.committed = movement.delta.size());
        self.end(ReservationState::Committed, at);
    }

    /// Ends. A line of which nothing was committed is released: the reservation is committed all the same.
    pub(in crate::machine) fn end(&mut self, state: ReservationState, at: Timestamp) {
        let stays =
            self.state == ReservationState::Committed && state == ReservationState::Released;
        if !stays {
            self.state = state;
        }
        self.ended_at = Some(at);
    }
}
