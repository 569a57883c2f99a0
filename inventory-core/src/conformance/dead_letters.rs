//! The contract of [`DeadLetters`].

use std::slice::from_ref;

use crate::ports::{CONTENT_BYTES_MAX, DeadLetter, DeadLetters, Resolution, Resolved};
use crate::vocabulary::{Sequence, Timestamp};

/// Sets dead letters up for the suite.
pub trait Harness {
    /// Opens the dead letters; again, once what was opened before is dropped.
    fn open(&self) -> Box<dyn DeadLetters>;

    /// Lets the next burial fail. Returns whether the adapter can be made to; the default is that it cannot.
    fn fail_next_bury(&self) -> bool {
        false
    }
}

suite!($ dead_letters_conformance, dead_letters, [
    nothing_is_buried_at_first
    bury_has_made_all_letters_durable
    burying_an_id_again_changes_nothing
    each_shows_every_letter_as_it_was_buried_in_order
    resolve_has_made_the_resolution_durable
    resolving_again_or_what_was_never_buried_changes_nothing
    a_failed_burial_is_settled_by_burying_again
]);

fn letter(id: &str) -> DeadLetter {
    let reason = "version 9 does not follow version 3".to_owned();
    let buried_at = Timestamp::UNIX_EPOCH.plus_millis(1_483_271_606_001);
    let found = b"{\"type\":\"StockLent\"}";
    DeadLetter {
        sequence: Some(Sequence::new(7)),
        product: Some("tea".parse().expect("tea is a product")),
        ..DeadLetter::new(id.to_owned(), reason, buried_at, found)
    }
}

fn letters(harness: &impl Harness) -> Vec<DeadLetter> {
    harness.open().letters().expect("healthy storage lists")
}

/// New storage has no letters.
pub fn nothing_is_buried_at_first(harness: &impl Harness) {
    assert_eq!(letters(harness), []);
}

/// `bury` must have made all letters durable when it returns `Ok`.
pub fn bury_has_made_all_letters_durable(harness: &impl Harness) {
    let buried = ["a", "b", "c"].map(letter);
    let mut opened = harness.open();
    opened.bury(&buried).expect("healthy storage buries");
    drop(opened);
    assert_eq!(letters(harness), buried);
    let mut opened = harness.open();
    opened.bury(&[]).expect("there is nothing to do");
    let twice = [letter("d"), letter("a"), letter("d")];
    opened.bury(&twice).expect("healthy storage buries");
    drop(opened);
    assert_eq!(letters(harness), ["a", "b", "c", "d"].map(letter));
}

/// Burying an id again must change nothing: the first letter stays.
pub fn burying_an_id_again_changes_nothing(harness: &impl Harness) {
    let (first, other) = (letter("a"), letter("b"));
    let again = DeadLetter {
        reason: "another reason".to_owned(),
        content: b"other bytes".to_vec(),
        ..letter("a")
    };
    let mut opened = harness.open();
    for letter in [&first, &other, &again] {
        opened
            .bury(from_ref(letter))
            .expect("healthy storage buries");
    }
    let expected = [first, other];
    assert_eq!(opened.letters().expect("healthy storage lists"), expected);
    drop(opened);
    let mut opened = harness.open();
    opened
        .bury(from_ref(&again))
        .expect("healthy storage buries");
    drop(opened);
    assert_eq!(letters(harness), expected, "nor after it was opened again");
}

/// `each` must show every buried letter, as it was buried and resolved, in the order of burial.
pub fn each_shows_every_letter_as_it_was_buried_in_order(harness: &impl Harness) {
    let buried = [
        letter("z"),
        DeadLetter {
            sequence: None,
            product: None,
            reason: "quotes \" and \\ and lines\r\n, tea in Greek: τσάι".to_owned(),
            buried_at: Timestamp::UNIX_EPOCH,
            content: (0..=u8::MAX).collect(),
            ..letter("a")
        },
        DeadLetter {
            content: Vec::new(),
            reason: String::new(),
            ..letter("an id with spaces, / and : and ü")
        },
        DeadLetter {
            content: vec![b'\n'; CONTENT_BYTES_MAX],
            content_bytes: 1 << 40,
            ..letter("m")
        },
    ];
    let mut opened = harness.open();
    for letter in &buried {
        opened
            .bury(from_ref(letter))
            .expect("healthy storage buries");
    }
    assert_eq!(opened.letters().expect("healthy storage lists"), buried);
    drop(opened);
    assert_eq!(letters(harness), buried, "opened again");
}

fn resolution(note: &str) -> Resolution {
    Resolution {
        resolved_at: Timestamp::UNIX_EPOCH.plus_millis(1_483_271_607_002),
        note: note.to_owned(),
    }
}

/// `resolve` must have made the resolution durable when it returns `Ok`.
pub fn resolve_has_made_the_resolution_durable(harness: &impl Harness) {
    let (first, second) = (letter("a"), letter("b"));
    let done = resolution("counted, \"by hand\"\n");
    let mut opened = harness.open();
    for letter in [&first, &second] {
        opened
            .bury(from_ref(letter))
            .expect("healthy storage buries");
    }
    let resolved = opened.resolve("b", &done);
    assert_eq!(resolved.expect("healthy storage resolves"), Resolved::Now);
    drop(opened);
    let second = DeadLetter {
        resolution: Some(done),
        ..second
    };
    assert_eq!(letters(harness), [first, second]);
}

/// Resolving a letter again, or one that was never buried, must change nothing.
pub fn resolving_again_or_what_was_never_buried_changes_nothing(harness: &impl Harness) {
    let mut opened = harness.open();
    let buried = letter("a");
    opened
        .bury(from_ref(&buried))
        .expect("healthy storage buries");
    let expected = [
        ("a", "first", Resolved::Now),
        ("a", "second", Resolved::Before),
        ("b", "third", Resolved::Unknown),
    ];
    for (id, note, expected) in expected {
        let resolved = opened.resolve(id, &resolution(note));
        assert_eq!(resolved.expect("healthy storage resolves"), expected);
    }
    opened
        .bury(from_ref(&buried))
        .expect("healthy storage buries");
    drop(opened);
    let mut opened = harness.open();
    let again = opened.resolve("a", &resolution("fourth"));
    assert_eq!(again.expect("healthy storage resolves"), Resolved::Before);
    drop(opened);
    let buried = DeadLetter {
        resolution: Some(resolution("first")),
        ..buried
    };
    assert_eq!(letters(harness), [buried]);
}

/// After an error the letter may or may not be there; burying it again must settle it.
///
/// Checked where the harness can make a burial fail.
pub fn a_failed_burial_is_settled_by_burying_again(harness: &impl Harness) {
    let (first, second) = (letter("a"), letter("b"));
    let mut opened = harness.open();
    opened
        .bury(from_ref(&first))
        .expect("healthy storage buries");
    if !harness.fail_next_bury() {
        return;
    }
    opened
        .bury(from_ref(&second))
        .expect_err("the harness lets it fail");
    let found = opened.letters().expect("healthy storage lists");
    assert_eq!(found.first(), Some(&first), "what was there stays");
    opened
        .bury(from_ref(&second))
        .expect("healthy storage buries");
    drop(opened);
    assert_eq!(letters(harness), [first, second]);
}
