//! Reservations, transfers, alerts and buried positions, as lines of a snapshot.

use std::borrow::Cow;

use inventory_core::machine::{
    Alert, Buried, Distinct, HeldLine, Lines, Reservation, ReservationState, Thresholds, Transfer,
    TransferLine, TransferState,
};
use inventory_core::vocabulary::{
    ProductId, Quantity, ReservationId, Sequence, StoreId, Timestamp, TransferId, Version,
};
use serde::Deserialize;

use crate::codec::interner::Interner;
use crate::codec::text::{push_number, push_string};

pub(super) fn push_alert(out: &mut Vec<u8>, product: &ProductId, store: &StoreId, alert: Alert) {
    out.extend_from_slice(b"{\"product\":");
    push_string(out, product.as_str());
    out.extend_from_slice(b",\"store\":");
    push_string(out, store.as_str());
    out.extend_from_slice(b",\"low\":");
    push_number(out, alert.thresholds.low().units());
    out.extend_from_slice(b",\"replenished\":");
    push_number(out, alert.thresholds.replenished().units());
    out.extend_from_slice(match alert.is_low {
        true => b",\"isLow\":true}",
        false => b",\"isLow\":false}",
    });
}

pub(super) fn push_lapsed(out: &mut Vec<u8>, product: &ProductId, before: Timestamp) {
    out.extend_from_slice(b"{\"product\":");
    push_string(out, product.as_str());
    push_time(out, b",\"before\":", Some(before));
    out.push(b'}');
}

pub(super) fn push_reservation(out: &mut Vec<u8>, reservation: &Reservation) {
    push_opened(
        out,
        reservation.id.as_str(),
        reservation.opened,
        reservation.opened_at,
    );
    push_time(out, b",\"deadline\":", Some(reservation.deadline));
    push_ended(out, reservation.state.name(), reservation.ended_at);
    for (at, line) in reservation.lines.iter().enumerate() {
        out.extend_from_slice(if at > 0 { b",[" } else { b"[" });
        push_string(out, line.product.as_str());
        out.push(b',');
        push_string(out, line.store.as_str());
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
    out.extend_from_slice(b",\"source\":");
    push_string(out, transfer.source.as_str());
    out.extend_from_slice(b",\"destination\":");
    push_string(out, transfer.destination.as_str());
    push_ended(out, transfer.state.name(), transfer.ended_at);
    for (at, line) in transfer.lines.iter().enumerate() {
        out.extend_from_slice(if at > 0 { b",[" } else { b"[" });
        push_string(out, line.product.as_str());
        push_quantities(out, [line.shipped, line.received, line.missing]);
    }
    out.extend_from_slice(b"]}");
}

pub(super) fn push_buried(out: &mut Vec<u8>, sequence: Sequence, buried: &Buried) {
    out.extend_from_slice(b"{\"seq\":");
    push_number(out, sequence.number());
    out.extend_from_slice(b",\"product\":");
    match &buried.product {
        Some(product) => push_string(out, product.as_str()),
        None => out.extend_from_slice(b"null"),
    }
    let numbers: [(&[u8], Option<u64>); 2] = [
        (b",\"version\":", buried.version.map(Version::number)),
        (
            b",\"suspectedUntil\":",
            buried.suspected_until.map(Sequence::number),
        ),
    ];
    for (name, number) in numbers {
        out.extend_from_slice(name);
        match number {
            Some(number) => push_number(out, number),
            None => out.extend_from_slice(b"null"),
        }
    }
    out.extend_from_slice(b",\"reason\":");
    push_string(out, &buried.reason);
    out.push(b'}');
}

fn push_opened(out: &mut Vec<u8>, id: &str, opened: Sequence, opened_at: Timestamp) {
    out.extend_from_slice(b"{\"id\":");
    push_string(out, id);
    out.extend_from_slice(b",\"opened\":");
    push_number(out, opened.number());
    push_time(out, b",\"openedAt\":", Some(opened_at));
}

fn push_ended(out: &mut Vec<u8>, state: &str, ended_at: Option<Timestamp>) {
    out.extend_from_slice(b",\"state\":");
    push_string(out, state);
    push_time(out, b",\"endedAt\":", ended_at);
    out.extend_from_slice(b",\"lines\":[");
}

fn push_time(out: &mut Vec<u8>, name: &[u8], time: Option<Timestamp>) {
    out.extend_from_slice(name);
    match time {
        Some(time) => {
            out.push(b'"');
            out.extend_from_slice(&time.to_text());
            out.push(b'"');
        }
        None => out.extend_from_slice(b"null"),
    }
}

fn push_quantities<const N: usize>(out: &mut Vec<u8>, quantities: [Quantity; N]) {
    for quantity in quantities {
        out.push(b',');
        push_number(out, quantity.units());
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
    #[serde(borrow)]
    state: Cow<'a, str>,
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
    #[serde(borrow)]
    state: Cow<'a, str>,
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
///
/// # Errors
///
/// Says what is wrong with the line.
pub(super) fn read_alert(line: &str) -> Result<(ProductId, StoreId, Alert), String> {
    let wire: WireAlert = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let thresholds = Thresholds::new(wire.low, wire.replenished);
    let alert = Alert {
        thresholds: thresholds.map_err(|error| error.to_string())?,
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
///
/// # Errors
///
/// Says what is wrong with the line.
pub(super) fn read_lapsed(line: &str) -> Result<(ProductId, Timestamp), String> {
    let wire: WireLapsed = serde_json::from_str(line).map_err(|error| error.to_string())?;
    Ok((wire.product, wire.before))
}

/// Reads a reservation.
///
/// # Errors
///
/// Says what is wrong with the line.
pub(super) fn read_reservation(line: &str, ids: &mut Interner) -> Result<Reservation, String> {
    let wire: WireReservation<'_> =
        serde_json::from_str(line).map_err(|error| error.to_string())?;
    let state: Result<ReservationState, _> = wire.state.parse();
    let state = state.map_err(|error| error.to_string())?;
    check_end(state == ReservationState::Open, wire.ended_at)?;
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
        state,
        ended_at: wire.ended_at,
        lines: lines_of(lines, "a line that names no level")?,
    })
}

/// Reads a transfer.
///
/// # Errors
///
/// Says what is wrong with the line.
pub(super) fn read_transfer(line: &str, ids: &mut Interner) -> Result<Transfer, String> {
    let wire: WireTransfer<'_> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let state: Result<TransferState, _> = wire.state.parse();
    let state = state.map_err(|error| error.to_string())?;
    check_end(state == TransferState::InTransit, wire.ended_at)?;
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
        state,
        ended_at: wire.ended_at,
        lines: lines_of(lines, "a line that names no product")?,
    })
}

/// Reads a position that could not be applied.
///
/// # Errors
///
/// Says what is wrong with the line.
pub(super) fn read_buried(line: &str) -> Result<(Sequence, Buried), String> {
    let wire: WireBuried = serde_json::from_str(line).map_err(|error| error.to_string())?;
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
    Lines::new(lines).map_err(|error| error.to_string())
}

fn check_end(is_open: bool, ended_at: Option<Timestamp>) -> Result<(), String> {
    match is_open == ended_at.is_none() {
        true => Ok(()),
        false => Err("its state and its end contradict each other".to_owned()),
    }
}
