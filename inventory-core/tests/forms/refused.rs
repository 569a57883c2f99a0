//! What is no request and no event, each with the rule that it breaks.

use inventory_core::machine::{Count, Entry, Event, LINES_MAX, REQUEST_LINES_MAX, Request};
use inventory_core::testing::then;
use inventory_core::vocabulary::{QUANTITY_MAX, Quantity, Sequence};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{EVENT, REQUEST};

/// A document with something else at a place, or with something more.
fn with(document: &str, place: &str, other: Value) -> Value {
    let mut document: Value = serde_json::from_str(document).unwrap();
    if let Some(there) = document.pointer_mut(place) {
        *there = other;
        return document;
    }
    let (parent, field) = place.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    parent[field] = other;
    document
}

fn assert_refused<T: DeserializeOwned>(document: &Value, because: &str) {
    // From a text, as it comes off a queue.
    let refused = serde_json::from_str::<T>(&document.to_string()).err();
    let refused = refused.unwrap_or_else(|| panic!("{document} was read"));
    let message = refused.to_string();
    assert!(message.contains(because), "{message}: {because}");
}

#[test]
fn a_request_keeps_the_rules_of_its_constructors() {
    let adjust =
        json!({"adjust": {"product": "tea", "store": "north", "delta": 1, "guard": "unguarded"}});
    let line = |product: &str| json!({"product": product, "store": "north", "quantity": 1});
    let lines: Vec<Value> = (0..=LINES_MAX).map(|at| line(&format!("p{at}"))).collect();
    let then = json!({"then": {"offset": 1, "whole": 1, "onHand": 9}});
    let alert =
        json!({"product": "tea", "store": "north", "thresholds": {"low": 3, "replenished": 3}});
    let hold =
        json!({"reservation": "r", "product": "tea", "store": "north", "quantity": 0, "ttl": 1});
    let extend = json!({"reservation": "r", "ttl": 86_401});
    for (place, other, because) in [
        ("/commands", json!([]), "at least one line"),
        (
            "/commands",
            vec![adjust; REQUEST_LINES_MAX + 1].into(),
            "at most 10000 lines",
        ),
        ("/key", Value::Null, "without a key"),
        ("/key", json!("caf\u{e9}"), "printable ASCII"),
        ("/caller", json!(""), "1 to 516 bytes"),
        ("/scope/0", json!(" north"), "blank"),
        ("/history", json!("0"), "32 lower-case"),
        ("/annotations/reason", json!("theft"), "one of sale"),
        ("/annotations/note", json!("a\nb"), "control characters"),
        ("/annotations/trace", json!("00-0-0-0"), "traceparent"),
        ("/commands/0/adjust/product", json!(".."), "no address"),
        ("/commands/0/adjust/delta", json!(0), "outside"),
        (
            "/commands/0/adjust/guard",
            json!({"at": QUANTITY_MAX + 1}),
            "outside",
        ),
        (
            "/commands/1/count/counted",
            json!(QUANTITY_MAX + 1),
            "outside",
        ),
        ("/commands/1/count/counted", json!(-1), "invalid value"),
        ("/commands/1/count/basis", then, "unknown variant"),
        ("/commands/2/commit/lines", json!([]), "at least one line"),
        (
            "/commands/2/commit/lines",
            lines.into(),
            "at most 1000 lines",
        ),
        (
            "/commands/2/commit/lines",
            json!([line("a"), line("b"), line("a")]),
            "line 2 names again",
        ),
        ("/commands/0", json!({"setAlert": alert}), "more than low"),
        ("/commands/0", json!({"hold": hold}), "outside"),
        ("/commands/0", json!({"extend": extend}), "outside"),
    ] {
        assert_refused::<Request>(&with(REQUEST, place, other), because);
    }
}

#[test]
fn what_is_misspelt_or_missing_is_no_silent_default() {
    for place in [
        "/fingerprint",
        "/stores",
        "/annotations/notes",
        "/commands/0/adjust/version",
        "/commands/1/count/release_holds",
        "/commands/2/commit/line",
        "/commands/2/commit/lines/0/units",
    ] {
        assert_refused::<Request>(&with(REQUEST, place, json!("x")), "unknown field");
    }
    for field in ["product", "store", "delta", "guard"] {
        let mut document: Value = serde_json::from_str(REQUEST).unwrap();
        let adjust = document.pointer_mut("/commands/0/adjust").unwrap();
        adjust.as_object_mut().unwrap().remove(field);
        assert_refused::<Request>(&document, &format!("missing field `{field}`"));
    }
}

/// The number is believed: nobody who can write to a queue may make one up, so nothing asks for it to be there.
#[test]
fn what_was_there_when_a_count_began_is_not_written() {
    let count = Count {
        basis: then(Sequence::new(1), Quantity::ZERO),
        ..Count::new("tea", "north", 4).unwrap()
    };
    let refused = serde_json::to_string(&count).unwrap_err();
    assert!(
        refused.to_string().contains("cannot be serialized"),
        "{refused}"
    );
}

#[test]
fn an_event_keeps_the_rules_of_its_constructors() {
    for (place, other, because) in [
        ("/moved/after/level/reserved", json!(10), "more is reserved"),
        ("/moved/after/level/available", json!(8), "unknown field"),
        (
            "/moved/kind",
            json!("StockReceived"),
            "expected struct variant",
        ),
        ("/moved/kind", json!("StockLent"), "unknown variant"),
        (
            "/moved/kind/StockReceived/deadline",
            json!(1),
            "unknown field",
        ),
        ("/moved/kind/StockReceived/transfer", json!(""), "is empty"),
        ("/moved/delta", json!(QUANTITY_MAX + 1), "outside"),
        ("/moved/note", json!("x"), "unknown field"),
    ] {
        assert_refused::<Event>(&with(EVENT, place, other), because);
    }
    let entry = json!({
        "first": 1,
        "recordedAt": "2017-01-01T11:53:26.000Z",
        "events": [serde_json::from_str::<Value>(EVENT).unwrap()],
        "outcomes": [],
        "chain": "0123456789abcdef",
    });
    let entry = entry.to_string();
    assert!(serde_json::from_str::<Entry>(&entry).is_ok());
    for (place, other, because) in [
        ("/events", json!([]), "at least one event"),
        ("/outcomes", json!(["lent"]), "name of an outcome"),
        ("/chain", json!("0"), "16 lower-case"),
        ("/seq", json!(1), "unknown field"),
    ] {
        assert_refused::<Entry>(&with(&entry, place, other), because);
    }
}
