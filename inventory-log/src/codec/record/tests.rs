//! Round trips of a record: a line is read back as the entry that it was written for, whatever is in it.

use std::sync::Arc;

use inventory_core::machine::{
    After, Annotations, DeadLettered, Entry, Event, Intent, Level, Movement, MovementKind,
    RowOutcome, Skip,
};
use inventory_core::vocabulary::{
    Chain, Delta, Fingerprint, ProductId, QUANTITY_MAX, Quantity, Reason, Sequence, Timestamp,
    TraceParent, Version,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::canonical::canonical;
#[cfg(feature = "testing")]
use super::probe::{DecodedRecord, decode_record, encode_record};
use super::{Line, decode, encode, select};
use crate::codec::interner::Interner;

mod details;
mod kinds;

use kinds::{id, kind, text};

/// The line of FORMAT.md. A program that writes it otherwise writes another format.
const GOLDEN: &str = concat!(
    r#"{"seq":41,"n":1,"group":40,"ts":"2017-01-01T11:53:26.000Z","key":"basket-7","fp":"0123456789abcdef","#,
    r#""events":[{"type":"StockDecreased","product":"tea","store":"north","delta":-1,"reservedDelta":0,"#,
    r#""onHand":9,"reserved":0,"version":2,"total":9}],"chain":"fedcba9876543210","crc":"948142f9"}"#,
    "\n"
);

fn golden_entry() -> Entry {
    let quantity = |units| Quantity::new(units).unwrap();
    Entry {
        first: Sequence::new(41),
        recorded_at: "2017-01-01T11:53:26.000Z".parse().unwrap(),
        intent: Some(Intent {
            caller: None,
            key: "basket-7".parse().unwrap(),
            fingerprint: Fingerprint::from_bits(0x0123_4567_89ab_cdef),
        }),
        outcomes: Box::default(),
        annotations: None,
        events: [Event::Moved(Movement {
            kind: MovementKind::Decreased,
            product: "tea".parse().unwrap(),
            store: "north".parse().unwrap(),
            delta: Delta::new(-1).unwrap(),
            reserved_delta: Delta::ZERO,
            after: After {
                level: Level::new(quantity(9), Quantity::ZERO).unwrap(),
                version: Version::new(2).unwrap(),
                total: quantity(9),
            },
        })]
        .into(),
        chain: Chain::from_bits(0xfedc_ba98_7654_3210),
    }
}

fn line_of(entry: &Entry, group: Sequence) -> String {
    let mut out = Vec::new();
    encode(&mut out, entry, group);
    String::from_utf8(out).unwrap()
}

#[test]
fn outcomes_and_annotations_stand_before_the_events() {
    let entry = Entry {
        outcomes: [
            RowOutcome::Skipped(Skip::BelowReserved),
            RowOutcome::Created,
        ]
        .into(),
        annotations: Some(Box::new(Annotations {
            trace: TraceParent::new(0xabc, 0xdef, 1),
            reason: Some(Reason::Return),
            note: Some("\"ä\" was cracked".parse().unwrap()),
            reference: Some("order-7".parse().unwrap()),
            actor: Some("till 7".parse().unwrap()),
        })),
        ..golden_entry()
    };
    let line = line_of(&entry, Sequence::new(40));
    let beside = concat!(
        r#","fp":"0123456789abcdef","outcomes":["below_reserved","created"],"#,
        r#""trace":"00-00000000000000000000000000000abc-0000000000000def-01","reason":"return","#,
        r#""note":"\"ä\" was cracked","reference":"order-7","actor":"till 7","events":["#
    );
    assert!(line.contains(beside), "{line}");
    for (from, to) in [
        ("\"return\"", "\"because\""),
        ("\"order-7\"", "\"\""),
        ("\"actor\"", "\"author\""),
    ] {
        let other = line.replacen(from, to, 1);
        let read = decode(other.trim_end(), &mut Interner::default());
        assert!(read.is_err(), "{other}");
    }
    let ids = &mut Interner::default();
    assert_eq!(decode(line.trim_end(), ids), Ok(entry));
    // Two lines that have written something have two events.
    let short = line.replace("below_reserved", "updated");
    for short in [short.replace("\\\"ä\\\"", "ä"), short] {
        assert!(decode(short.trim_end(), ids).is_err(), "{short}");
    }
}

#[test]
fn the_line_of_the_format_never_changes() {
    let line = line_of(&golden_entry(), Sequence::new(40));
    assert_eq!(line, GOLDEN);
    assert_eq!(
        decode(line.trim_end(), &mut Interner::default()),
        Ok(golden_entry())
    );
    assert!(
        include_str!("../../../FORMAT.md").contains(GOLDEN),
        "FORMAT.md shows this line"
    );
}

#[cfg(feature = "testing")]
#[test]
fn a_record_that_is_encoded_without_a_disk_is_decoded_as_it_was() {
    let (entry, group) = (golden_entry(), Sequence::new(40));
    let line = encode_record(&entry, group);
    assert_eq!(line, GOLDEN.trim_end().as_bytes());
    let head = Some(inventory_core::machine::Head::after(&entry));
    let record = DecodedRecord { group, head, entry };
    assert_eq!(decode_record(&line), Some(record));
}

#[test]
fn an_event_that_means_nothing_here_is_kept_as_it_stands() {
    let known = r#"{"type":"StockDecreased","product":"tea","store":"north","delta":-1,"reservedDelta":0,"onHand":9,"reserved":0,"version":2,"total":9}"#;
    let letter = |product: Option<&str>, version: Option<u64>, raw: &str| DeadLettered {
        product: product.map(|id| id.parse().unwrap()),
        version: version.map(|number| Version::new(number).unwrap()),
        raw: Arc::from(raw),
    };
    for (raw, product, version) in [
        (
            r#"{"type":"StockLent","product":"tea","version":7,"to":"Ada"}"#,
            Some("tea"),
            Some(7),
        ),
        (
            r#"{"type":"StockLent","product":["tea"],"version":-7}"#,
            None,
            None,
        ),
        (
            &known.replace("\"onHand\":9", "\"onHand\":-9"),
            Some("tea"),
            Some(2),
        ),
        (
            &known.replace("\"reserved\":0", "\"reserved\":10"),
            Some("tea"),
            Some(2),
        ),
        (
            &known.replace("\"total\":9", "\"total\":9007199254740992"),
            Some("tea"),
            Some(2),
        ),
        (
            &known.replace("\"total\":9", "\"total\":9,\"more\":1"),
            Some("tea"),
            Some(2),
        ),
        ("17", None, None),
    ] {
        let entry = Entry {
            events: [Event::DeadLettered(letter(product, version, raw))].into(),
            ..golden_entry()
        };
        let line = line_of(&entry, Sequence::new(41));
        assert!(line.contains(&format!("[{raw}]")), "{line}");
        assert_eq!(decode(line.trim_end(), &mut Interner::default()), Ok(entry));
    }
    // What could not stand in a line, or would be read as something else, is wrapped.
    for raw in [
        "",
        "no JSON",
        "{\n}",
        " {}",
        known,
        r#"{"type":"DeadLettered","product":null,"version":null,"raw":"x"}"#,
    ] {
        for (product, version) in [(None, None), (Some("tea"), Some(7))] {
            let entry = Entry {
                events: [Event::DeadLettered(letter(product, version, raw))].into(),
                ..golden_entry()
            };
            let line = line_of(&entry, Sequence::new(41));
            assert_eq!(
                decode(line.trim_end(), &mut Interner::default()),
                Ok(entry),
                "{line}"
            );
        }
    }
}

#[test]
fn what_is_no_entry_is_refused() {
    let line = GOLDEN.trim_end();
    for (from, to) in [
        ("\"seq\":41", "\"seq\":0"),
        ("\"n\":1", "\"n\":2"),
        ("\"fp\":\"0123456789abcdef\",", ""),
        ("\"key\":\"basket-7\",", ""),
        ("2017-01-01", "2017-13-01"),
        ("\"group\"", "\"grope\""),
    ] {
        assert!(
            decode(&line.replacen(from, to, 1), &mut Interner::default()).is_err(),
            "{to}"
        );
    }
    for at in 0..line.len() {
        let mut flipped = line.as_bytes().to_vec();
        flipped[at] ^= 1;
        assert!(Line::parse(&flipped).is_none(), "byte {at}");
    }
}

fn movement() -> impl Strategy<Value = Movement> {
    let delta = -(QUANTITY_MAX as i64)..=QUANTITY_MAX as i64;
    let numbers = (
        delta.clone(),
        delta,
        0..=QUANTITY_MAX,
        any::<u64>(),
        0..=QUANTITY_MAX,
        0..=QUANTITY_MAX,
    );
    (id(), id(), numbers).prop_map(
        |(product, store, (delta, reserved_delta, on_hand, share, version, total))| {
            let quantity = |units| Quantity::new(units).unwrap();
            Movement {
                kind: MovementKind::Counted,
                product: product.parse().unwrap(),
                store: store.parse().unwrap(),
                delta: Delta::new(delta).unwrap(),
                reserved_delta: Delta::new(reserved_delta).unwrap(),
                after: After {
                    level: Level::new(quantity(on_hand), quantity(share % (on_hand + 1))).unwrap(),
                    version: Version::new(version).unwrap(),
                    total: quantity(total),
                },
            }
        },
    )
}

fn event() -> impl Strategy<Value = Event> {
    let letter =
        (text("\\PC{0,12}"), proptest::option::of(0..=QUANTITY_MAX)).prop_map(|(raw, version)| {
            Event::DeadLettered(DeadLettered {
                product: None,
                version: version.map(|number| Version::new(number).unwrap()),
                raw: raw.into(),
            })
        });
    prop_oneof![
        9 => (kind(), movement()).prop_map(|(kind, movement)| Event::Moved(Movement { kind, ..movement })),
        1 => letter,
    ]
}

fn annotations() -> impl Strategy<Value = Option<Box<Annotations>>> {
    let remark = || proptest::option::of(text("[^\\p{Cc}]{1,64}"));
    let trace = proptest::option::of((any::<u128>(), any::<u64>(), any::<u8>()));
    let reason = proptest::option::of(proptest::sample::select(&Reason::ALL[..]));
    let parts = (trace, reason, remark(), remark(), remark());
    parts.prop_map(|(trace, reason, note, reference, actor)| {
        let annotations = Annotations {
            trace: trace.and_then(|(trace, span, flags)| TraceParent::new(trace, span, flags)),
            reason,
            note: note.map(|text| text.parse().unwrap()),
            reference: reference.map(|text| text.parse().unwrap()),
            actor: actor.map(|text| text.parse().unwrap()),
        };
        (annotations != Annotations::default()).then(|| annotations.into())
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    let caller = proptest::option::of(text("[^\\p{Cc}]{1,20}"));
    let intent = proptest::option::of((caller, text("[ -~]{1,40}"), any::<u64>()));
    (
        1..u64::MAX / 2,
        0..253_402_300_799_999_u64,
        intent,
        vec(event(), 1..5),
        any::<u64>(),
        proptest::option::of(vec(0..3usize, 6)),
        annotations(),
    )
        .prop_map(
            |(first, millis, intent, events, chain, skips, annotations)| Entry {
                first: Sequence::new(first),
                recorded_at: Timestamp::from_millis(millis).unwrap(),
                intent: intent.map(|(caller, key, fingerprint)| Intent {
                    caller: caller.map(|text| text.parse().unwrap()),
                    key: key.parse().unwrap(),
                    fingerprint: Fingerprint::from_bits(fingerprint),
                }),
                outcomes: skips.map_or_else(Box::default, |skips| outcomes(&skips, events.len())),
                events: events.into(),
                annotations,
                chain: Chain::from_bits(chain),
            },
        )
}

/// As many written lines as there are events, with skipped ones before each.
fn outcomes(skips: &[usize], events: usize) -> Box<[RowOutcome]> {
    let skip = [Skip::Stale, Skip::Unchanged, Skip::BelowReserved].map(RowOutcome::Skipped);
    let lines = skips.iter().cycle().take(events).enumerate();
    lines
        .flat_map(|(event, &skips)| {
            let written = [RowOutcome::Created, RowOutcome::Updated][event % 2];
            skip.into_iter().take(skips).chain([written])
        })
        .collect()
}

proptest! {
    #[test]
    fn an_entry_is_read_back(entry in entry()) {
        let ids = &mut Interner::default();
        let line = line_of(&entry, entry.first);
        prop_assert_eq!(line.matches('\n').count(), 1);
        let frame = Line::parse(line.trim_end_matches('\n').as_bytes()).unwrap();
        prop_assert_eq!((frame.first, frame.last, frame.group), (entry.first, entry.last(), entry.first));
        let head = inventory_core::machine::Head::after(&entry);
        prop_assert_eq!(frame.head(), Some(head));
        let read = decode(frame.text, ids).unwrap();
        prop_assert_eq!(&read, &entry);
        let wanted = entry.events[0].product().map(ProductId::as_str);
        let picked = select(frame.text, ids, |product, _| wanted == Some(product)).unwrap();
        let found = entry.numbered().filter(|(_, event)| {
            wanted.is_some() && event.product().map(ProductId::as_str) == wanted
        });
        prop_assert!(found.eq(picked.events.iter().map(|(at, event)| (*at, event))));
        // What the encoder writes without an escape is read in the short way, but for events that mean nothing here.
        let is_known = |event: &Event| event.movement().is_some();
        let plain = !frame.text.contains('\\') && entry.events.iter().all(is_known);
        prop_assert_eq!(canonical(frame.text, ids), plain.then(|| entry.clone()));
        // The JSON parser agrees with the short way, which a space after the brace rules out.
        let spaced = frame.text.replacen('{', "{ ", 1);
        prop_assert_eq!(decode(&spaced, ids).unwrap(), entry);
    }

    #[test]
    fn no_text_makes_the_decoder_panic(text in "\\PC{0,80}") {
        let _ = decode(&text, &mut Interner::default());
        let _ = Line::parse(text.as_bytes());
    }
}
