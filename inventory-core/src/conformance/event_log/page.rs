//! What a reader returns.

use super::harness::{Harness, append, contents, read_all};
use crate::conformance::History;
use crate::vocabulary::Sequence;

/// A page must begin with the entry that holds the position after the one that was named, even in the middle of it.
pub fn a_page_begins_with_the_entry_that_holds_the_next_position(harness: &impl Harness) {
    let mut history = History::new();
    let entries = history.deliveries(10);
    let mut log = harness.open();
    append(&mut *log, &entries);
    let reader = log.reader();
    for after in 0..log.head().sequence.number() {
        let after = Sequence::new(after);
        let page = reader.read(after, 1).expect("healthy storage reads");
        let holds = entries.iter().find(|entry| entry.last() > after);
        assert_eq!(page.first(), holds, "after {after}");
    }
    let head = log.head().sequence;
    let page = reader.read(head, 1).expect("healthy storage reads");
    assert_eq!(page, [], "a page is empty at the head");
}

/// A page must have whole entries until its limit is reached or passed, and at least one.
pub fn a_page_has_whole_entries_until_its_limit_is_reached(harness: &impl Harness) {
    let mut history = History::new();
    let mut log = harness.open();
    // In several groups, since an adapter may read by group.
    for entries in [3, 1, 6] {
        append(&mut *log, &history.deliveries(entries));
    }
    let entries = contents(&*log);
    // Each entry has two events.
    for (events_max, expected) in [
        (0, 1),
        (1, 1),
        (2, 1),
        (3, 2),
        (4, 2),
        (19, 10),
        (1_000, 10),
    ] {
        let page = log.reader().read(Sequence::START, events_max);
        let page = page.expect("healthy storage reads");
        assert_eq!(page, entries[..expected], "up to {events_max} events");
    }
}

/// A reader must see what is appended after it was made, from another thread too.
pub fn a_reader_sees_what_is_appended_later(harness: &impl Harness) {
    let mut history = History::new();
    let mut log = harness.open();
    let reader = log.reader();
    assert_eq!(reader.floor(), Sequence::START);
    let mut written = Vec::new();
    for _ in 0..3 {
        let entries = history.deliveries(2);
        append(&mut *log, &entries);
        written.extend(entries);
        let reader = &reader;
        let seen = std::thread::scope(|scope| {
            let seen = scope.spawn(|| read_all(&**reader, Sequence::START));
            seen.join().expect("healthy storage reads")
        });
        assert_eq!(seen, written);
    }
}
