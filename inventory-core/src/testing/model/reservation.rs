//! Units that are promised to somebody for a while.

use std::collections::BTreeMap;

use super::number::{MAX, Number, quantity, timestamp};
use super::records::{Held, Reservation};
use super::stock::{State, Stock, mentioned_before};
use crate::machine::{
    Commit, CommitLine, Extend, Hold, Line, MovementKind, Rejection, Release, ReservationState,
};
use crate::vocabulary::{ProductId, ReservationId, StoreId};

/// No reservation lives longer.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// Lines of reservations that end with one group.
const ENDS_MAX: usize = 64;

impl State {
    pub(super) fn hold(&mut self, line: Line, hold: &Hold) -> Result<(), Rejection> {
        let (product, store) = (&hold.product, &hold.store);
        let deadline_ms = self.at_ms + hold.ttl.seconds() * 1_000;
        let known = self.find(&hold.reservation);
        if let Some(known) = &known {
            if known.opened != self.first || !known.is_kept(self.at_ms) {
                return Err(Rejection::ReservationExists {
                    reservation: known.id.clone(),
                    state: known.state_at(self.at_ms),
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
        let kind = MovementKind::Held {
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
            lapsed: false,
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
                0 => MovementKind::Released { reservation: id },
                _ => MovementKind::Committed { reservation: id },
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
        let kind = MovementKind::Released {
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
            let kind = MovementKind::Extended {
                reservation: extend.reservation.clone(),
                deadline: timestamp(reservation.deadline_ms),
            };
            self.note(&held.product, &held.store, kind);
        }
        self.keep(reservation);
        Ok(())
    }

    /// Sets free all that has a deadline in the past, a level at a time, and ends a portion of the reservations, the longest
    /// overdue first.
    pub(super) fn expire(&mut self) {
        self.lapse();
        let at_ms = self.at_ms;
        let due = self.reservations.iter();
        let mut due: Vec<_> = due.filter(|it| it.is_overdue(at_ms)).cloned().collect();
        due.sort_by_key(|reservation| reservation.deadline_ms);
        let mut lines = 0;
        for reservation in due {
            if lines >= ENDS_MAX {
                break;
            }
            lines += reservation.lines.len();
            for held in &reservation.lines {
                let kind = MovementKind::Expired {
                    reservation: reservation.id.clone(),
                };
                self.note(&held.product, &held.store, kind);
            }
            self.keep(Reservation {
                state: ReservationState::Expired,
                ended_at_ms: Some(at_ms),
                ..reservation
            });
        }
    }

    /// Sets free all that has a deadline in the past, of the product first that is overdue longest; of those that are so
    /// equally, of the one that was named first. Its stores come in the order in which they were named.
    pub(super) fn lapse(&mut self) {
        let at_ms = self.at_ms;
        loop {
            let due = self.reservations.iter();
            let due = due.filter(|it| it.is_overdue(at_ms));
            let lines = due.flat_map(|it| it.lines.iter().map(|line| (it.deadline_ms, line)));
            let lines: Vec<_> = lines.filter(|(_, line)| !line.lapsed).collect();
            let named =
                |product: &ProductId| mentioned_before(&self.named.products, product.as_str());
            let first = lines
                .iter()
                .min_by_key(|(at, line)| (*at, named(&line.product)));
            let Some(product) = first.map(|(_, line)| line.product.clone()) else {
                return;
            };
            let mut levels: BTreeMap<usize, (StoreId, Number)> = BTreeMap::new();
            for (_, line) in lines.iter().filter(|(_, line)| line.product == product) {
                let store = mentioned_before(&self.named.stores, line.store.as_str());
                let level = levels
                    .entry(store)
                    .or_insert_with(|| (line.store.clone(), 0));
                level.1 += line.held;
            }
            for (store, held) in levels.into_values() {
                let after = self.freed(&product, &store, held);
                self.push(&product, &store, MovementKind::Lapsed, after);
            }
            let due = self.reservations.iter_mut();
            let lines = due
                .filter(|it| it.is_overdue(at_ms))
                .flat_map(|it| &mut it.lines);
            for line in lines.filter(|line| line.product == product) {
                line.lapsed = true;
            }
        }
    }

    /// A stock once so much of what is reserved is free. Where the product has no version left, nothing can be.
    fn freed(&self, product: &ProductId, store: &StoreId, held: Number) -> Stock {
        let stock = self.stock(product, store);
        let freed = match self.product(product).version {
            MAX => 0,
            _ => held.min(stock.reserved),
        };
        let reserved = stock.reserved - freed;
        Stock { reserved, ..stock }
    }

    /// Somebody ends a reservation, which sets free what it promises.
    pub(super) fn free(&mut self, reservation: &Reservation, kind: &MovementKind) {
        for held in &reservation.lines {
            let after = self.freed(&held.product, &held.store, held.held);
            self.push(&held.product, &held.store, kind.clone(), after);
        }
        self.keep(Reservation {
            state: ReservationState::Released,
            ended_at_ms: Some(self.at_ms),
            ..reservation.clone()
        });
    }

    /// What reservations promise of a level whose deadline has not passed.
    pub(super) fn promised(&self, product: &ProductId, store: &StoreId) -> Number {
        let kept = self.reservations.iter();
        let kept = kept.filter(|known| known.is_kept(self.at_ms));
        kept.map(|known| known.promises(product, store)).sum()
    }

    /// The reservations that promise something of a level and whose deadline has not passed, the last one made first.
    pub(super) fn youngest_first(&self, product: &ProductId, store: &StoreId) -> Vec<Reservation> {
        let of_level =
            |known: &&Reservation| known.is_kept(self.at_ms) && known.promises(product, store) > 0;
        let youngest = self.reservations.iter().rev();
        youngest.filter(of_level).cloned().collect()
    }

    fn find(&self, id: &ReservationId) -> Option<Reservation> {
        let mut known = self.reservations.iter();
        known.find(|known| known.id == *id).cloned()
    }

    fn open_reservation(&self, id: &ReservationId) -> Result<Reservation, Rejection> {
        let reservation = id.clone();
        match self.find(id) {
            None => Err(Rejection::UnknownReservation { reservation }),
            Some(known) => match known.state_at(self.at_ms) {
                ReservationState::Open => Ok(known),
                state @ (ReservationState::Committed
                | ReservationState::Released
                | ReservationState::Expired) => {
                    Err(Rejection::ReservationEnded { reservation, state })
                }
            },
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
