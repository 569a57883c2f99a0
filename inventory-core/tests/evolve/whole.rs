//! An entry of somebody else's log is applied as a whole, or not at all.

use inventory_core::conformance::assert_same_image;
use inventory_core::machine::{Entry, Event, Ledger, NotApplied, WindowLimits, apply, apply_whole};

use crate::{FOLLOWS, Says, decreased, entry, ten_of_tea, unknown};

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
