//! Lengths of time.

use std::fmt;

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// A length of time, in milliseconds. As text, what a person wants to know of it: `8 d 3 h`, `61 ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(u64);

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// A second.
    pub const SECOND: Self = Self(SECOND_MS);
    /// A minute.
    pub const MINUTE: Self = Self(MINUTE_MS);
    /// An hour.
    pub const HOUR: Self = Self(HOUR_MS);
    /// A day of 24 hours.
    pub const DAY: Self = Self(DAY_MS);
    /// A year of 365 days.
    pub const YEAR: Self = Self(365 * DAY_MS);

    /// So many milliseconds.
    pub fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The number of milliseconds.
    pub fn millis(self) -> u64 {
        self.0
    }

    /// Both, one after the other.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left of it after `other`; nothing when that is longer.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0;
        match millis {
            ..SECOND_MS => write!(f, "{millis} ms"),
            SECOND_MS..MINUTE_MS => write!(f, "{} s", millis / SECOND_MS),
            MINUTE_MS..HOUR_MS => write!(
                f,
                "{} min {} s",
                millis / MINUTE_MS,
                millis % MINUTE_MS / SECOND_MS
            ),
            HOUR_MS..DAY_MS => write!(
                f,
                "{} h {} min",
                millis / HOUR_MS,
                millis % HOUR_MS / MINUTE_MS
            ),
            DAY_MS.. => write!(f, "{} d {} h", millis / DAY_MS, millis % DAY_MS / HOUR_MS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_in_its_two_largest_units() {
        for (millis, text) in [
            (0, "0 ms"),
            (61, "61 ms"),
            (1_999, "1 s"),
            (61_000, "1 min 1 s"),
            (2 * HOUR_MS + 3 * MINUTE_MS, "2 h 3 min"),
            (8 * DAY_MS + HOUR_MS, "8 d 1 h"),
        ] {
            assert_eq!(Span::from_millis(millis).to_string(), text);
        }
    }
}
