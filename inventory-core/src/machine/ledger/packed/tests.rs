//! What was packed is unpacked as it was.

use super::*;

fn quantity(units: u64) -> Quantity {
    Quantity::new(units).unwrap()
}

/// Every kind, with details of all sizes.
fn kinds() -> Vec<MovementKind> {
    let long = "\u{e9}".repeat(64);
    let last = Timestamp::UNIX_EPOCH.plus_millis(u64::MAX);
    let mut kinds = Vec::new();
    for (id, name, time, units) in [
        ("r", "returned", Timestamp::UNIX_EPOCH, Quantity::ZERO),
        (&long, "lost", last, Quantity::MAX),
    ] {
        let value = |detail: Detail| match detail.form() {
            DetailForm::Id => Some(DetailValue::Text(id)),
            DetailForm::Name => Some(DetailValue::Text(name)),
            DetailForm::Time => Some(DetailValue::Time(time)),
            DetailForm::Units => Some(DetailValue::Units(units)),
        };
        let kind = |type_name| MovementKind::read(type_name, value).expect(type_name);
        kinds.extend(MovementKind::TYPE_NAMES.map(kind));
    }
    kinds
}

fn movement(kind: MovementKind, largest: bool) -> Movement {
    let (delta, units, version) = match largest {
        true => (
            -(Quantity::MAX.units() as i64),
            Quantity::MAX,
            Version::new(Quantity::MAX.units()),
        ),
        false => (1, quantity(1), Version::new(1)),
    };
    Movement {
        kind,
        product: "tea".parse().unwrap(),
        store: "north".parse().unwrap(),
        delta: Delta::new(delta).unwrap(),
        reserved_delta: Delta::new(-delta).unwrap(),
        after: After {
            level: Level::new(units, units).unwrap(),
            version: version.unwrap(),
            total: units,
        },
    }
}

fn entry(number: u64, events: Vec<Event>) -> Entry {
    Entry {
        first: Sequence::new(number),
        recorded_at: Timestamp::from_millis(number).unwrap(),
        intent: Some(Intent {
            caller: Some("till".parse().unwrap()),
            key: format!("key-{number}").parse().unwrap(),
            fingerprint: Fingerprint::from_bits(!number),
        }),
        outcomes: RowOutcome::ALL.into(),
        events: events.into(),
        annotations: None,
        chain: Chain::from_bits(number),
    }
}

#[test]
fn every_kind_of_event_survives_being_packed() {
    let known: std::collections::BTreeSet<_> =
        kinds().iter().map(MovementKind::type_name).collect();
    assert_eq!(
        known.len(),
        MovementKind::TYPE_NAMES.len(),
        "every kind is here"
    );
    // One entry for each kind and one of all, behind each other, as in a chunk of the window.
    let all = kinds()
        .into_iter()
        .map(|kind| Event::Moved(movement(kind, true)));
    let mut entries = vec![entry(1, all.collect())];
    for (number, kind) in (2..).zip(kinds()) {
        entries.push(entry(number, vec![Event::Moved(movement(kind, false))]));
    }
    let (mut packer, mut chunk) = (Packer::default(), Vec::new());
    for entry in &entries {
        packer.begin(entry);
        for event in &entry.events {
            packer.movement(event.movement().unwrap(), ProductIx(0), StoreIx(0));
        }
        push_framed(&mut chunk, packer.bytes());
    }

    let mut rest = &chunk[..];
    for entry in &entries {
        let (packed, after) = split_framed(rest);
        let mut reading = Unpacker { rest: packed };
        assert_eq!(
            reading.key(),
            entry.intent.as_ref().unwrap().key.as_str().as_bytes()
        );
        assert_eq!(reading.moment(), (entry.first, entry.recorded_at));
        let caller = entry.intent.as_ref().unwrap().caller.as_ref();
        let product = |ProductIx(_)| "tea".parse().unwrap();
        let store = |StoreIx(_)| "north".parse().unwrap();
        assert_eq!(reading.entry(caller, product, store), *entry);
        assert!(reading.rest.is_empty(), "after {entry:?}");
        rest = after;
    }
    assert!(rest.is_empty());
}
