//! Encoder of a log record: an entry becomes a line. Written by hand, because every update passes through it.

use inventory_core::machine::{
    Annotations, DeadLettered, DetailValue, Entry, Event, Movement, MovementKind, RowOutcome,
};
use inventory_core::vocabulary::{Actor, Note, ProductId, Reason, Reference, Sequence};

use super::decode::dead_lettered;
use super::push_crc;
use crate::codec::text::{Value as _, push_field};

/// Appends the line of an entry that is written by the append whose first position is `group`.
pub(crate) fn encode(out: &mut Vec<u8>, entry: &Entry, group: Sequence) {
    let start = out.len();
    push_entry(out, entry, group);
    push_crc(out, start);
}

fn push_entry(out: &mut Vec<u8>, entry: &Entry, group: Sequence) {
    push_field(out, b"{\"seq\":", entry.first);
    push_field(out, b",\"n\":", entry.events.len());
    push_field(out, b",\"group\":", group);
    push_field(out, b",\"ts\":", entry.recorded_at);
    if let Some(intent) = &entry.intent {
        if let Some(caller) = &intent.caller {
            push_field(out, b",\"caller\":", caller.as_str());
        }
        push_field(out, b",\"key\":", intent.key.as_str());
        push_field(out, b",\"fp\":", intent.fingerprint);
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
    push_field(out, b"],\"chain\":", entry.chain);
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
        push_field(out, b",\"trace\":", &*trace.to_string());
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
            push_field(out, name, text);
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
    push_field(out, b"{\"type\":", movement.kind.type_name());
    push_field(out, b",\"product\":", movement.product.as_str());
    push_field(out, b",\"store\":", movement.store.as_str());
    push_field(out, b",\"delta\":", movement.delta);
    push_field(out, b",\"reservedDelta\":", movement.reserved_delta);
    push_field(out, b",\"onHand\":", after.level.on_hand());
    push_field(out, b",\"reserved\":", after.level.reserved());
    push_field(out, b",\"version\":", after.version);
    push_field(out, b",\"total\":", after.total);
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
            DetailValue::Text(text) => text.push(out),
            DetailValue::Time(time) => time.push(out),
            DetailValue::Units(units) => units.push(out),
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
    out.extend_from_slice(b"{\"type\":\"DeadLettered\"");
    let product = letter.product.as_ref().map(ProductId::as_str);
    push_field(out, b",\"product\":", product);
    push_field(out, b",\"version\":", letter.version);
    push_field(out, b",\"raw\":", &*letter.raw);
    out.push(b'}');
}
