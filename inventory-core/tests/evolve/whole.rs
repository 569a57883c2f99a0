//! An entry of somebody else's log is applied as a whole, or not at all.

use inventory_core::conformance::assert_same_image;
use inventory_core::machine::replica::{NotApplied, apply, apply_whole};
use inventory_core::machine::{Entry, Event, Inapplicable, Ledger, WindowLimits};

use crate::{FOLLOWS, Says, at, decreased, entry, state, ten_of_tea, unknown, version};

fn events() -> [Event; 6] {
    let second = Says {
        level: (4, 0),
        version: 3,
        total: 4,
        ..FOLLOWS
    };
    let elsewhere = Says {
        store: "south",
        delta: (2, 0),
        level: (2, 0),
        version: 3,
        total: 9,
    };
    let too_late = Says {
        version: 9,
        ..FOLLOWS
    };
    [
        decreased(FOLLOWS),
        decreased(second),
        decreased(elsewhere),
        decreased(too_late),
        unknown(Some("tea"), Some(2)),
        unknown(Some("rice"), None),
    ]
}

/// Applies an event as the next entry.
pub(crate) fn apply_one(ledger: &mut Ledger, event: &Event) -> Result<(), Inapplicable> {
    let entry = Entry {
        recorded_at: at(9),
        ..entry(ledger, vec![event.clone()])
    };
    apply_whole(ledger, &entry).map_err(|reason| match reason {
        NotApplied::Inapplicable { reason, .. } => reason,
        NotApplied::Break(reason) => panic!("{reason}"),
    })
}

/// Applies an entry to a copy of the ledger: as [`apply`] does where that buries nothing, else not at all.
pub(crate) fn apply_to_a_copy(ledger: &Ledger, entry: &Entry) -> Result<(), NotApplied> {
    let before = ledger.freeze();
    let thawed = || before.clone().thaw(WindowLimits::default());
    let (mut whole, mut in_parts) = (thawed(), thawed());
    let applied = apply_whole(&mut whole, entry);
    let poison = apply(&mut in_parts, entry).unwrap();
    // What is a dead letter already is one here too.
    let first = poison
        .iter()
        .find(|poison| poison.event.movement().is_some());
    let expected = first.map(|poison| NotApplied::Inapplicable {
        at: poison.sequence,
        reason: poison.reason,
    });
    assert_eq!(applied.err(), expected, "{entry:?}");
    let after = match applied {
        Ok(()) => in_parts.freeze(),
        Err(_) => before,
    };
    assert_same_image(&whole.freeze(), &after);
    applied
}

#[test]
fn an_entry_applies_as_a_whole_or_not_at_all() {
    let ledger = ten_of_tea();
    let (mut applied, mut refused) = (0, 0);
    for first in events() {
        for second in events() {
            let entry = entry(&ledger, vec![first.clone(), second]);
            match apply_to_a_copy(&ledger, &entry) {
                Ok(()) => applied += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(applied > 0 && refused > 0);
}

#[test]
fn an_event_that_does_not_follow_is_refused_and_changes_nothing() {
    let mut ledger = ten_of_tea();
    let before = ledger.freeze();
    let versions = |claimed| Inapplicable::Version {
        current: version(1),
        claimed: version(claimed),
    };
    #[rustfmt::skip]
    let cases = [
        (decreased(Says { version: 0, ..FOLLOWS }), versions(0)),
        (decreased(Says { version: 1, ..FOLLOWS }), versions(1)),
        (decreased(Says { version: 3, ..FOLLOWS }), versions(3)),
        (decreased(Says { delta: (-2, 0), ..FOLLOWS }), Inapplicable::Level),
        (decreased(Says { delta: (-3, 1), ..FOLLOWS }), Inapplicable::Level),
        (decreased(Says { level: (7, 1), ..FOLLOWS }), Inapplicable::Level),
        (decreased(Says { level: (8, 0), ..FOLLOWS }), Inapplicable::Level),
        // There is no tea in the south to take from.
        (decreased(Says { store: "south", ..FOLLOWS }), Inapplicable::Level),
        (decreased(Says { total: 8, ..FOLLOWS }), Inapplicable::Total),
        (decreased(Says { delta: (-3, 2), level: (7, 2), ..FOLLOWS }), Inapplicable::Total),
    ];
    for (event, reason) in cases {
        assert_eq!(apply_one(&mut ledger, &event), Err(reason), "{event:?}");
        assert_same_image(&ledger.freeze(), &before);
    }
    apply_one(&mut ledger, &decreased(FOLLOWS)).unwrap();
    assert_eq!(state(&ledger), (2, 7, false));
}
