//! A line becomes an entry: at once when it has the form that the encoder gives it, through a JSON parser otherwise.
//! The parser is the authority; the short way only ever agrees with it.

use std::borrow::Cow;
use std::sync::Arc;

use inventory_core::machine::{
    After, Annotations, DeadLettered, Details, Entry, Event, Intent, Kind, Level, Movement, Outcome,
};
use inventory_core::vocabulary::{
    Chain, Delta, Fingerprint, IdempotencyKey, ProductId, Quantity, ReservationId, Sequence,
    StoreId, Timestamp, TraceParent, TransferId, Version,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::file::interner::Interner;
use crate::file::text::{Cursor, parse_hex};

/// Reads an entry from a line, or from an object of a snapshot's window. The checksum, if any, was compared before.
///
/// # Errors
///
/// The text is no entry. An event that means nothing to this program is no reason: it becomes [`Event::DeadLettered`].
pub(in crate::file) fn decode(text: &str, ids: &mut Interner) -> Result<Entry, String> {
    match canonical(text, ids) {
        Some(entry) => Ok(entry),
        None => parse(text, ids),
    }
}

/// The form that the encoder writes, without escapes.
fn canonical(text: &str, ids: &mut Interner) -> Option<Entry> {
    let cursor = &mut Cursor::new(text);
    cursor.pass("{\"seq\":")?;
    let first = cursor.number().filter(|&first| first > 0)?;
    cursor.pass(",\"n\":")?;
    // A line of n events is longer than n bytes: a number that is not believed costs no memory.
    let count = usize::try_from(cursor.number()?)
        .ok()
        .filter(|&n| n > 0 && n < text.len())?;
    if cursor.pass(",\"group\":").is_some() {
        cursor.number()?;
    }
    cursor.pass(",\"ts\":\"")?;
    let recorded_at = cursor.string()?.parse().ok()?;
    let intent = match cursor.pass(",\"key\":\"") {
        Some(()) => Some(canonical_intent(cursor)?),
        None => None,
    };
    let outcomes = match cursor.pass(",\"outcomes\":[") {
        Some(()) => canonical_outcomes(cursor)?,
        None => Box::default(),
    };
    let trace = match cursor.pass(",\"trace\":\"") {
        Some(()) => Some(cursor.string()?.parse().ok()?),
        None => None,
    };
    cursor.pass(",\"events\":[")?;
    let mut events = Vec::with_capacity(count);
    for at in 0..count {
        if at > 0 {
            cursor.pass(",")?;
        }
        events.push(canonical_event(cursor, ids)?);
    }
    cursor.pass("],\"chain\":\"")?;
    let chain = Chain::from_bits(hex64(cursor.string()?)?);
    if cursor.pass(",\"crc\":\"").is_some() {
        cursor.string()?;
    }
    cursor.pass("}")?;
    let written = outcomes.iter().filter(|outcome| !outcome.is_skipped());
    if !outcomes.is_empty() && !(1..=count).contains(&written.count()) {
        return None;
    }
    Some(Entry {
        first: Sequence::new(first),
        recorded_at,
        intent,
        outcomes,
        events: events.into(),
        annotations: annotations(trace),
        chain,
    })
}

fn canonical_outcomes(cursor: &mut Cursor<'_>) -> Option<Box<[Outcome]>> {
    let mut outcomes = Vec::new();
    loop {
        cursor.pass("\"")?;
        outcomes.push(cursor.string()?.parse().ok()?);
        match cursor.pass(",") {
            Some(()) => {}
            None => break,
        }
    }
    cursor.pass("]")?;
    Some(outcomes.into())
}

fn annotations(trace: Option<TraceParent>) -> Option<Box<Annotations>> {
    let annotations = Annotations {
        trace,
        ..Annotations::default()
    };
    (annotations != Annotations::default()).then(|| annotations.into())
}

fn canonical_intent(cursor: &mut Cursor<'_>) -> Option<Intent> {
    let key = IdempotencyKey::new(cursor.string()?).ok()?;
    cursor.pass(",\"fp\":\"")?;
    let fingerprint = Fingerprint::from_bits(hex64(cursor.string()?)?);
    Some(Intent { key, fingerprint })
}

fn canonical_event(cursor: &mut Cursor<'_>, ids: &mut Interner) -> Option<Event> {
    cursor.pass("{\"type\":\"")?;
    let kind = cursor.string()?;
    cursor.pass(",\"product\":\"")?;
    let product = ids.product(cursor.string()?)?;
    cursor.pass(",\"store\":\"")?;
    let store = ids.store(cursor.string()?)?;
    let numbers = Numbers {
        delta: cursor.pass(",\"delta\":").and_then(|_| cursor.integer())?,
        reserved_delta: cursor
            .pass(",\"reservedDelta\":")
            .and_then(|_| cursor.integer())?,
        on_hand: cursor.pass(",\"onHand\":").and_then(|_| cursor.number())?,
        reserved: cursor
            .pass(",\"reserved\":")
            .and_then(|_| cursor.number())?,
        version: cursor.pass(",\"version\":").and_then(|_| cursor.number())?,
        total: cursor.pass(",\"total\":").and_then(|_| cursor.number())?,
    };
    let details = canonical_details(cursor)?;
    cursor.pass("}")?;
    event(kind, product, store, &numbers, details)
}

fn canonical_details(cursor: &mut Cursor<'_>) -> Option<Details> {
    let mut details = Details::default();
    if cursor.pass(",\"reservation\":\"").is_some() {
        details.reservation = Some(cursor.string()?.parse().ok()?);
    }
    if cursor.pass(",\"transfer\":\"").is_some() {
        details.transfer = Some(cursor.string()?.parse().ok()?);
    }
    if cursor.pass(",\"destination\":\"").is_some() {
        details.destination = Some(cursor.string()?.parse().ok()?);
    }
    if cursor.pass(",\"settlement\":\"").is_some() {
        details.settlement = Some(cursor.string()?.parse().ok()?);
    }
    if cursor.pass(",\"deadline\":\"").is_some() {
        details.deadline = Some(cursor.string()?.parse().ok()?);
    }
    let numbers = [
        (",\"inTransit\":", &mut details.in_transit),
        (",\"missing\":", &mut details.missing),
        (",\"low\":", &mut details.low),
        (",\"replenished\":", &mut details.replenished),
    ];
    for (name, number) in numbers {
        if cursor.pass(name).is_some() {
            *number = Some(Quantity::new(cursor.number()?).ok()?);
        }
    }
    Some(details)
}

fn hex64(digits: &str) -> Option<u64> {
    (digits.len() == 16).then(|| parse_hex(digits.as_bytes()))?
}

struct Numbers {
    delta: i64,
    reserved_delta: i64,
    on_hand: u64,
    reserved: u64,
    version: u64,
    total: u64,
}

/// The event of a known type whose numbers are in range.
fn event(
    kind: &str,
    product: ProductId,
    store: StoreId,
    numbers: &Numbers,
    details: Details,
) -> Option<Event> {
    let on_hand = Quantity::new(numbers.on_hand).ok()?;
    let reserved = Quantity::new(numbers.reserved).ok()?;
    Some(Event::Moved(Movement {
        kind: Kind::from_parts(kind, details)?,
        product,
        store,
        delta: Delta::new(numbers.delta).ok()?,
        reserved_delta: Delta::new(numbers.reserved_delta).ok()?,
        after: After {
            level: Level::new(on_hand, reserved)?,
            version: Version::new(numbers.version).ok()?,
            total: Quantity::new(numbers.total).ok()?,
        },
    }))
}

/// A line as JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEntry<'a> {
    seq: u64,
    n: usize,
    #[serde(default, rename = "group")]
    _group: u64,
    ts: Timestamp,
    key: Option<IdempotencyKey>,
    fp: Option<Fingerprint>,
    #[serde(default, borrow)]
    outcomes: Vec<Cow<'a, str>>,
    trace: Option<TraceParent>,
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
    reservation: Option<ReservationId>,
    transfer: Option<TransferId>,
    destination: Option<StoreId>,
    #[serde(borrow)]
    settlement: Option<Cow<'a, str>>,
    deadline: Option<Timestamp>,
    in_transit: Option<Quantity>,
    missing: Option<Quantity>,
    low: Option<Quantity>,
    replenished: Option<Quantity>,
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
    let intent = match (wire.key, wire.fp) {
        (Some(key), Some(fingerprint)) => Some(Intent { key, fingerprint }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            return Err("it has a key or fp without the other".to_owned());
        }
    };
    let outcomes: Result<Box<[Outcome]>, _> =
        wire.outcomes.iter().map(|name| name.parse()).collect();
    let outcomes = outcomes.map_err(|_| "it has an unknown outcome".to_owned())?;
    let written = outcomes.iter().filter(|outcome| !outcome.is_skipped());
    if !outcomes.is_empty() && !(1..=wire.events.len()).contains(&written.count()) {
        return Err("its outcomes do not fit its events".to_owned());
    }
    let events = wire.events.iter().map(|raw| parse_event(raw.get(), ids));
    Ok(Entry {
        first: Sequence::new(wire.seq),
        recorded_at: wire.ts,
        intent,
        outcomes,
        events: events.collect(),
        annotations: annotations(wire.trace),
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
    let settlement = wire.settlement.map(|name| name.parse());
    let details = Details {
        reservation: wire.reservation,
        deadline: wire.deadline,
        transfer: wire.transfer,
        destination: wire.destination,
        in_transit: wire.in_transit,
        settlement: settlement.transpose().ok()?,
        missing: wire.missing,
        low: wire.low,
        replenished: wire.replenished,
    };
    event(&wire.kind, product, store, &numbers, details)
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
