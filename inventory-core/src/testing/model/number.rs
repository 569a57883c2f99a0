//! The numbers of the model.

use crate::vocabulary::{Delta, Quantity, Timestamp, Version};

/// Quantities, versions and deltas alike: wide enough that nothing here overflows.
pub(super) type Number = i128;

pub(super) const MAX: Number = (1 << 53) - 1;

pub(super) fn quantity(units: Number) -> Quantity {
    let units = u64::try_from(units).expect("the model keeps stock above zero");
    Quantity::new(units).expect("the model keeps stock below the ceiling")
}

pub(super) fn version(number: Number) -> Version {
    let number = u64::try_from(number).expect("versions only grow");
    Version::new(number).expect("the model gives no version above the last")
}

pub(super) fn timestamp(millis: u64) -> Timestamp {
    Timestamp::from_millis(millis).expect("tests play before the year 9999")
}

pub(super) fn delta(units: Number) -> Delta {
    let units = i64::try_from(units).expect("the model changes less than there can be");
    Delta::new(units).expect("the model changes less than there can be")
}
