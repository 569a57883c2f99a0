//! What a later program has written.

use inventory_core::conformance::assert_same_image;
use inventory_core::machine::replica::{apply, apply_whole};
use inventory_core::machine::{Break, Entry, Head};
use inventory_core::vocabulary::Chain;

use crate::{FOLLOWS, at, decreased, entry, state, ten_of_tea};

/// What a later program has written may be digested in a way that is not known here.
#[test]
fn an_entry_that_is_taken_on_trust_has_its_place_and_its_time_all_the_same() {
    let mut ledger = ten_of_tea();
    let before = ledger.freeze();
    let vouched = Entry {
        chain: Chain::from_bits(7),
        ..entry(&ledger, vec![decreased(FOLLOWS)])
    };
    let misplaced = Entry {
        first: vouched.first.next(),
        ..vouched.clone()
    };
    let early = Entry {
        recorded_at: at(4),
        ..vouched.clone()
    };
    let head = ledger.head().sequence;
    let (gap, other) = (
        Break::Gap {
            head,
            found: misplaced.first,
        },
        Break::OtherHistory { at: early.first },
    );
    for (entry, reason) in [(&misplaced, gap), (&early, other)] {
        assert_eq!(apply_whole(&mut ledger, entry), Err(reason.into()));
        assert_same_image(&ledger.freeze(), &before);
    }
    assert!(apply(&mut ledger, &vouched).is_err());
    assert_eq!(apply_whole(&mut ledger, &vouched), Ok(()));
    assert_eq!(
        (ledger.head(), state(&ledger)),
        (Head::after(&vouched), (2, 7, false))
    );
}
