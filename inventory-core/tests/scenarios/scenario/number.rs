//! Numbers and times as a table writes them.

use inventory_core::vocabulary::{QUANTITY_MAX, Quantity, Timestamp, Ttl, Units, Version};

/// `3`, `+3`, `-3`, `max`, `-max`, `max-1` and other numbers below.
pub(super) fn number(word: &str) -> i64 {
    let max = QUANTITY_MAX as i64;
    match word {
        "max" | "+max" => max,
        "-max" => -max,
        digits => match digits.strip_prefix("max-") {
            Some(less) => max - less.parse::<i64>().unwrap(),
            None => digits.parse().unwrap(),
        },
    }
}

pub(super) fn quantity(word: &str) -> Quantity {
    Quantity::new(number(word).try_into().unwrap()).unwrap()
}

/// `v3` or `@3`.
pub(super) fn version(word: &str) -> Version {
    let number = number(word.trim_start_matches(['v', '@']));
    Version::new(number.try_into().unwrap()).unwrap()
}

/// `90s` or `90ms`.
pub(super) fn moment(word: &str) -> Timestamp {
    let millis: u64 = match word.strip_suffix("ms") {
        Some(millis) => millis.parse().unwrap(),
        None => word.strip_suffix('s').unwrap().parse::<u64>().unwrap() * 1_000,
    };
    Timestamp::from_millis(millis).unwrap()
}

pub(super) fn units(word: &str) -> Units {
    Units::new(quantity(word).units()).unwrap()
}

/// `90s`.
pub(super) fn ttl(word: &str) -> Ttl {
    Ttl::new(moment(word).millis() / 1_000).unwrap()
}
