//! What an append has done.

use std::sync::Arc;

use super::harness::{Harness, append, contents};
use crate::conformance::{History, adjust, count};
use crate::machine::{Entry, Head, Request};
use crate::ports::AppendError;
use crate::vocabulary::{QUANTITY_MAX, Sequence, Timestamp};

/// `append` must make all entries durable, in order, before it returns `Ok`.
pub fn append_makes_all_entries_durable_in_order(harness: &impl Harness) {
    let mut history = History::new();
    let mut written = Vec::new();
    for group in [1, 3, 40] {
        let entries = history.deliveries(group);
        let mut log = harness.open();
        append(&mut *log, &entries);
        assert_eq!(
            log.head(),
            history.ledger().head(),
            "the head is that of the last entry"
        );
        written.extend(entries);
        assert_eq!(contents(&*log), written, "read at once");
        drop(log);
        assert_eq!(
            contents(&*harness.open()),
            written,
            "read after the log was opened again"
        );
    }
}

/// `append` must write nothing unless `expected` is the head.
pub fn append_after_wrong_head_is_a_conflict_and_writes_nothing(harness: &impl Harness) {
    let mut history = History::new();
    let before = history.deliveries(3);
    let next = history.deliveries(2);
    let mut log = harness.open();
    append(&mut *log, &before);
    let head = log.head();
    for expected in [0, 1, head.sequence.number() - 1, head.sequence.number() + 1] {
        let error = log.append(Sequence::new(expected), &next);
        let Err(AppendError::Conflict { head: found }) = error else {
            panic!("append after {expected} returned {error:?}");
        };
        assert_eq!(
            found, head.sequence,
            "the conflict names the end of the log"
        );
        assert_eq!(log.head(), head);
        assert_eq!(contents(&*log), before);
    }
    drop(log);
    let log = harness.open();
    assert_eq!(log.head(), head);
    assert_eq!(contents(&*log), before);
}

/// An entry must be read back as it was appended, whole, and with its chain.
pub fn an_entry_is_read_back_as_it_was_appended(harness: &impl Harness) {
    let written = odd_entries();
    let mut log = harness.open();
    append(&mut *log, &written);
    assert_eq!(contents(&*log), written);
    drop(log);
    assert_eq!(contents(&*harness.open()), written, "opened again");
}

/// Names and numbers at the ends of their ranges; with and without a key; of one line and of many.
fn odd_entries() -> Vec<Arc<Entry>> {
    let product = "\"Tee\" \\ / {}[], \u{1f375} \u{fffd}";
    let (longest_id, longest_key) = ("ü".repeat(64), "~".repeat(128));
    let first = Head {
        recorded_at: Timestamp::UNIX_EPOCH.plus_millis(1_483_271_606_007),
        ..Head::default()
    };
    let mut history = History::after(first);
    let mut written = Vec::new();
    let mut write = |key: Option<&str>, commands| {
        let request = match key {
            Some(key) => Request::new(key.parse().expect("printable ASCII"), commands),
            None => Request::unkeyed(commands),
        };
        written.push(history.write(&request.expect("some lines")));
    };
    write(None, vec![count(product, "north", QUANTITY_MAX)]);
    write(
        Some(" \"\\ "),
        vec![adjust(product, "north", -(QUANTITY_MAX as i64))],
    );
    write(
        Some(&longest_key),
        vec![adjust(&longest_id, &longest_id, 1)],
    );
    // A count of what is there: an event without a change.
    write(Some("0"), vec![count(product, "north", 0)]);
    let many = (1..300).map(|units| adjust(product, "south", units));
    write(Some("many"), many.collect());
    write(None, vec![adjust("x", "y", 1); 2]);
    written
}

/// Opened again, the log must have the epoch, the head and the entries that it had.
pub fn opened_again_the_log_has_the_epoch_the_head_and_the_entries_that_it_had(
    harness: &impl Harness,
) {
    let log = harness.open();
    let epoch = log.epoch();
    assert_eq!(log.head(), Head::default(), "a new log is empty");
    assert_eq!(contents(&*log), []);
    drop(log);
    let mut history = History::new();
    let mut written = Vec::new();
    for _ in 0..3 {
        let mut log = harness.open();
        assert_eq!(log.epoch(), epoch);
        assert_eq!(log.head(), history.ledger().head());
        assert_eq!(contents(&*log), written);
        let entries = history.deliveries(4);
        append(&mut *log, &entries);
        written.extend(entries);
    }
}
