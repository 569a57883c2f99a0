//! Entries as no engine would write them, but as the types allow.

use std::sync::Arc;

use arbitrary::Arbitrary;
use inventory_core::machine::{
    After, Annotations, DeadLettered, Detail, DetailForm, DetailValue, Entry, Event, Intent, Level,
    Movement, MovementKind, Settlement,
};
use inventory_core::vocabulary::{
    ACTOR_CHARACTERS_MAX, Chain, Delta, Fingerprint, ID_BYTES_MAX, KEY_BYTES_MAX,
    NOTE_CHARACTERS_MAX, ProductId, QUANTITY_MAX, Quantity, REFERENCE_CHARACTERS_MAX, Reason,
    Sequence, Timestamp, TraceParent, Version,
};

/// Positions have at most 19 digits in a line: more than a log can reach.
const FIRST_MAX: u64 = i64::MAX as u64;
const MILLIS_MAX: u64 = 253_402_300_799_999;

/// The choices that an entry is made of.
#[derive(Debug, Arbitrary)]
pub(crate) struct AnyEntry {
    first: u64,
    millis: u64,
    intent: Option<(String, u64)>,
    event: AnyEvent,
    more: Vec<AnyEvent>,
    annotations: AnyAnnotations,
    chain: u64,
}

/// What a request says of itself; the reason by its place among all.
#[derive(Debug, Arbitrary)]
struct AnyAnnotations {
    trace: Option<(u128, u64, u8)>,
    reason: Option<u8>,
    note: Option<String>,
    reference: Option<String>,
    actor: Option<String>,
}

#[derive(Debug, Arbitrary)]
enum AnyEvent {
    Moved(AnyKind, AnyMovement),
    DeadLettered(AnyLetter),
    /// Events whose text could stand in a line, where it would be read as something else than what it is.
    DisguisedMovement(Option<String>, AnyKind, AnyMovement),
    DisguisedLetter(Option<String>, AnyLetter),
}

/// A kind, by its place among the names of all types, and what it may say.
#[derive(Debug, Arbitrary)]
struct AnyKind {
    at: usize,
    id: String,
    store: String,
    millis: u64,
    lost: bool,
    quantities: [u64; 2],
}

#[derive(Debug, Arbitrary)]
struct AnyLetter {
    product: Option<String>,
    version: Option<u64>,
    raw: String,
}

#[derive(Debug, Arbitrary)]
struct AnyMovement {
    product: String,
    store: String,
    delta: i64,
    reserved_delta: i64,
    on_hand: u64,
    reserved: u64,
    version: u64,
    total: u64,
}

impl AnyEntry {
    pub(crate) fn into_entry(self) -> Entry {
        let events = std::iter::once(self.event).chain(self.more);
        Entry {
            first: Sequence::new(1 + self.first % FIRST_MAX),
            recorded_at: Timestamp::from_millis(self.millis % (MILLIS_MAX + 1))
                .expect("it is not after the year 9999"),
            intent: self.intent.map(|(key, fingerprint)| Intent {
                caller: (fingerprint % 2 == 1).then(|| "till".parse().expect("it is a name")),
                key: key_of(&key)
                    .parse()
                    .expect("it is 1 to 128 printable ASCII characters"),
                fingerprint: Fingerprint::from_bits(fingerprint),
            }),
            outcomes: Box::default(),
            events: events.map(AnyEvent::into_event).collect(),
            annotations: self.annotations.into_annotations(),
            chain: Chain::from_bits(self.chain),
        }
    }
}

impl AnyAnnotations {
    /// Without any there are none: an entry has no other way to say so.
    fn into_annotations(self) -> Option<Box<Annotations>> {
        let trace = self.trace;
        let remark = |text: Option<String>, characters_max| {
            text.map(|text| remark_of(&text, characters_max))
        };
        let note = remark(self.note, NOTE_CHARACTERS_MAX);
        let reference = remark(self.reference, REFERENCE_CHARACTERS_MAX);
        let actor = remark(self.actor, ACTOR_CHARACTERS_MAX);
        let annotations = Annotations {
            trace: trace.and_then(|(trace, span, flags)| TraceParent::new(trace, span, flags)),
            reason: self
                .reason
                .map(|at| Reason::ALL[usize::from(at) % Reason::ALL.len()]),
            note: note.map(|text| text.parse().expect("it is a remark")),
            reference: reference.map(|text| text.parse().expect("it is a remark")),
            actor: actor.map(|text| text.parse().expect("it is a remark")),
        };
        (annotations != Annotations::default()).then(|| annotations.into())
    }
}

impl AnyEvent {
    fn into_event(self) -> Event {
        match self {
            Self::Moved(kind, movement) => Event::Moved(movement.into_movement(kind.into_kind())),
            Self::DeadLettered(letter) => letter.into_event(),
            Self::DisguisedMovement(product, kind, movement) => {
                let movement = movement.into_movement(kind.into_kind());
                disguised(product, Event::Moved(movement))
            }
            Self::DisguisedLetter(product, letter) => disguised(product, letter.into_event()),
        }
    }
}

impl AnyKind {
    /// The kind of that name, with the details that it takes.
    fn into_kind(self) -> MovementKind {
        let name = MovementKind::TYPE_NAMES[self.at % MovementKind::TYPE_NAMES.len()];
        let (id, store) = (id_of(&self.id), id_of(&self.store));
        let time = Timestamp::from_millis(self.millis % (MILLIS_MAX + 1)).ok();
        let [some, more] = self
            .quantities
            .map(|units| quantity(units % (QUANTITY_MAX + 1)));
        let settlement = match self.lost {
            true => Settlement::Lost,
            false => Settlement::Returned,
        };
        let value = |detail: Detail| match (detail, detail.form()) {
            (Detail::destination, _) => Some(DetailValue::Text(&store)),
            (Detail::replenished, _) => Some(DetailValue::Units(more)),
            (_, DetailForm::Id) => Some(DetailValue::Text(&id)),
            (_, DetailForm::Name) => Some(DetailValue::Text(settlement.name())),
            (_, DetailForm::Time) => time.map(DetailValue::Time),
            (_, DetailForm::Units) => Some(DetailValue::Units(some)),
        };
        MovementKind::read(name, value).expect("it has what it takes, before the year 10000")
    }
}

impl AnyLetter {
    fn into_event(self) -> Event {
        Event::DeadLettered(DeadLettered {
            product: self
                .product
                .map(|product| id_of(&product).parse().expect("it is an id")),
            version: self.version.map(version),
            raw: Arc::from(self.raw),
        })
    }
}

fn disguised(product: Option<String>, event: Event) -> Event {
    let raw = text_of(event);
    AnyLetter {
        product,
        version: None,
        raw,
    }
    .into_event()
}

impl AnyMovement {
    fn into_movement(self, kind: MovementKind) -> Movement {
        let on_hand = self.on_hand % (QUANTITY_MAX + 1);
        let reserved = quantity(self.reserved % (on_hand + 1));
        Movement {
            kind,
            product: id_of(&self.product).parse().expect("it is an id"),
            store: id_of(&self.store).parse().expect("it is an id"),
            delta: delta(self.delta),
            reserved_delta: delta(self.reserved_delta),
            after: After {
                level: Level::new(quantity(on_hand), reserved)
                    .expect("no more is reserved than is there"),
                version: version(self.version),
                total: quantity(self.total % (QUANTITY_MAX + 1)),
            },
        }
    }
}

fn quantity(units: u64) -> Quantity {
    Quantity::new(units).expect("the caller keeps it in range")
}

fn version(number: u64) -> Version {
    Version::new(number % (QUANTITY_MAX + 1)).expect("it is in range")
}

fn delta(units: i64) -> Delta {
    Delta::new(units % (QUANTITY_MAX as i64 + 1)).expect("it is in range")
}

/// The text of an event as it stands in a line.
fn text_of(event: Event) -> String {
    let entry = Entry {
        first: Sequence::new(1),
        recorded_at: Timestamp::UNIX_EPOCH,
        intent: None,
        outcomes: Box::default(),
        events: [event].into(),
        annotations: None,
        chain: Chain::default(),
    };
    let line = inventory_log::testing::encode_record(&entry, entry.first);
    let line = String::from_utf8(line).expect("a line is JSON");
    let from = line.find("[").expect("the events are an array") + 1;
    let to = line
        .rfind("],\"chain\"")
        .expect("the chain follows the events");
    line[from..to].to_owned()
}

/// Any text as an id: without control characters and not too long; what is none all the same is another one.
fn id_of(text: &str) -> String {
    let mut id: String = text
        .chars()
        .map(|c| if c.is_control() { '"' } else { c })
        .collect();
    let end = (0..=id.len().min(ID_BYTES_MAX))
        .rev()
        .find(|&at| id.is_char_boundary(at));
    id.truncate(end.unwrap_or(0));
    match ProductId::new(&id) {
        Ok(_) => id,
        Err(_) => "tea".to_owned(),
    }
}

/// Any text as a remark: no control characters, not empty, not too long.
fn remark_of(text: &str, characters_max: usize) -> String {
    let shown = |c: char| if c.is_control() { '"' } else { c };
    let remark: String = text.chars().map(shown).take(characters_max).collect();
    if remark.is_empty() {
        "broken".to_owned()
    } else {
        remark
    }
}

/// Any text as a key: printable ASCII, not empty, not too long.
fn key_of(text: &str) -> String {
    let printable = |byte: u8| char::from(b' ' + byte % 95);
    let key: String = text.bytes().map(printable).take(KEY_BYTES_MAX).collect();
    if key.is_empty() {
        "basket".to_owned()
    } else {
        key
    }
}
