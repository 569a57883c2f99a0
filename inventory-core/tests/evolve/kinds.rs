//! Events of every kind: what must follow, what the chain covers, and how entries of them apply.

use inventory_core::conformance::assert_same_image;
use inventory_core::machine::{
    After, Detail, DetailForm, DetailValue, Details, Event, Inapplicable, Level, Movement,
    MovementKind,
};
use inventory_core::vocabulary::{Chain, Delta};

use crate::whole::{apply_one, apply_to_a_copy};
use crate::{at, entry, quantity, ten_of_tea, version};

/// Every kind of event, with all of its details.
pub(crate) fn kinds() -> Vec<MovementKind> {
    let kind = |name| MovementKind::read(name, |detail| Some(said(detail))).expect(name);
    MovementKind::TYPE_NAMES.map(kind).to_vec()
}

fn said(detail: Detail) -> DetailValue<'static> {
    match (detail, detail.form()) {
        (Detail::transfer, _) => DetailValue::Text("t1"),
        (Detail::destination, _) => DetailValue::Text("south"),
        (Detail::missing, _) => DetailValue::Units(quantity(2)),
        (Detail::low, _) => DetailValue::Units(quantity(4)),
        (Detail::replenished, _) => DetailValue::Units(quantity(5)),
        (_, DetailForm::Id) => DetailValue::Text("r1"),
        (_, DetailForm::Name) => DetailValue::Text("lost"),
        (_, DetailForm::Time) => DetailValue::Time(at(60_000)),
        (_, DetailForm::Units) => DetailValue::Units(quantity(3)),
    }
}

/// Another value of the detail.
fn said_otherwise(detail: Detail) -> DetailValue<'static> {
    match detail.form() {
        DetailForm::Id => DetailValue::Text("other"),
        DetailForm::Name => DetailValue::Text("returned"),
        DetailForm::Time => DetailValue::Time(at(60_001)),
        DetailForm::Units => DetailValue::Units(quantity(9)),
    }
}

/// What an event says that leaves ten of tea in the north as they are, at version 1.
fn note(kind: MovementKind) -> Movement {
    Movement {
        kind,
        product: "tea".parse().unwrap(),
        store: "north".parse().unwrap(),
        delta: Delta::ZERO,
        reserved_delta: Delta::ZERO,
        after: After {
            level: Level::new(quantity(10), quantity(0)).unwrap(),
            version: version(1),
            total: quantity(10),
        },
    }
}

/// What an event says that takes three of ten and holds two of the rest, at version 2.
fn change(kind: MovementKind) -> Movement {
    Movement {
        delta: Delta::new(-3).unwrap(),
        reserved_delta: Delta::new(2).unwrap(),
        after: After {
            level: Level::new(quantity(7), quantity(2)).unwrap(),
            version: version(2),
            total: quantity(5),
        },
        ..note(kind)
    }
}

fn with_after(movement: Movement, change: impl FnOnce(&mut After)) -> Movement {
    let mut after = movement.after;
    change(&mut after);
    Movement { after, ..movement }
}

fn is_stock(kind: &MovementKind) -> bool {
    matches!(
        kind,
        MovementKind::Increased | MovementKind::Decreased | MovementKind::Counted
    )
}

fn versions(current: u64, claimed: u64) -> Inapplicable {
    Inapplicable::Version {
        current: version(current),
        claimed: version(claimed),
    }
}

#[test]
fn an_event_of_any_kind_that_does_not_follow_is_refused_and_changes_nothing() {
    for kind in kinds() {
        let mut ledger = ten_of_tea();
        let before = ledger.freeze();
        let says = || change(kind.clone());
        let wrong_reserved = Movement {
            reserved_delta: Delta::new(1).unwrap(),
            ..says()
        };
        let cases = [
            (
                with_after(says(), |it| it.version = version(1)),
                versions(1, 1),
            ),
            (
                with_after(says(), |it| it.version = version(3)),
                versions(1, 3),
            ),
            (wrong_reserved, Inapplicable::Level),
            (
                with_after(says(), |it| it.level = Level::EMPTY),
                Inapplicable::Level,
            ),
            (
                with_after(says(), |it| it.total = quantity(7)),
                Inapplicable::Total,
            ),
        ];
        for (movement, reason) in cases {
            let event = Event::Moved(movement);
            assert_eq!(apply_one(&mut ledger, &event), Err(reason), "{event:?}");
            assert_same_image(&ledger.freeze(), &before);
        }
        apply_one(&mut ledger, &Event::Moved(says())).unwrap();
        assert_eq!(crate::state(&ledger), (2, 5, false), "{kind:?}");
    }
}

#[test]
fn a_notice_that_does_not_follow_is_refused_and_one_that_does_changes_no_stock() {
    for kind in kinds().into_iter().filter(|kind| !is_stock(kind)) {
        let mut ledger = ten_of_tea();
        let before = ledger.freeze();
        let says = || note(kind.clone());
        let unwritten = Movement {
            product: "rice".parse().unwrap(),
            ..with_after(says(), |after| after.version = version(0))
        };
        let elsewhere = Movement {
            store: "south".parse().unwrap(),
            ..says()
        };
        let cases = [
            (
                with_after(says(), |it| it.version = version(0)),
                versions(1, 0),
            ),
            (
                with_after(says(), |it| it.version = version(2)),
                versions(1, 2),
            ),
            (
                unwritten,
                match is_alert(&kind) || kind == MovementKind::Unchanged {
                    // An alert may be set before the first delivery, and once more: of nothing.
                    true => Inapplicable::Level,
                    false => versions(0, 0),
                },
            ),
            (elsewhere, Inapplicable::Level),
            (
                with_after(says(), |it| it.level = Level::EMPTY),
                Inapplicable::Level,
            ),
            (
                with_after(says(), |it| it.total = quantity(9)),
                Inapplicable::Total,
            ),
        ];
        for (movement, reason) in cases {
            let event = Event::Moved(movement);
            assert_eq!(apply_one(&mut ledger, &event), Err(reason), "{event:?}");
            assert_same_image(&ledger.freeze(), &before);
        }
        let updated_at = crate::tea(&ledger).updated_at();
        apply_one(&mut ledger, &Event::Moved(says())).unwrap();
        assert_eq!(crate::state(&ledger), (1, 10, false), "{kind:?}");
        assert_eq!(crate::tea(&ledger).updated_at(), updated_at, "{kind:?}");
    }
}

#[test]
fn an_event_that_changes_stock_is_one_of_a_version_even_when_the_stock_is_the_same() {
    for kind in kinds().into_iter().filter(is_stock) {
        let mut ledger = ten_of_tea();
        let event = Event::Moved(note(kind.clone()));
        assert_eq!(apply_one(&mut ledger, &event), Err(versions(1, 1)));
        let next = with_after(note(kind), |after| after.version = version(2));
        apply_one(&mut ledger, &Event::Moved(next)).unwrap();
        assert_eq!(crate::state(&ledger), (2, 10, false));
    }
}

#[test]
fn the_chain_covers_every_detail_of_every_kind() {
    let ledger = ten_of_tea();
    let chain = |kind: MovementKind| {
        let entry = entry(&ledger, vec![Event::Moved(note(kind))]);
        entry.chain_after(Chain::default()).unwrap()
    };
    let mut chains = std::collections::BTreeSet::new();
    let mut written = 0;
    for kind in kinds() {
        chains.insert(chain(kind.clone()).bits());
        written += 1;
        kind.each_detail(|changed, _| {
            let value = |detail| match detail == changed {
                true => Some(said_otherwise(detail)),
                false => Some(said(detail)),
            };
            let other = MovementKind::read(kind.type_name(), value).unwrap();
            chains.insert(chain(other).bits());
            written += 1;
        });
    }
    assert_eq!(chains.len(), written);
}

/// A log that was written before would not be the same log if one of these changed.
#[test]
fn the_chain_of_every_kind_never_changes() {
    let ledger = ten_of_tea();
    let chains = kinds().into_iter().map(|kind| {
        let name = kind.type_name();
        let entry = entry(&ledger, vec![Event::Moved(note(kind))]);
        format!("{name} {}\n", entry.chain_after(Chain::default()).unwrap())
    });
    assert_eq!(chains.collect::<String>(), CHAINS);
}

const CHAINS: &str = "\
StockIncreased 813ff38caba0cf8f
StockDecreased 634553e5583c1471
StockCounted 314915185f9ff827
StockHeld 4467bf7c48768b02
HoldCommitted d35ad13098f1e0b3
HoldReleased a42c7a6bc580b934
HoldExpired 6a7a275cb585bd99
HoldExtended 5b8e57e30519b913
StockShipped 85661772cf89d9e2
StockReceived d978c41060e20fe3
TransferClosed 35391960c571b760
AlertSet 01910701e4ca5b62
AlertRemoved fb86268e5ab692e9
StockLow 348ce7ab03b2fde7
StockReplenished bd25029a3646525c
HoldsLapsed e1720e017e51dfeb
StockUnchanged 3f8644d111e7f85f
";

#[test]
fn a_kind_is_its_name_and_its_details_and_no_others() {
    for kind in kinds() {
        let name = kind.type_name();
        assert_eq!(
            MovementKind::from_parts(name, kind.details()),
            Some(kind.clone())
        );
        assert_eq!(kind.has_details(), kind.details() != Details::default());
        let (mut says, mut all) = (Vec::new(), Detail::ALL.to_vec());
        kind.each_detail(|detail, _| says.push(detail));
        all.retain(|detail| says.contains(detail));
        assert_eq!(says, all, "in the order of the table");
        for &detail in Detail::ALL {
            let is_said = says.contains(&detail);
            // Another value, or one where there is none.
            let mut others = kind.details();
            others.set(detail, said_otherwise(detail)).unwrap();
            assert_eq!(
                MovementKind::from_parts(name, others).is_some(),
                is_said,
                "{name}"
            );
            let others = |other| (other != detail).then(|| said(other));
            assert_eq!(
                MovementKind::read(name, others).is_none(),
                is_said,
                "{name}"
            );
        }
    }
    assert_eq!(
        MovementKind::from_parts("StockLent", Details::default()),
        None
    );
}

#[test]
fn an_entry_applies_as_a_whole_or_not_at_all_whatever_its_kinds() {
    let ledger = ten_of_tea();
    let events = |kind: &MovementKind| {
        let second = |movement| with_after(movement, |it| it.version = version(3));
        let unwritten = Movement {
            product: "rice".parse().unwrap(),
            ..with_after(note(kind.clone()), |it| it.version = version(0))
        };
        [
            note(kind.clone()),
            change(kind.clone()),
            second(change(kind.clone())),
            unwritten,
        ]
    };
    let (mut applied, mut refused) = (0, 0);
    for first in kinds().iter().flat_map(events) {
        for second in kinds().iter().flat_map(events) {
            let events = vec![Event::Moved(first.clone()), Event::Moved(second)];
            match apply_to_a_copy(&ledger, &entry(&ledger, events)) {
                Ok(()) => applied += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(applied > 0 && refused > 0);
}

fn is_alert(kind: &MovementKind) -> bool {
    matches!(
        kind,
        MovementKind::AlertSet { .. }
            | MovementKind::AlertRemoved
            | MovementKind::Low { .. }
            | MovementKind::Replenished { .. }
    )
}
