//! Fast decoder: a line exactly as the encoder writes it, without escapes. Anything else is `None`: it may still be an entry.

use inventory_core::machine::{
    After, Annotations, Detail, DetailForm, DetailValue, Entry, Event, Intent, Level, Movement,
    MovementKind,
};
use inventory_core::vocabulary::{
    Caller, Chain, Delta, IdempotencyKey, ProductId, Quantity, Sequence, StoreId, Version,
};

use super::outcomes::{canonical_outcomes, outcomes_fit};
use crate::codec::interner::Interner;
use crate::codec::text::Cursor;

/// The entry of a line.
pub(super) fn canonical(text: &str, ids: &mut Interner) -> Option<Entry> {
    let cursor = &mut Cursor::new(text);
    let (head, count) = canonical_head(cursor)?;
    let mut events = Vec::with_capacity(count);
    for at in 0..count {
        if at > 0 {
            cursor.pass(",")?;
        }
        events.push(canonical_shape(cursor)?.event(ids)?);
    }
    let chain = canonical_end(cursor)?;
    Some(Entry {
        events: events.into(),
        chain,
        ..head
    })
}

/// Everything before the first event: an entry without events and chain, and how many events it has.
pub(super) fn canonical_head(cursor: &mut Cursor<'_>) -> Option<(Entry, usize)> {
    cursor.pass("{\"seq\":")?;
    let first = cursor.number().filter(|&first| first > 0)?;
    cursor.pass(",\"n\":")?;
    // A line of n events is longer than n bytes: a number that is not believed costs no memory.
    let count = usize::try_from(cursor.number()?)
        .ok()
        .filter(|&n| n > 0 && n < cursor.length())?;
    cursor.pass(",\"group\":")?;
    cursor.number()?;
    cursor.pass(",\"ts\":\"")?;
    let recorded_at = cursor.string()?.parse().ok()?;
    let intent = canonical_intent(cursor)?;
    let outcomes = match cursor.pass(",\"outcomes\":[") {
        Some(()) => canonical_outcomes(cursor)?,
        None => Box::default(),
    };
    if !outcomes_fit(&outcomes, count) {
        return None;
    }
    let annotations = canonical_annotations(cursor)?;
    cursor.pass(",\"events\":[")?;
    let head = Entry {
        first: Sequence::new(first),
        recorded_at,
        intent,
        outcomes,
        events: Box::default(),
        annotations: boxed(annotations),
        chain: Chain::default(),
    };
    Some((head, count))
}

/// Everything after the last event; the chain is what it says.
pub(super) fn canonical_end(cursor: &mut Cursor<'_>) -> Option<Chain> {
    cursor.pass("],\"chain\":\"")?;
    let chain = cursor.string()?.parse().ok()?;
    if cursor.pass(",\"crc\":\"").is_some() {
        cursor.string()?;
    }
    cursor.pass("}")?;
    Some(chain)
}

fn canonical_annotations(cursor: &mut Cursor<'_>) -> Option<Annotations> {
    let mut annotations = Annotations::default();
    if cursor.pass(",\"trace\":\"").is_some() {
        annotations.trace = Some(cursor.string()?.parse().ok()?);
    }
    if cursor.pass(",\"reason\":\"").is_some() {
        annotations.reason = Some(cursor.string()?.parse().ok()?);
    }
    if cursor.pass(",\"note\":\"").is_some() {
        annotations.note = Some(cursor.string()?.parse().ok()?);
    }
    if cursor.pass(",\"reference\":\"").is_some() {
        annotations.reference = Some(cursor.string()?.parse().ok()?);
    }
    if cursor.pass(",\"actor\":\"").is_some() {
        annotations.actor = Some(cursor.string()?.parse().ok()?);
    }
    Some(annotations)
}

pub(super) fn boxed(annotations: Annotations) -> Option<Box<Annotations>> {
    (annotations != Annotations::default()).then(|| annotations.into())
}

fn canonical_intent(cursor: &mut Cursor<'_>) -> Option<Option<Intent>> {
    let caller = match cursor.pass(",\"caller\":\"") {
        Some(()) => Some(Caller::new(cursor.string()?).ok()?),
        None => None,
    };
    match (cursor.pass(",\"key\":\""), &caller) {
        (Some(()), _) => {}
        (None, None) => return Some(None),
        (None, Some(_)) => return None,
    }
    let key = IdempotencyKey::new(cursor.string()?).ok()?;
    cursor.pass(",\"fp\":\"")?;
    let fingerprint = cursor.string()?.parse().ok()?;
    Some(Some(Intent {
        caller,
        key,
        fingerprint,
    }))
}

/// An event as it stands in a line.
pub(super) struct Shape<'a> {
    kind: MovementKind,
    pub(super) product: &'a str,
    pub(super) store: &'a str,
    numbers: Numbers,
}

impl Shape<'_> {
    pub(super) fn event(self, ids: &mut Interner) -> Option<Event> {
        let (product, store) = (ids.product(self.product)?, ids.store(self.store)?);
        event(self.kind, product, store, &self.numbers)
    }
}

pub(super) fn canonical_shape<'a>(cursor: &mut Cursor<'a>) -> Option<Shape<'a>> {
    cursor.pass("{\"type\":\"")?;
    let kind = cursor.string()?;
    cursor.pass(",\"product\":\"")?;
    let product = cursor.string()?;
    cursor.pass(",\"store\":\"")?;
    let store = cursor.string()?;
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
    let kind = MovementKind::read(kind, |detail| canonical_detail(cursor, detail))?;
    cursor.pass("}")?;
    Some(Shape {
        kind,
        product,
        store,
        numbers,
    })
}

fn canonical_detail<'a>(cursor: &mut Cursor<'a>, detail: Detail) -> Option<DetailValue<'a>> {
    cursor.pass(",\"")?;
    cursor.pass(detail.name())?;
    cursor.pass("\":")?;
    Some(match detail.form() {
        DetailForm::Id | DetailForm::Name => DetailValue::Text(canonical_text(cursor)?),
        DetailForm::Time => DetailValue::Time(canonical_text(cursor)?.parse().ok()?),
        DetailForm::Units => DetailValue::Units(Quantity::new(cursor.number()?).ok()?),
    })
}

fn canonical_text<'a>(cursor: &mut Cursor<'a>) -> Option<&'a str> {
    cursor.pass("\"")?;
    cursor.string()
}

/// The numbers of an event.
pub(super) struct Numbers {
    pub(super) delta: i64,
    pub(super) reserved_delta: i64,
    pub(super) on_hand: u64,
    pub(super) reserved: u64,
    pub(super) version: u64,
    pub(super) total: u64,
}

/// The event of a kind, when its numbers are in range.
pub(super) fn event(
    kind: MovementKind,
    product: ProductId,
    store: StoreId,
    numbers: &Numbers,
) -> Option<Event> {
    let on_hand = Quantity::new(numbers.on_hand).ok()?;
    let reserved = Quantity::new(numbers.reserved).ok()?;
    Some(Event::Moved(Movement {
        kind,
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
