//! Reservations: hold, commit, release, extend. Units are promised to somebody for a while.

use std::sync::Arc;

use super::request_draft::{RequestDraft, insufficient, quarantine};
use crate::defect;
use crate::machine::{
    Commit, Extend, HeldLine, Hold, Level, Line, MovementKind, Rejection, Release, Reservation,
    ReservationState,
};
use crate::vocabulary::{Quantity, ReservationId, Ttl};

pub(super) fn hold(
    request: &mut RequestDraft<'_, '_>,
    line: Line,
    hold: &Hold,
) -> Result<(), Rejection> {
    let deadline = hold.ttl.after(request.draft.at());
    check_new(request, line, hold)?;
    let place = request.draft.place(&hold.product, &hold.store);
    quarantine(line, &place)?;
    let quantity = hold.quantity.quantity();
    let reserved = place.level.reserved().checked_add(quantity);
    let level = reserved.and_then(|reserved| Level::new(place.level.on_hand(), reserved));
    let level = level.ok_or_else(|| insufficient(line, &place, Quantity::ZERO.since(quantity)))?;
    let kind = MovementKind::Held {
        reservation: hold.reservation.clone(),
        deadline,
    };
    request.write(line, &place, kind, level)
}

/// A reservation is a new one, or that of an earlier line of the same request, which it must agree with and which no line
/// in between has ended.
fn check_new(request: &RequestDraft<'_, '_>, line: Line, hold: &Hold) -> Result<(), Rejection> {
    let Some(known) = request.draft.reservation(&hold.reservation) else {
        return Ok(());
    };
    let state = known.state_at(request.draft.at());
    if known.opened != request.draft.next() || state != ReservationState::Open {
        return Err(Rejection::ReservationExists {
            reservation: known.id.clone(),
            state,
        });
    }
    if known.line(&hold.product, &hold.store).is_some() {
        return Err(Rejection::NamedTwice { line });
    }
    if known.lines.are_full() {
        return Err(Rejection::TooManyLines { line });
    }
    match known.deadline == hold.ttl.after(request.draft.at()) {
        true => Ok(()),
        false => Err(Rejection::LinesDiffer { line }),
    }
}

pub(super) fn commit(
    request: &mut RequestDraft<'_, '_>,
    line: Line,
    commit: &Commit,
) -> Result<(), Rejection> {
    let reservation = open(request, &commit.reservation)?;
    check_lines(&reservation, commit)?;
    for held in &reservation.lines {
        let taken = taken(held, commit);
        let place = request.draft.place(&held.product, &held.store);
        quarantine(line, &place)?;
        let on_hand = place.level.on_hand().checked_sub(taken);
        let reserved = place.level.reserved().saturating_sub(held.held);
        let level = on_hand.and_then(|on_hand| Level::new(on_hand, reserved));
        let level = level.ok_or_else(|| insufficient(line, &place, Quantity::ZERO.since(taken)))?;
        let reservation = reservation.id.clone();
        let kind = match taken > Quantity::ZERO {
            true => MovementKind::Committed { reservation },
            false => MovementKind::Released { reservation },
        };
        request.write(line, &place, kind, level)?;
    }
    Ok(())
}

/// Each line that is to be committed is one of the reservation, and of no more than that holds.
fn check_lines(reservation: &Reservation, commit: &Commit) -> Result<(), Rejection> {
    let lines = commit.lines.as_deref().unwrap_or_default();
    for (at, line) in lines.iter().enumerate() {
        let held = reservation.line(&line.product, &line.store);
        let held = held.map_or(Quantity::ZERO, |held| held.held);
        let asked = line.quantity.quantity();
        if asked > held {
            return Err(Rejection::NotHeld {
                line: Line(at),
                reservation: reservation.id.clone(),
                product: line.product.clone(),
                store: line.store.clone(),
                held,
                asked,
            });
        }
    }
    Ok(())
}

/// How much of a line is taken out of the stock.
fn taken(held: &HeldLine, commit: &Commit) -> Quantity {
    let Some(lines) = &commit.lines else {
        return held.held;
    };
    let line = lines.find(|line| line.of(&held.product, &held.store));
    line.map_or(Quantity::ZERO, |line| line.quantity.quantity())
}

pub(super) fn release(
    request: &mut RequestDraft<'_, '_>,
    line: Line,
    release: &Release,
) -> Result<(), Rejection> {
    let reservation = open(request, &release.reservation)?;
    for held in &reservation.lines {
        let place = request.draft.place(&held.product, &held.store);
        quarantine(line, &place)?;
    }
    request.release(&reservation);
    Ok(())
}

pub(super) fn extend(request: &mut RequestDraft<'_, '_>, extend: &Extend) -> Result<(), Rejection> {
    let reservation = open(request, &extend.reservation)?;
    let deadline = extend.ttl.after(request.draft.at());
    let latest = Ttl::MAX.after(reservation.opened_at);
    if deadline > latest {
        return Err(Rejection::LivesTooLong {
            reservation: reservation.id.clone(),
            latest,
        });
    }
    for held in &reservation.lines {
        let place = request.draft.place(&held.product, &held.store);
        let reservation = reservation.id.clone();
        let kind = MovementKind::Extended {
            reservation,
            deadline,
        };
        request.note(&place, kind);
    }
    Ok(())
}

/// A reservation that has not ended, and whose deadline has not passed.
fn open(request: &RequestDraft<'_, '_>, id: &ReservationId) -> Result<Arc<Reservation>, Rejection> {
    let Some(known) = request.draft.reservation(id) else {
        let reservation = id.clone();
        return Err(Rejection::UnknownReservation { reservation });
    };
    match known.state_at(request.draft.at()) {
        ReservationState::Open => Ok(Arc::clone(known)),
        ReservationState::Expired if defect!(OverdueCommitted) => Ok(Arc::clone(known)),
        ReservationState::Released if defect!(ReleasedTwice) => Ok(Arc::clone(known)),
        state @ (ReservationState::Committed
        | ReservationState::Released
        | ReservationState::Expired) => Err(Rejection::ReservationEnded {
            reservation: known.id.clone(),
            state,
        }),
    }
}
