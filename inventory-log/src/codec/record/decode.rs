//! Decoder of a log record: the fast one for lines that the encoder wrote, a JSON parser for all others.
//! The parser is the authority; the short way only ever agrees with it.

use std::borrow::Cow;
use std::sync::Arc;

use inventory_core::machine::{
    Annotations, DeadLettered, Details, Entry, Event, Intent, MovementKind, RowOutcome,
};
use inventory_core::vocabulary::{
    Actor, Caller, Chain, Fingerprint, IdempotencyKey, Note, ProductId, Reason, Reference,
    Sequence, Timestamp, TraceParent, Version,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::canonical::{Numbers, boxed, canonical, event};
use super::outcomes::outcomes_fit;
use crate::codec::interner::Interner;

/// Reads an entry from a line. Its checksum was compared before.
///
/// # Errors
///
/// The text is no entry. An event that means nothing to this program is no reason: it becomes [`Event::DeadLettered`].
pub(crate) fn decode(text: &str, ids: &mut Interner) -> Result<Entry, String> {
    match canonical(text, ids) {
        Some(entry) => Ok(entry),
        None => parse(text, ids),
    }
}

/// A line as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEntry<'a> {
    seq: u64,
    n: usize,
    #[serde(rename = "group")]
    _group: u64,
    ts: Timestamp,
    caller: Option<Caller>,
    key: Option<IdempotencyKey>,
    fp: Option<Fingerprint>,
    #[serde(default, borrow)]
    outcomes: Vec<Cow<'a, str>>,
    trace: Option<TraceParent>,
    reason: Option<Reason>,
    note: Option<Note>,
    reference: Option<Reference>,
    actor: Option<Actor>,
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
    chain: Chain,
    #[serde(default, borrow, rename = "crc")]
    _crc: Cow<'a, str>,
}

/// An event of a known type as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WireEvent<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    product: Cow<'a, str>,
    #[serde(borrow)]
    store: Cow<'a, str>,
    delta: i64,
    reserved_delta: i64,
    on_hand: u64,
    reserved: u64,
    version: u64,
    total: u64,
    #[serde(flatten)]
    details: Details,
}

/// An event that was wrapped because its text could not stand in a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireWrapped<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    product: Option<ProductId>,
    version: Option<Version>,
    #[serde(borrow)]
    raw: Cow<'a, str>,
}

fn parse(text: &str, ids: &mut Interner) -> Result<Entry, String> {
    let wire: WireEntry<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if wire.seq == 0 || wire.events.is_empty() || wire.n != wire.events.len() {
        return Err("its position or number of events is wrong".to_owned());
    }
    let intent = match (wire.caller, wire.key, wire.fp) {
        (caller, Some(key), Some(fingerprint)) => Some(Intent {
            caller,
            key,
            fingerprint,
        }),
        (None, None, None) => None,
        (_, Some(_), None) | (_, None, Some(_)) | (Some(_), None, None) => {
            return Err("it has a caller, key or fp without the others".to_owned());
        }
    };
    let outcomes: Result<Box<[RowOutcome]>, _> =
        wire.outcomes.iter().map(|name| name.parse()).collect();
    let outcomes = outcomes.map_err(|_| "it has an unknown outcome".to_owned())?;
    if !outcomes_fit(&outcomes, wire.events.len()) {
        return Err("its outcomes do not fit its events".to_owned());
    }
    let annotations = Annotations {
        trace: wire.trace,
        reason: wire.reason,
        note: wire.note,
        reference: wire.reference,
        actor: wire.actor,
    };
    let events = wire.events.iter().map(|raw| parse_event(raw.get(), ids));
    Ok(Entry {
        first: Sequence::new(wire.seq),
        recorded_at: wire.ts,
        intent,
        outcomes,
        events: events.collect(),
        annotations: boxed(annotations),
        chain: wire.chain,
    })
}

fn parse_event(raw: &str, ids: &mut Interner) -> Event {
    known_event(raw, ids).unwrap_or_else(|| Event::DeadLettered(unreadable(raw)))
}

fn known_event(raw: &str, ids: &mut Interner) -> Option<Event> {
    let wire: WireEvent<'_> = serde_json::from_str(raw).ok()?;
    let (product, store) = (ids.product(&wire.product)?, ids.store(&wire.store)?);
    let numbers = Numbers {
        delta: wire.delta,
        reserved_delta: wire.reserved_delta,
        on_hand: wire.on_hand,
        reserved: wire.reserved,
        version: wire.version,
        total: wire.total,
    };
    let kind = MovementKind::from_parts(&wire.kind, wire.details)?;
    event(kind, product, store, &numbers)
}

/// What a text is read as when it stands among the events of a line; `None` when it is a known event or no JSON.
pub(super) fn dead_lettered(raw: &str) -> Option<DeadLettered> {
    let _: &RawValue = serde_json::from_str(raw).ok()?;
    // White space around a value belongs to the line, not to the event.
    if raw.trim_ascii() != raw {
        return None;
    }
    match parse_event(raw, &mut Interner::default()) {
        Event::DeadLettered(letter) => Some(letter),
        Event::Moved(_) => None,
    }
}

fn unreadable(raw: &str) -> DeadLettered {
    if let Ok(wrapped) = serde_json::from_str::<WireWrapped<'_>>(raw)
        && wrapped.kind == "DeadLettered"
    {
        return DeadLettered {
            product: wrapped.product,
            version: wrapped.version,
            raw: Arc::from(&*wrapped.raw),
        };
    }
    let value: serde_json::Value = serde_json::from_str(raw).unwrap_or_default();
    let product = value.get("product").and_then(serde_json::Value::as_str);
    let version = value.get("version").and_then(serde_json::Value::as_u64);
    DeadLettered {
        product: product.and_then(|text| ProductId::new(text).ok()),
        version: version.and_then(|number| Version::new(number).ok()),
        raw: Arc::from(raw),
    }
}
