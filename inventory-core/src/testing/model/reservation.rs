//! Units that are promised to somebody for a while.

use super::stock::{State, Stock};
use super::window::Ends;
use super::{MAX, Number, quantity, timestamp};
use crate::machine::{
    Commit, CommitLine, Extend, Hold, Kind, Line, Rejection, Release, ReservationState,
};
use crate::vocabulary::{ProductId, ReservationId, StoreId};

/// No reservation lives longer.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// What is promised of one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) product: ProductId,
    pub(super) store: StoreId,
    pub(super) held: Number,
    pub(super) committed: Number,
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
    pub(super) fn is_open(&self) -> bool {
        self.state == ReservationState::Open
    }

    /// What it promises of a level, now or before it ended.
    fn promises(&self, product: &ProductId, store: &StoreId) -> Number {
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

impl State {
    pub(super) fn hold(&mut self, line: Line, hold: &Hold) -> Result<(), Rejection> {
        let (product, store) = (&hold.product, &hold.store);
        let deadline_ms = self.at_ms + hold.ttl.seconds() * 1_000;
        let known = self.find(&hold.reservation);
        if let Some(known) = &known {
            if known.opened != self.first || !known.is_open() {
                return Err(Rejection::ReservationExists {
                    reservation: known.id.clone(),
                    state: known.state,
                });
            }
            if known.promises(product, store) > 0 {
                return Err(Rejection::NamedTwice { line });
            }
            if known.lines.len() == 1_000 {
                return Err(Rejection::TooManyLines { line });
            }
            if known.deadline_ms != deadline_ms {
                return Err(Rejection::LinesDiffer { line });
            }
        }
        self.refuse_quarantined(line, product)?;
        let (stock, units) = (self.stock(product, store), hold.quantity.quantity().units());
        let units = Number::from(units);
        if units > stock.available() {
            return Err(self.insufficient(line, product, store, units));
        }
        let kind = Kind::Held {
            reservation: hold.reservation.clone(),
            deadline: timestamp(deadline_ms),
        };
        let reserved = stock.reserved + units;
        self.write(line, product, store, kind, Stock { reserved, ..stock })?;
        let mut reservation = known.unwrap_or_else(|| Reservation {
            id: hold.reservation.clone(),
            opened: self.first,
            opened_at_ms: self.at_ms,
            deadline_ms,
            state: ReservationState::Open,
            ended_at_ms: None,
            lines: Vec::new(),
        });
        reservation.lines.push(Held {
            product: product.clone(),
            store: store.clone(),
            held: units,
            committed: 0,
        });
        self.keep(reservation);
        Ok(())
    }

    pub(super) fn commit(&mut self, line: Line, commit: &Commit) -> Result<(), Rejection> {
        let mut reservation = self.open_reservation(&commit.reservation)?;
        if let Some(lines) = &commit.lines {
            refuse_uncommittable(&reservation, lines)?;
        }
        reservation.state = ReservationState::Released;
        for held in &mut reservation.lines {
            let asked =
                |line: &&CommitLine| line.product == held.product && line.store == held.store;
            let taken = match &commit.lines {
                None => held.held,
                Some(lines) => lines
                    .iter()
                    .find(asked)
                    .map_or(0, |line| line.quantity.quantity().units().into()),
            };
            self.refuse_quarantined(line, &held.product)?;
            let stock = self.stock(&held.product, &held.store);
            let after = Stock {
                on_hand: stock.on_hand - taken,
                reserved: stock.reserved - held.held,
            };
            let id = commit.reservation.clone();
            let kind = match taken {
                0 => Kind::Released { reservation: id },
                _ => Kind::Committed { reservation: id },
            };
            self.write(line, &held.product, &held.store, kind, after)?;
            held.committed = taken;
            if taken > 0 {
                reservation.state = ReservationState::Committed;
            }
        }
        reservation.ended_at_ms = Some(self.at_ms);
        self.keep(reservation);
        Ok(())
    }

    pub(super) fn release(&mut self, line: Line, release: &Release) -> Result<(), Rejection> {
        let reservation = self.open_reservation(&release.reservation)?;
        for held in &reservation.lines {
            self.refuse_quarantined(line, &held.product)?;
        }
        let kind = Kind::Released {
            reservation: release.reservation.clone(),
        };
        self.free(&reservation, &kind);
        Ok(())
    }

    pub(super) fn extend(&mut self, extend: &Extend) -> Result<(), Rejection> {
        let mut reservation = self.open_reservation(&extend.reservation)?;
        reservation.deadline_ms = self.at_ms + extend.ttl.seconds() * 1_000;
        let latest = reservation.opened_at_ms + DAY_MS;
        if reservation.deadline_ms > latest {
            return Err(Rejection::LivesTooLong {
                reservation: extend.reservation.clone(),
                latest: timestamp(latest),
            });
        }
        for held in &reservation.lines {
            let kind = Kind::Extended {
                reservation: extend.reservation.clone(),
                deadline: timestamp(reservation.deadline_ms),
            };
            self.note(&held.product, &held.store, kind);
        }
        self.keep(reservation);
        Ok(())
    }

    /// Sets free what has a deadline in the past, the longest overdue first.
    pub(super) fn expire(&mut self) {
        let overdue = |reservation: &&Reservation| {
            reservation.is_open() && reservation.deadline_ms < self.at_ms
        };
        let mut due: Vec<_> = self.reservations.iter().filter(overdue).cloned().collect();
        due.sort_by_key(|reservation| reservation.deadline_ms);
        for reservation in due {
            let kind = Kind::Expired {
                reservation: reservation.id.clone(),
            };
            self.free(&reservation, &kind);
        }
    }

    /// Ends a reservation and sets free what it promises. Where the product has no version left, nothing can be.
    pub(super) fn free(&mut self, reservation: &Reservation, kind: &Kind) {
        for held in &reservation.lines {
            let stock = self.stock(&held.product, &held.store);
            let freed = match self.product(&held.product).version {
                MAX => 0,
                _ => held.held.min(stock.reserved),
            };
            let reserved = stock.reserved - freed;
            let after = Stock { reserved, ..stock };
            self.push(&held.product, &held.store, kind.clone(), after);
        }
        let state = match matches!(kind, Kind::Expired { .. }) {
            true => ReservationState::Expired,
            false => ReservationState::Released,
        };
        self.keep(Reservation {
            state,
            ended_at_ms: Some(self.at_ms),
            ..reservation.clone()
        });
    }

    /// What open reservations promise of a level.
    pub(super) fn promised(&self, product: &ProductId, store: &StoreId) -> Number {
        let open = self.reservations.iter().filter(|known| known.is_open());
        open.map(|known| known.promises(product, store)).sum()
    }

    /// The open reservations that promise something of a level; of those of one request, the last by name comes first.
    pub(super) fn youngest_first(&self, product: &ProductId, store: &StoreId) -> Vec<Reservation> {
        let of_level = |known: &&Reservation| known.is_open() && known.promises(product, store) > 0;
        let mut found: Vec<_> = self.reservations.iter().filter(of_level).cloned().collect();
        found.sort_by_key(|known| (known.opened, known.id.to_string()));
        found.reverse();
        found
    }

    fn find(&self, id: &ReservationId) -> Option<Reservation> {
        let mut known = self.reservations.iter();
        known.find(|known| known.id == *id).cloned()
    }

    fn open_reservation(&self, id: &ReservationId) -> Result<Reservation, Rejection> {
        let reservation = id.clone();
        match self.find(id) {
            None => Err(Rejection::UnknownReservation { reservation }),
            Some(known) if known.is_open() => Ok(known),
            Some(Reservation { state, .. }) => {
                Err(Rejection::ReservationEnded { reservation, state })
            }
        }
    }

    fn keep(&mut self, reservation: Reservation) {
        let mut known = self.reservations.iter_mut();
        match known.find(|known| known.id == reservation.id) {
            Some(known) => *known = reservation,
            None => self.reservations.push(reservation),
        }
    }
}

fn refuse_uncommittable(reservation: &Reservation, lines: &[CommitLine]) -> Result<(), Rejection> {
    for (at, line) in lines.iter().enumerate() {
        let held = reservation.promises(&line.product, &line.store);
        if Number::from(line.quantity.quantity().units()) > held {
            return Err(Rejection::NotHeld {
                line: Line(at),
                reservation: reservation.id.clone(),
                product: line.product.clone(),
                store: line.store.clone(),
                held: quantity(held),
                asked: line.quantity.quantity(),
            });
        }
    }
    Ok(())
}
