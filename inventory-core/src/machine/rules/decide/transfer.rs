//! Transfers: ship, receive, close. Units are on the way from one store to another.

use std::sync::Arc;

use super::request_draft::{RequestDraft, ceiling, insufficient, quarantine, with_on_hand};
use crate::machine::{
    Close, Line, MovementKind, Receive, Rejection, Settlement, Ship, Transfer, TransferLine,
};
use crate::vocabulary::{Quantity, TransferId};

pub(super) fn ship(
    request: &mut RequestDraft<'_, '_>,
    line: Line,
    ship: &Ship,
) -> Result<(), Rejection> {
    check_new(request, line, ship)?;
    let place = request.draft.place(&ship.product, &ship.source);
    quarantine(line, &place)?;
    let delta = Quantity::ZERO.since(ship.quantity.quantity());
    let on_hand = place.level.on_hand().checked_apply(delta);
    let level = on_hand.and_then(|on_hand| with_on_hand(place.level, on_hand));
    let level = level.ok_or_else(|| insufficient(line, &place, delta))?;
    let kind = MovementKind::Shipped {
        transfer: ship.transfer.clone(),
        destination: ship.destination.clone(),
    };
    request.write(line, &place, kind, level)
}

/// A transfer is a new one, or that of an earlier line of the same request, which it must agree with and which no line in
/// between has ended.
fn check_new(request: &RequestDraft<'_, '_>, line: Line, ship: &Ship) -> Result<(), Rejection> {
    if ship.source == ship.destination {
        let transfer = ship.transfer.clone();
        return Err(Rejection::SameStore { transfer });
    }
    let Some(known) = request.draft.transfer(&ship.transfer) else {
        return Ok(());
    };
    if known.opened != request.draft.next() || !known.is_open() {
        return Err(Rejection::TransferExists {
            transfer: known.id.clone(),
            state: known.state,
        });
    }
    if known.line(&ship.product).is_some() {
        return Err(Rejection::NamedTwice { line });
    }
    if known.lines.are_full() {
        return Err(Rejection::TooManyLines { line });
    }
    match known.source == ship.source && known.destination == ship.destination {
        true => Ok(()),
        false => Err(Rejection::LinesDiffer { line }),
    }
}

pub(super) fn receive(
    request: &mut RequestDraft<'_, '_>,
    line: Line,
    receive: &Receive,
) -> Result<(), Rejection> {
    let transfer = open(request, &receive.transfer)?;
    certain(request, line, &transfer)?;
    for (shipped, arrived) in arrived(&transfer, receive)? {
        let place = request.draft.place(&shipped.product, &transfer.destination);
        quarantine(line, &place)?;
        let on_hand = place.level.on_hand().checked_add(arrived);
        let level = on_hand.and_then(|on_hand| with_on_hand(place.level, on_hand));
        let level = level.ok_or_else(|| ceiling(line, &place))?;
        let kind = MovementKind::Received {
            transfer: transfer.id.clone(),
            in_transit: shipped.in_transit().saturating_sub(arrived),
        };
        request.write(line, &place, kind, level)?;
    }
    Ok(())
}

/// The lines of which something has arrived, and how much.
fn arrived<'t>(
    transfer: &'t Transfer,
    receive: &Receive,
) -> Result<Vec<(&'t TransferLine, Quantity)>, Rejection> {
    let Some(lines) = &receive.lines else {
        let all = transfer.lines.iter().map(|line| (line, line.in_transit()));
        return Ok(all.filter(|(_, left)| *left > Quantity::ZERO).collect());
    };
    let mut arrived = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        let shipped = transfer.line(&line.product);
        let in_transit = shipped.map_or(Quantity::ZERO, TransferLine::in_transit);
        let asked = line.quantity.quantity();
        match shipped.filter(|_| asked <= in_transit) {
            Some(shipped) => arrived.push((shipped, asked)),
            None => {
                return Err(Rejection::NotInTransit {
                    line: Line(at),
                    transfer: transfer.id.clone(),
                    product: line.product.clone(),
                    in_transit,
                    asked,
                });
            }
        }
    }
    Ok(arrived)
}

pub(super) fn close(
    request: &mut RequestDraft<'_, '_>,
    line: Line,
    close: &Close,
) -> Result<(), Rejection> {
    let transfer = open(request, &close.transfer)?;
    if close.settlement == Settlement::Returned {
        certain(request, line, &transfer)?;
    }
    for shipped in &transfer.lines {
        let missing = shipped.in_transit();
        if missing == Quantity::ZERO {
            continue;
        }
        let place = request.draft.place(&shipped.product, &transfer.source);
        let kind = MovementKind::Closed {
            transfer: transfer.id.clone(),
            settlement: close.settlement,
            missing,
        };
        match close.settlement {
            Settlement::Lost => request.note(&place, kind),
            Settlement::Returned => {
                quarantine(line, &place)?;
                let on_hand = place.level.on_hand().checked_add(missing);
                let level = on_hand.and_then(|on_hand| with_on_hand(place.level, on_hand));
                let level = level.ok_or_else(|| ceiling(line, &place))?;
                request.write(line, &place, kind, level)?;
            }
        }
    }
    Ok(())
}

/// Of a transfer from before a loss nobody knows what has arrived already: it brings no units any more. They are counted
/// where they are, and the transfer is written off.
fn certain(
    request: &RequestDraft<'_, '_>,
    line: Line,
    transfer: &Transfer,
) -> Result<(), Rejection> {
    let uncertain = transfer.opened < request.draft.unknown_before();
    match transfer.lines.first().filter(|_| uncertain) {
        Some(shipped) => Err(Rejection::Quarantined {
            line,
            product: shipped.product.clone(),
        }),
        None => Ok(()),
    }
}

/// A transfer that has not ended.
fn open(request: &RequestDraft<'_, '_>, id: &TransferId) -> Result<Arc<Transfer>, Rejection> {
    match request.draft.transfer(id) {
        Some(known) if known.is_open() => Ok(Arc::clone(known)),
        Some(known) => Err(Rejection::TransferEnded {
            transfer: known.id.clone(),
            state: known.state,
        }),
        None => Err(Rejection::UnknownTransfer {
            transfer: id.clone(),
        }),
    }
}
