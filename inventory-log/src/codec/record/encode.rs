//! Encoder of a log record: an entry becomes a line. Written by hand, because every update passes through it.

use inventory_core::machine::{
    Annotations, DeadLettered, DetailValue, Entry, Event, Movement, MovementKind, RowOutcome,
};
use inventory_core::vocabulary::{Actor, Note, Reason, Reference, Sequence};

use super::decode::dead_lettered;
use super::push_crc;
use crate::codec::text::{push_hex64, push_number, push_string};

/// Appends the line of an entry that is written by the append whose first position is `group`.
pub(crate) fn encode(out: &mut Vec<u8>, entry: &Entry, group: Sequence) {
    let start = out.len();
    push_entry(out, entry, group);
    push_crc(out, start);
}

fn push_entry(out: &mut Vec<u8>, entry: &Entry, group: Sequence) {
    out.extend_from_slice(b"{\"seq\":");
    push_number(out, entry.first.number());
    out.extend_from_slice(b",\"n\":");
    push_number(out, entry.events.len());
    out.extend_from_slice(b",\"group\":");
    push_number(out, group.number());
    out.extend_from_slice(b",\"ts\":\"");
    out.extend_from_slice(&entry.recorded_at.to_text());
    out.push(b'"');
    if let Some(intent) = &entry.intent {
        if let Some(caller) = &intent.caller {
            out.extend_from_slice(b",\"caller\":");
            push_string(out, caller.as_str());
        }
        out.extend_from_slice(b",\"key\":");
        push_string(out, intent.key.as_str());
        out.extend_from_slice(b",\"fp\":\"");
        push_hex64(out, intent.fingerprint.bits());
        out.push(b'"');
    }
    if !entry.outcomes.is_empty() {
        out.extend_from_slice(b",\"outcomes\":");
        push_outcomes(out, &entry.outcomes);
    }
    if let Some(annotations) = &entry.annotations {
        push_annotations(out, annotations);
    }
    out.extend_from_slice(b",\"events\":[");
    for (at, event) in entry.events.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push_event(out, event);
    }
    out.extend_from_slice(b"],\"chain\":\"");
    push_hex64(out, entry.chain.bits());
    out.push(b'"');
}

fn push_annotations(out: &mut Vec<u8>, annotations: &Annotations) {
    let Annotations {
        trace,
        reason,
        note,
        reference,
        actor,
    } = annotations;
    if let Some(trace) = trace {
        out.extend_from_slice(b",\"trace\":\"");
        out.extend_from_slice(trace.to_string().as_bytes());
        out.push(b'"');
    }
    let texts: [(&[u8], Option<&str>); 4] = [
        (b",\"reason\":", reason.map(Reason::name)),
        (b",\"note\":", note.as_ref().map(Note::as_str)),
        (
            b",\"reference\":",
            reference.as_ref().map(Reference::as_str),
        ),
        (b",\"actor\":", actor.as_ref().map(Actor::as_str)),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            out.extend_from_slice(name);
            push_string(out, text);
        }
    }
}

/// Appends outcomes as a list of their names.
pub(crate) fn push_outcomes(out: &mut Vec<u8>, outcomes: &[RowOutcome]) {
    out.push(b'[');
    for (at, outcome) in outcomes.iter().enumerate() {
        out.extend_from_slice(if at > 0 { b",\"" } else { b"\"" });
        out.extend_from_slice(outcome.name().as_bytes());
        out.push(b'"');
    }
    out.push(b']');
}

fn push_event(out: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Moved(movement) => push_movement(out, movement),
        Event::DeadLettered(letter) => push_dead_lettered(out, letter),
    }
}

fn push_movement(out: &mut Vec<u8>, movement: &Movement) {
    let after = &movement.after;
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(movement.kind.type_name().as_bytes());
    out.extend_from_slice(b"\",\"product\":");
    push_string(out, movement.product.as_str());
    out.extend_from_slice(b",\"store\":");
    push_string(out, movement.store.as_str());
    out.extend_from_slice(b",\"delta\":");
    push_number(out, movement.delta.units());
    out.extend_from_slice(b",\"reservedDelta\":");
    push_number(out, movement.reserved_delta.units());
    out.extend_from_slice(b",\"onHand\":");
    push_number(out, after.level.on_hand().units());
    out.extend_from_slice(b",\"reserved\":");
    push_number(out, after.level.reserved().units());
    out.extend_from_slice(b",\"version\":");
    push_number(out, after.version.number());
    out.extend_from_slice(b",\"total\":");
    push_number(out, after.total.units());
    push_details(out, &movement.kind);
    out.push(b'}');
}

/// Appends what an event says beside its change of a level as fields, each behind a comma.
pub(crate) fn push_details(out: &mut Vec<u8>, kind: &MovementKind) {
    kind.each_detail(|detail, value| {
        out.extend_from_slice(b",\"");
        out.extend_from_slice(detail.name().as_bytes());
        out.extend_from_slice(b"\":");
        match value {
            DetailValue::Text(text) => push_string(out, text),
            DetailValue::Time(time) => {
                out.push(b'"');
                out.extend_from_slice(&time.to_text());
                out.push(b'"');
            }
            DetailValue::Units(units) => push_number(out, units.units()),
        }
    });
}

/// An event that came from a log goes back as it stood there. One that would not be read back as itself, since it is not
/// an object on one line, is wrapped.
fn push_dead_lettered(out: &mut Vec<u8>, letter: &DeadLettered) {
    let one_line = !letter.raw.bytes().any(|byte| byte < b' ');
    if one_line && dead_lettered(&letter.raw).as_ref() == Some(letter) {
        out.extend_from_slice(letter.raw.as_bytes());
        return;
    }
    out.extend_from_slice(b"{\"type\":\"DeadLettered\",\"product\":");
    match &letter.product {
        Some(product) => push_string(out, product.as_str()),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"version\":");
    match letter.version {
        Some(version) => push_number(out, version.number()),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"raw\":");
    push_string(out, &letter.raw);
    out.push(b'}');
}
