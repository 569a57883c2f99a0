//! A rehearsal says what following would bury, and changes nothing.

use inventory_core::conformance::assert_same_image;
use inventory_core::machine::{Event, Ledger, WindowLimits, follow, rehearse};

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

fn thawed(ledger: &Ledger) -> Ledger {
    ledger.freeze().thaw(WindowLimits::default())
}

#[test]
fn a_rehearsal_agrees_with_what_is_followed() {
    let ledger = ten_of_tea();
    let before = ledger.freeze();
    let mut applied = 0;
    for first in events() {
        for second in events() {
            let entry = entry(&ledger, vec![first.clone(), second]);
            let poison = follow(&mut thawed(&ledger), &entry).unwrap();
            let mut found = poison
                .iter()
                .filter(|poison| poison.event.movement().is_some());
            let expected = found.next().map(|poison| (poison.sequence, poison.reason));
            assert_eq!(rehearse(&ledger, &entry).err(), expected, "{entry:?}");
            applied += usize::from(expected.is_none());
        }
    }
    assert!(applied > 0);
    assert_same_image(&ledger.freeze(), &before);
}
