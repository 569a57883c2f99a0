//! An entry is read back from the events that it was sent as, and nothing else is.

use inventory_core::conformance::{History, adjust};
use inventory_core::machine::Request;
use inventory_core::vocabulary::Reason;

use super::*;

fn remarks() -> Annotations {
    Annotations {
        trace: None,
        reason: Some(Reason::Receipt),
        note: Some("in two boxes".parse().unwrap()),
        reference: Some("delivery-7".parse().unwrap()),
        actor: Some("dock".parse().unwrap()),
    }
}

fn history() -> Vec<std::sync::Arc<Entry>> {
    let mut history = History::new();
    let lines = vec![adjust("tea", "north", 5), adjust("tea", "south", 2)];
    let two = Request::new("two".parse().unwrap(), lines).unwrap();
    let two = two.annotated(remarks());
    let one = Request::unkeyed(vec![adjust("tea", "north", -1)]).unwrap();
    vec![history.write(&two), history.write(&one)]
}

fn events(entries: &[std::sync::Arc<Entry>]) -> Vec<WireEvent<'_>> {
    entries
        .iter()
        .flat_map(|entry| {
            entry
                .numbered()
                .map(|(at, event)| WireEvent::of(entry, at, event))
        })
        .collect()
}

#[test]
fn what_was_sent_is_read_back() {
    let entries = history();
    let sent = events(&entries);
    let (first, rest) = WireEvent::split_entry(&sent).unwrap().unwrap();
    let (second, rest) = WireEvent::split_entry(rest).unwrap().unwrap();
    assert_eq!(
        [first, second],
        [(*entries[0]).clone(), (*entries[1]).clone()]
    );
    assert_eq!(entries[0].annotations.as_deref(), Some(&remarks()));
    assert_eq!(WireEvent::split_entry(rest), Ok(None));
}

/// What an event of each type says, in a record and, after the chain, on the wire.
const DETAILS: [(&str, &str, &str); 17] = [
    ("StockIncreased", "{}", ""),
    ("StockDecreased", "{}", ""),
    ("StockCounted", "{}", ""),
    (
        "StockHeld",
        r#"{"reservation":"r1","deadline":"2017-01-01T12:53:26.000Z"}"#,
        r#","reservationId":"r1","deadline":"2017-01-01T12:53:26.000Z""#,
    ),
    (
        "HoldCommitted",
        r#"{"reservation":"r1"}"#,
        r#","reservationId":"r1""#,
    ),
    (
        "HoldReleased",
        r#"{"reservation":"r1"}"#,
        r#","reservationId":"r1""#,
    ),
    (
        "HoldExpired",
        r#"{"reservation":"r1"}"#,
        r#","reservationId":"r1""#,
    ),
    (
        "HoldExtended",
        r#"{"reservation":"r1","deadline":"2017-01-01T12:53:26.000Z"}"#,
        r#","reservationId":"r1","deadline":"2017-01-01T12:53:26.000Z""#,
    ),
    (
        "StockShipped",
        r#"{"transfer":"t1","destination":"south"}"#,
        r#","transferId":"t1","toStoreId":"south""#,
    ),
    (
        "StockReceived",
        r#"{"transfer":"t1","inTransit":3}"#,
        r#","transferId":"t1","inTransit":3"#,
    ),
    (
        "TransferClosed",
        r#"{"transfer":"t1","settlement":"lost","missing":2}"#,
        r#","transferId":"t1","outcome":"lost","missing":2"#,
    ),
    (
        "AlertSet",
        r#"{"low":4,"replenished":5}"#,
        r#","low":4,"replenished":5"#,
    ),
    ("AlertRemoved", "{}", ""),
    ("StockLow", r#"{"low":4}"#, r#","low":4"#),
    (
        "StockReplenished",
        r#"{"replenished":5}"#,
        r#","replenished":5"#,
    ),
    ("HoldsLapsed", "{}", ""),
    ("StockUnchanged", "{}", ""),
];

#[test]
fn what_an_event_of_each_type_says_never_changes() {
    assert_eq!(DETAILS.map(|(name, ..)| name), MovementKind::TYPE_NAMES);
    let last = history().pop().unwrap();
    let moved = last.events[0].movement().unwrap();
    for (name, recorded, sent) in DETAILS {
        let details = serde_json::from_str(recorded).unwrap();
        let event = Event::Moved(Movement {
            kind: MovementKind::from_parts(name, details).unwrap(),
            ..moved.clone()
        });
        let json = serde_json::to_string(&WireEvent::of(&last, last.first, &event)).unwrap();
        let (_, after) = json.split_once("\"chain\":\"").unwrap();
        assert_eq!(after[16..], format!("\"{sent}}}"), "{name}");
        let read: WireEvent<'_> = serde_json::from_str(&json).unwrap();
        assert_eq!(read.event(), Ok(event));
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
        // What a later version has to say beside is passed over, and a settlement that is none spoils no page.
        let more = json.replace("\"seq\"", "\"colour\":{\"hue\":1},\"seq\"");
        assert_eq!(serde_json::from_str::<WireEvent<'_>>(&more).unwrap(), read);
        let sold = json.replace("\"lost\"", "\"sold\"");
        let sold: WireEvent<'_> = serde_json::from_str(&sold).unwrap();
        assert_eq!(sold.event().is_err(), name == "TransferClosed");
    }
}

#[test]
fn a_part_of_a_request_is_no_entry() {
    let entries = history();
    let sent = events(&entries);
    for (part, at) in [(&sent[..1], 1), (&sent[1..], 2)] {
        let at = Sequence::new(at);
        assert_eq!(
            WireEvent::split_entry(part),
            Err(InvalidEntry::Incomplete { at })
        );
    }
}

#[test]
fn events_whose_remarks_differ_are_not_one_request() {
    let entries = history();
    let changes: [fn(&mut WireEvent<'_>); 4] = [
        |event| event.reason = Some("sale".into()),
        |event| event.note = None,
        |event| event.reference = Some("delivery-8".parse().unwrap()),
        |event| event.actor = None,
    ];
    for change in changes {
        let mut sent = events(&entries);
        change(&mut sent[1]);
        let at = Sequence::new(1);
        assert_eq!(
            WireEvent::split_entry(&sent),
            Err(InvalidEntry::Incomplete { at })
        );
    }
}

#[test]
fn what_an_event_leaves_behind_is_read_without_knowing_its_type() {
    let entries = history();
    let mut event = events(&entries).pop().unwrap();
    let known = event.event().unwrap();
    event.kind = "StockTeleported".into();
    event.reason = Some("teleportation".into());
    let (before, after) = (Version::new(2).unwrap(), event.new_version.unwrap());
    let (known, read) = (
        known.movement().unwrap().clone(),
        event.after_image(before).unwrap(),
    );
    let read = read.movement().unwrap();
    assert!(read.touches());
    assert_eq!(
        (&read.after, read.delta, &read.store),
        (&known.after, known.delta, &known.store)
    );
    event.delta = Delta::ZERO;
    let unchanged = event.after_image(after).unwrap();
    assert!(!unchanged.movement().unwrap().touches());
    let (entry, _) = WireEvent::split_entry_with(&[event], |event| event.after_image(after))
        .unwrap()
        .unwrap();
    assert_eq!(entry.annotations, None);
}

#[test]
fn an_event_that_contradicts_itself_or_is_unknown_is_no_event() {
    let entries = history();
    let mut event = events(&entries).pop().unwrap();
    event.store_quantity = event.new_quantity;
    let at = event.seq;
    assert_eq!(event.event(), Err(InvalidEntry::Malformed { at }));
    event.kind = "StockHeld".into();
    assert_eq!(event.event(), Err(InvalidEntry::Malformed { at }));
    event.kind = "StockTeleported".into();
    let kind = "StockTeleported".to_owned();
    assert_eq!(event.event(), Err(InvalidEntry::UnknownType { at, kind }));
    assert_eq!(
        event.after_image(Version::NEVER_WRITTEN),
        Err(InvalidEntry::Malformed { at })
    );
}
