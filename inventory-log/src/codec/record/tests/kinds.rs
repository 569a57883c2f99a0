//! Events of every kind, and texts.

use inventory_core::machine::{Detail, DetailForm, DetailValue, MovementKind, Settlement};
use inventory_core::vocabulary::{ProductId, QUANTITY_MAX, Quantity, Timestamp};
use proptest::prelude::*;

pub(super) fn kind() -> impl Strategy<Value = MovementKind> {
    let quantity = || (0..=QUANTITY_MAX).prop_map(|units| Quantity::new(units).unwrap());
    let time = (0..253_402_300_800_000_u64).prop_map(|at| Timestamp::from_millis(at).unwrap());
    let settlement = prop_oneof![Just(Settlement::Returned), Just(Settlement::Lost)];
    let parts = (
        0..MovementKind::TYPE_NAMES.len(),
        id(),
        id(),
        time,
        settlement,
        quantity(),
        quantity(),
    );
    parts.prop_map(|(at, id, other, time, settlement, some, more)| {
        let value = |detail: Detail| {
            Some(match (detail, detail.form()) {
                (Detail::destination, _) => DetailValue::Text(&other),
                (Detail::replenished, _) => DetailValue::Units(more),
                (_, DetailForm::Id) => DetailValue::Text(&id),
                (_, DetailForm::Name) => DetailValue::Text(settlement.name()),
                (_, DetailForm::Time) => DetailValue::Time(time),
                (_, DetailForm::Units) => DetailValue::Units(some),
            })
        };
        MovementKind::read(MovementKind::TYPE_NAMES[at], value).expect("it has what it says")
    })
}

pub(super) fn text(characters: &'static str) -> impl Strategy<Value = String> {
    proptest::string::string_regex(characters).expect("the pattern is one")
}

/// A text that is an id.
pub(super) fn id() -> impl Strategy<Value = String> {
    let letters = text("[ -~\u{e0}-\u{ff}\u{3b1}-\u{3c9}\u{8336}\u{1f375}]{1,24}");
    letters.prop_filter("an id", |text| text.parse::<ProductId>().is_ok())
}
