//! Details of events: the fields that each type has besides the change of its level.

use inventory_core::machine::MovementKind;
use inventory_core::vocabulary::Sequence;

use super::{GOLDEN, line_of};
use crate::codec::interner::Interner;
use crate::codec::record::canonical::canonical;
use crate::codec::record::{decode, push_crc};

/// What an event of each type says after its total.
const DETAILS: [(&str, &str); 17] = [
    ("StockIncreased", ""),
    ("StockDecreased", ""),
    ("StockCounted", ""),
    (
        "StockHeld",
        r#","reservation":"r1","deadline":"2017-01-01T12:53:26.000Z""#,
    ),
    ("HoldCommitted", r#","reservation":"r1""#),
    ("HoldReleased", r#","reservation":"r1""#),
    ("HoldExpired", r#","reservation":"r1""#),
    (
        "HoldExtended",
        r#","reservation":"r1","deadline":"2017-01-01T12:53:26.000Z""#,
    ),
    ("StockShipped", r#","transfer":"t1","destination":"south""#),
    ("StockReceived", r#","transfer":"t1","inTransit":3"#),
    (
        "TransferClosed",
        r#","transfer":"t1","settlement":"lost","missing":2"#,
    ),
    ("AlertSet", r#","low":4,"replenished":5"#),
    ("AlertRemoved", ""),
    ("StockLow", r#","low":4"#),
    ("StockReplenished", r#","replenished":5"#),
    ("HoldsLapsed", ""),
    ("StockUnchanged", ""),
];

#[test]
fn what_an_event_of_each_type_says_never_changes() {
    assert_eq!(DETAILS.map(|(name, _)| name), MovementKind::TYPE_NAMES);
    let ids = &mut Interner::default();
    for (name, details) in DETAILS {
        let content = GOLDEN.split(",\"crc\"").next().unwrap();
        let content = content.replace("StockDecreased", name);
        let content = content.replace(r#""total":9"#, &format!(r#""total":9{details}"#));
        let mut line = content.clone().into_bytes();
        push_crc(&mut line, 0);
        let line = String::from_utf8(line).unwrap();
        let entry = canonical(line.trim_end(), ids).expect(name);
        assert_eq!(entry.events[0].type_name(), name);
        assert_eq!(line_of(&entry, Sequence::new(40)), line);
        // The JSON parser reads the same, in any order; and nothing that is not said in this order is the short form.
        let (first, rest) = details.split_at(details.rfind(',').unwrap_or(0));
        let turned = line.replace(details, &format!("{rest}{first}"));
        assert_eq!(decode(turned.trim_end(), ids), Ok(entry.clone()), "{name}");
        let is_short = first.is_empty() || rest.is_empty();
        assert_eq!(canonical(turned.trim_end(), ids).is_some(), is_short);
        for wrong in [",\"low\":\"4\"", ",\"settlement\":\"sold\"", ",\"note\":1"] {
            let total = format!("\"total\":9{wrong}");
            let wrong = line.replace("\"total\":9", &total);
            let read = decode(wrong.trim_end(), ids).unwrap();
            assert!(read.events[0].movement().is_none(), "{wrong}");
        }
    }
}
