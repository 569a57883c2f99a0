//! Reservations, transfers, alerts and buried positions, as lines of a snapshot. A reader's error says what is wrong with the line.

use std::borrow::Cow;

use inventory_core::machine::{
    Alert, Buried, Distinct, HeldLine, Lines, Reservation, ReservationState, Thresholds, Transfer,
    TransferLine, TransferState,
};
use inventory_core::vocabulary::{
    ProductId, Quantity, ReservationId, Sequence, StoreId, Timestamp, TransferId, Version,
};
use serde::Deserialize;

use super::source::said;
use crate::codec::interner::Interner;
use crate::codec::text::push_field;

pub(super) fn push_alert(out: &mut Vec<u8>, product: &ProductId, store: &StoreId, alert: Alert) {
    push_field(out, b"{\"product\":", product.as_str());
    push_field(out, b",\"store\":", store.as_str());
    push_field(out, b",\"low\":", alert.thresholds.low());
    push_field(out, b",\"replenished\":", alert.thresholds.replenished());
    out.extend_from_slice(match alert.is_low {
        true => b",\"isLow\":true}",
        false => b",\"isLow\":false}",
    });
}

pub(super) fn push_lapsed(out: &mut Vec<u8>, product: &ProductId, before: Timestamp) {
    push_field(out, b"{\"product\":", product.as_str());
    push_field(out, b",\"before\":", before);
    out.push(b'}');
}

pub(super) fn push_reservation(out: &mut Vec<u8>, reservation: &Reservation) {
    push_opened(
        out,
        reservation.id.as_str(),
        reservation.opened,
        reservation.opened_at,
    );
    push_field(out, b",\"deadline\":", reservation.deadline);
    push_ended(out, reservation.state.name(), reservation.ended_at);
    for (at, line) in reservation.lines.iter().enumerate() {
        let begin = if at > 0 { &b",["[..] } else { b"[" };
        push_field(out, begin, line.product.as_str());
        push_field(out, b",", line.store.as_str());
        push_quantities(out, [line.held, line.committed]);
    }
    out.extend_from_slice(b"]}");
}

pub(super) fn push_transfer(out: &mut Vec<u8>, transfer: &Transfer) {
    push_opened(
        out,
        transfer.id.as_str(),
        transfer.opened,
        transfer.opened_at,
    );
    push_field(out, b",\"source\":", transfer.source.as_str());
    push_field(out, b",\"destination\":", transfer.destination.as_str());
    push_ended(out, transfer.state.name(), transfer.ended_at);
    for (at, line) in transfer.lines.iter().enumerate() {
        let begin = if at > 0 { &b",["[..] } else { b"[" };
        push_field(out, begin, line.product.as_str());
        push_quantities(out, [line.shipped, line.received, line.missing]);
    }
    out.extend_from_slice(b"]}");
}

pub(super) fn push_buried(out: &mut Vec<u8>, sequence: Sequence, buried: &Buried) {
    let product = buried.product.as_ref().map(ProductId::as_str);
    push_field(out, b"{\"seq\":", sequence);
    push_field(out, b",\"product\":", product);
    push_field(out, b",\"version\":", buried.version);
    push_field(out, b",\"suspectedUntil\":", buried.suspected_until);
    push_field(out, b",\"reason\":", &*buried.reason);
    out.push(b'}');
}

fn push_opened(out: &mut Vec<u8>, id: &str, opened: Sequence, opened_at: Timestamp) {
    push_field(out, b"{\"id\":", id);
    push_field(out, b",\"opened\":", opened);
    push_field(out, b",\"openedAt\":", opened_at);
}

fn push_ended(out: &mut Vec<u8>, state: &str, ended_at: Option<Timestamp>) {
    push_field(out, b",\"state\":", state);
    push_field(out, b",\"endedAt\":", ended_at);
    out.extend_from_slice(b",\"lines\":[");
}

fn push_quantities<const N: usize>(out: &mut Vec<u8>, quantities: [Quantity; N]) {
    for quantity in quantities {
        push_field(out, b",", quantity);
    }
    out.push(b']');
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireAlert {
    product: ProductId,
    store: StoreId,
    low: Quantity,
    replenished: Quantity,
    is_low: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireReservation<'a> {
    id: ReservationId,
    opened: Sequence,
    opened_at: Timestamp,
    deadline: Timestamp,
    state: ReservationState,
    ended_at: Option<Timestamp>,
    #[serde(borrow)]
    lines: Vec<(Cow<'a, str>, Cow<'a, str>, Quantity, Quantity)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireTransfer<'a> {
    id: TransferId,
    opened: Sequence,
    opened_at: Timestamp,
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow)]
    destination: Cow<'a, str>,
    state: TransferState,
    ended_at: Option<Timestamp>,
    #[serde(borrow)]
    lines: Vec<(Cow<'a, str>, Quantity, Quantity, Quantity)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireBuried {
    seq: Sequence,
    product: Option<ProductId>,
    version: Option<Version>,
    suspected_until: Option<Sequence>,
    reason: String,
}

/// Reads an alert of a level.
pub(super) fn read_alert(line: &str) -> Result<(ProductId, StoreId, Alert), String> {
    let wire: WireAlert = serde_json::from_str(line).map_err(said)?;
    let thresholds = Thresholds::new(wire.low, wire.replenished);
    let alert = Alert {
        thresholds: thresholds.map_err(said)?,
        is_low: wire.is_low,
    };
    Ok((wire.product, wire.store, alert))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireLapsed {
    product: ProductId,
    before: Timestamp,
}

/// Reads which deadlines a product has lapsed through.
pub(super) fn read_lapsed(line: &str) -> Result<(ProductId, Timestamp), String> {
    let wire: WireLapsed = serde_json::from_str(line).map_err(said)?;
    Ok((wire.product, wire.before))
}

/// Reads a reservation.
pub(super) fn read_reservation(line: &str, ids: &mut Interner) -> Result<Reservation, String> {
    let wire: WireReservation<'_> = serde_json::from_str(line).map_err(said)?;
    check_end(wire.state == ReservationState::Open, wire.ended_at)?;
    let lines = wire.lines.iter().map(|(product, store, held, committed)| {
        Some(HeldLine {
            product: ids.product(product)?,
            store: ids.store(store)?,
            held: *held,
            committed: *committed,
        })
    });
    let lines: Option<Vec<_>> = lines.collect();
    Ok(Reservation {
        id: wire.id,
        opened: wire.opened,
        opened_at: wire.opened_at,
        deadline: wire.deadline,
        state: wire.state,
        ended_at: wire.ended_at,
        lines: lines_of(lines, "a line that names no level")?,
    })
}

/// Reads a transfer.
pub(super) fn read_transfer(line: &str, ids: &mut Interner) -> Result<Transfer, String> {
    let wire: WireTransfer<'_> = serde_json::from_str(line).map_err(said)?;
    check_end(wire.state == TransferState::InTransit, wire.ended_at)?;
    let lines = wire
        .lines
        .iter()
        .map(|(product, shipped, received, missing)| {
            Some(TransferLine {
                product: ids.product(product)?,
                shipped: *shipped,
                received: *received,
                missing: *missing,
            })
        });
    let lines: Option<Vec<_>> = lines.collect();
    Ok(Transfer {
        id: wire.id,
        opened: wire.opened,
        opened_at: wire.opened_at,
        source: ids.store(&wire.source).ok_or("its source is no store")?,
        destination: ids
            .store(&wire.destination)
            .ok_or("its destination is no store")?,
        state: wire.state,
        ended_at: wire.ended_at,
        lines: lines_of(lines, "a line that names no product")?,
    })
}

/// Reads a position that could not be applied.
pub(super) fn read_buried(line: &str) -> Result<(Sequence, Buried), String> {
    let wire: WireBuried = serde_json::from_str(line).map_err(said)?;
    let buried = Buried {
        product: wire.product,
        version: wire.version,
        suspected_until: wire.suspected_until,
        reason: wire.reason.into(),
    };
    Ok((wire.seq, buried))
}

fn lines_of<T: Distinct>(lines: Option<Vec<T>>, unnamed: &str) -> Result<Lines<T>, String> {
    let lines = lines.ok_or(unnamed)?;
    Lines::new(lines).map_err(said)
}

fn check_end(is_open: bool, ended_at: Option<Timestamp>) -> Result<(), String> {
    match is_open == ended_at.is_none() {
        true => Ok(()),
        false => Err("its state and its end contradict each other".to_owned()),
    }
}
