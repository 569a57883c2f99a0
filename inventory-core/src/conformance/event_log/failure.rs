//! What is true after an append has failed. Checked as far as the harness can make appends fail.

use std::sync::Arc;
use std::thread;

use super::harness::{Fault, Harness, append, contents, read_all};
use crate::conformance::History;
use crate::machine::Entry;
use crate::ports::{AppendError, LogReader};
use crate::vocabulary::Sequence;

/// After `AppendError::NotWritten` the log must be as it was, and must take a later append.
pub fn after_not_written_the_log_is_as_it_was_and_takes_a_later_append(harness: &impl Harness) {
    let mut history = History::new();
    let mut written = history.deliveries(2);
    let mut log = harness.open();
    append(&mut *log, &written);
    let head = log.head();
    let group = history.deliveries(3);
    for attempt in 0..2 {
        if !harness.fail_next_append(Fault::NotWritten) {
            return;
        }
        let error = log.append(head.sequence, &group);
        let not_written = matches!(error, Err(AppendError::NotWritten { .. }));
        assert!(not_written, "attempt {attempt} returned {error:?}");
        assert_eq!(log.head(), head);
        assert_eq!(contents(&*log), written);
    }
    append(&mut *log, &group);
    written.extend(group);
    assert_eq!(contents(&*log), written);
    drop(log);
    let log = harness.open();
    assert_eq!(log.head(), history.ledger().head());
    assert_eq!(contents(&*log), written, "opened again");
}

/// After `AppendError::OutcomeUnknown` every further append must fail with it.
pub fn after_outcome_unknown_every_further_append_fails_with_it(harness: &impl Harness) {
    let mut history = History::new();
    let mut log = harness.open();
    append(&mut *log, &history.deliveries(2));
    let head = log.head();
    let group = history.deliveries(3);
    if !harness.fail_next_append(Fault::OutcomeUnknown) {
        return;
    }
    for expected in [
        head.sequence,
        head.sequence,
        history.ledger().head().sequence,
    ] {
        let error = log.append(expected, &group);
        let unknown = matches!(error, Err(AppendError::OutcomeUnknown { .. }));
        assert!(unknown, "append after {expected} returned {error:?}");
    }
}

/// After `AppendError::OutcomeUnknown` the next open must find what was durable before and any number of the group's
/// entries, from the first on, each whole; and must take an append after them.
pub fn after_outcome_unknown_the_next_open_finds_whole_entries_from_the_first(
    harness: &impl Harness,
) {
    let mut history = History::new();
    let mut expected = history.deliveries(2);
    let durable = expected.len();
    let mut log = harness.open();
    append(&mut *log, &expected);
    let head = log.head();
    let group = history.deliveries(3);
    if !harness.fail_next_append(Fault::OutcomeUnknown) {
        return;
    }
    log.append(head.sequence, &group)
        .expect_err("the harness lets it fail");
    drop(log);
    expected.extend(group);
    let mut log = harness.open();
    let found = contents(&*log);
    assert!(found.len() >= durable, "what was durable stays");
    assert_eq!(found, expected[..found.len()]);
    let mut history = History::new();
    found.iter().for_each(|entry| history.follow(entry));
    assert_eq!(log.head(), history.ledger().head());
    append(&mut *log, &history.deliveries(1));
}

/// An entry must not be readable before it is durable: not while it is being appended, and not when nobody knows whether
/// it is durable.
pub fn an_entry_is_not_readable_before_it_is_durable(harness: &impl Harness) {
    let mut history = History::new();
    let mut log = harness.open();
    let reader = log.reader();
    let mut seen = 0;
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for _ in 0..20 {
                append(&mut *log, &history.deliveries(3));
            }
        });
        while !writer.is_finished() {
            seen = follow(&*reader).len().max(seen);
        }
    });
    let before = contents(&*log);
    assert!(seen <= before.len(), "what was read once stays");
    if harness.fail_next_append(Fault::OutcomeUnknown) {
        let expected = log.head().sequence;
        log.append(expected, &history.deliveries(3))
            .expect_err("the harness lets it fail");
        assert_eq!(
            contents(&*log),
            before,
            "what may not be durable is not shown"
        );
    }
}

/// Reads everything, and checks that it is one history.
fn follow(reader: &dyn LogReader) -> Vec<Arc<Entry>> {
    let entries = read_all(reader, Sequence::START);
    let mut history = History::new();
    entries.iter().for_each(|entry| history.follow(entry));
    entries
}
