//! Idempotency window, as lines of a snapshot: without names of fields, and with products and stores named by their places
//! in the lists before it. There may be a million lines, and every start reads them.

use std::borrow::Cow;
use std::fmt;

use inventory_core::machine::replica::{ImageEntry, ProductIx, StoreIx};
use inventory_core::machine::{
    After, DeadLettered, Details, Event, Intent, Level, Movement, MovementKind, RowOutcome,
};
use inventory_core::vocabulary::{
    Caller, Chain, Delta, Fingerprint, IdempotencyKey, Quantity, Sequence, Timestamp, Version,
};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::source::said;
use crate::codec::record::{outcomes_fit, push_details, push_outcomes};
use crate::codec::text::push_field;

type PlacedEvent = Event<ProductIx, StoreIx>;

/// Appends an entry, whose intent is there: the window has no others.
pub(super) fn push_remembered(out: &mut Vec<u8>, entry: &ImageEntry) {
    let intent = entry.intent.as_ref().expect("the window is one of keys");
    push_field(out, b"[", intent.caller.as_ref().map(Caller::as_str));
    push_field(out, b",", intent.key.as_str());
    push_field(out, b",", intent.fingerprint);
    push_field(out, b",", entry.first);
    push_field(out, b",", entry.recorded_at);
    out.push(b',');
    push_outcomes(out, &entry.outcomes);
    out.extend_from_slice(b",[");
    for (at, event) in entry.events.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        match event {
            Event::Moved(movement) => push_movement(out, movement),
            Event::DeadLettered(letter) => push_dead_lettered(out, letter),
        }
    }
    push_field(out, b"],", entry.chain);
    out.push(b']');
}

fn push_movement(out: &mut Vec<u8>, movement: &Movement<ProductIx, StoreIx>) {
    let after = &movement.after;
    push_field(out, b"[", movement.kind.type_name());
    push_field(out, b",", movement.product.0);
    push_field(out, b",", movement.store.0);
    push_field(out, b",", movement.delta);
    push_field(out, b",", movement.reserved_delta);
    push_field(out, b",", after.level.on_hand());
    push_field(out, b",", after.level.reserved());
    push_field(out, b",", after.version);
    push_field(out, b",", after.total);
    if movement.kind.has_details() {
        out.push(b',');
        let start = out.len();
        push_details(out, &movement.kind);
        out[start] = b'{';
        out.push(b'}');
    }
    out.push(b']');
}

fn push_dead_lettered(out: &mut Vec<u8>, letter: &DeadLettered<ProductIx>) {
    push_field(out, b"{\"product\":", letter.product.map(|place| place.0));
    push_field(out, b",\"version\":", letter.version);
    push_field(out, b",\"raw\":", &*letter.raw);
    out.push(b'}');
}

#[derive(Deserialize)]
struct WireEntry<'a>(
    Option<Caller>,
    IdempotencyKey,
    Fingerprint,
    Sequence,
    Timestamp,
    #[serde(borrow)] Vec<Cow<'a, str>>,
    Vec<WireEvent>,
    Chain,
);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireLetter<'a> {
    product: Option<u32>,
    version: Option<Version>,
    #[serde(borrow)]
    raw: Cow<'a, str>,
}

/// A list when the event can be applied, an object when it can not.
struct WireEvent(PlacedEvent);

impl<'de> Deserialize<'de> for WireEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EventVisitor).map(Self)
    }
}

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = PlacedEvent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<PlacedEvent, A::Error> {
        let kind: &str = next(&mut seq)?;
        let (product, store) = (ProductIx(next(&mut seq)?), StoreIx(next(&mut seq)?));
        let (delta, reserved_delta): (Delta, Delta) = (next(&mut seq)?, next(&mut seq)?);
        let (on_hand, reserved): (Quantity, Quantity) = (next(&mut seq)?, next(&mut seq)?);
        let (version, total) = (next(&mut seq)?, next(&mut seq)?);
        let details: Option<Details> = seq.next_element()?;
        let kind = MovementKind::from_parts(kind, details.unwrap_or_default());
        let level = Level::new(on_hand, reserved);
        Ok(Event::Moved(Movement {
            kind: kind.ok_or_else(|| A::Error::custom("an event of no type"))?,
            product,
            store,
            delta,
            reserved_delta,
            after: After {
                level: level.ok_or_else(|| A::Error::custom("more reserved than there is"))?,
                version,
                total,
            },
        }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PlacedEvent, A::Error> {
        let wire = WireLetter::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Event::DeadLettered(DeadLettered {
            product: wire.product.map(ProductIx),
            version: wire.version,
            raw: wire.raw.into(),
        }))
    }
}

fn next<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(seq: &mut A) -> Result<T, A::Error> {
    let element = seq.next_element()?;
    element.ok_or_else(|| A::Error::custom("an event that ends too early"))
}

/// Reads an entry.
pub(super) fn read_remembered(line: &str) -> Result<ImageEntry, String> {
    let wire: WireEntry<'_> = serde_json::from_str(line).map_err(said)?;
    let WireEntry(caller, key, fingerprint, first, recorded_at, outcomes, events, chain) = wire;
    let outcomes: Result<Box<[RowOutcome]>, _> = outcomes.iter().map(|name| name.parse()).collect();
    let outcomes = outcomes.map_err(|_| "it has an unknown outcome")?;
    if first == Sequence::START || events.is_empty() || !outcomes_fit(&outcomes, events.len()) {
        return Err("its position, events and outcomes do not fit".to_owned());
    }
    Ok(ImageEntry {
        first,
        recorded_at,
        intent: Some(Intent {
            caller,
            key,
            fingerprint,
        }),
        outcomes,
        events: events.into_iter().map(|WireEvent(event)| event).collect(),
        annotations: None,
        chain,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = concat!(
        r#"["till \"7\"","k-1","0123456789abcdef",41,"2017-01-01T11:53:26.000Z",["updated","stale"],"#,
        r#"[["StockHeld",3,1,0,2,9,2,4,7,{"reservation":"cart","deadline":"2017-01-01T12:53:26.000Z"}],"#,
        r#"{"product":2,"version":null,"raw":"{\"type\":\"?\"}"}],"fedcba9876543210"]"#
    );

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let entry = read_remembered(LINE).unwrap();
        assert_eq!(
            (entry.first, entry.last()),
            (Sequence::new(41), Sequence::new(42))
        );
        let held = entry.events[0].clone();
        assert!(matches!(
            held,
            Event::Moved(Movement {
                kind: MovementKind::Held { .. },
                product: ProductIx(3),
                store: StoreIx(1),
                ..
            })
        ));
        let mut line = Vec::new();
        push_remembered(&mut line, &entry);
        assert_eq!(String::from_utf8(line).unwrap(), LINE);
    }

    #[test]
    fn what_no_window_remembers_is_refused() {
        for (from, to) in [
            ("41", "0"),
            ("\"stale\"", "\"fresh\""),
            (
                "\"updated\",\"stale\"",
                "\"updated\",\"updated\",\"created\"",
            ),
            ("StockHeld", "StockCounted"),
            ("StockHeld", "StockEaten"),
            (",\"deadline\":\"2017-01-01T12:53:26.000Z\"", ""),
            ("\"reservation\"", "\"transfer\""),
            (",9,2,4,7", ",2,9,4,7"),
            (",9,2,4,7,", ",9,2,4,"),
            (",3,1,0,", ",3,-1,0,"),
            (",3,1,0,", ",3,1,\"0\","),
            ("\"raw\"", "\"law\""),
            ("0123456789abcdef", "0123456789ABCDEF"),
            ("10\"]", "10\",1]"),
            ("{\"product\":2", "[]"),
        ] {
            assert!(LINE.contains(from), "{from}");
            let odd = LINE.replacen(from, to, 1);
            assert!(read_remembered(&odd).is_err(), "{odd}");
        }
    }
}
