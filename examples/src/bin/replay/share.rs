//! Opening stock as a share of the demand.

use std::fmt;
use std::str::FromStr;

use inventory_core::vocabulary::Quantity;

const MILLIONTHS: u64 = 1_000_000;
const DECIMALS_MAX: usize = 6;

/// A share in millionths, 0 ..= 1000: exact, so that a run opens alike on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share(u64);

/// A text is not a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidShare;

impl Share {
    /// All that will be demanded.
    pub(crate) const WHOLE: Self = Self(MILLIONTHS);
    const MAX: Self = Self(1_000 * MILLIONTHS);

    /// This share of a quantity, rounded to the nearest unit, a half upwards; `None` when it is no quantity any more.
    ///
    /// Rounded down, every level with a demand of one would open empty, and 0.98 would refuse most baskets.
    pub(crate) fn of(self, quantity: Quantity) -> Option<Quantity> {
        let millionths = u128::from(quantity.units()) * u128::from(self.0);
        let units = (millionths + u128::from(MILLIONTHS / 2)) / u128::from(MILLIONTHS);
        Quantity::new(u64::try_from(units).ok()?).ok()
    }
}

impl fmt::Display for InvalidShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a share is a decimal number from 0 to 1000 with at most six decimals, like 0.98",
        )
    }
}

impl std::error::Error for InvalidShare {}

impl FromStr for Share {
    type Err = InvalidShare;

    fn from_str(text: &str) -> Result<Self, InvalidShare> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.len() > DECIMALS_MAX {
            return Err(InvalidShare);
        }
        let whole: u64 = whole.parse().map_err(|_| InvalidShare)?;
        let decimals: u64 = format!("{decimals:0<DECIMALS_MAX$}")
            .parse()
            .map_err(|_| InvalidShare)?;
        let millionths = whole
            .checked_mul(MILLIONTHS)
            .and_then(|whole| whole.checked_add(decimals));
        match millionths {
            Some(millionths) if millionths <= Self::MAX.0 => Ok(Self(millionths)),
            Some(_) | None => Err(InvalidShare),
        }
    }
}

impl fmt::Display for Share {
    /// The shortest text: two runs with the same share have the same name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, decimals) = (self.0 / MILLIONTHS, self.0 % MILLIONTHS);
        if decimals == 0 {
            return whole.fmt(f);
        }
        let decimals = format!("{decimals:0DECIMALS_MAX$}");
        write!(f, "{whole}.{}", decimals.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_plain_decimal_number() {
        for (text, shortest) in [
            ("1", "1"),
            ("1.0", "1"),
            ("0.98", "0.98"),
            ("0.980000", "0.98"),
            ("00.5", "0.5"),
            ("0", "0"),
            ("1000", "1000"),
            ("0.000001", "0.000001"),
        ] {
            assert_eq!(text.parse::<Share>().unwrap().to_string(), shortest);
        }
        for bad in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "+1",
            "1e3",
            "NaN",
            "0.0000001",
            "1000.000001",
            "98%",
            "0,98",
            "99999999999999999999",
        ] {
            assert_eq!(bad.parse::<Share>(), Err(InvalidShare), "{bad:?}");
        }
    }

    #[test]
    fn a_share_is_rounded_to_the_nearest_unit() {
        for (text, demanded, opening) in [
            ("1", 7, 7),
            ("0.98", 1, 1),
            ("0.98", 25, 25),
            ("0.98", 26, 25),
            ("0.98", 100, 98),
            ("0.5", 1, 1),
            ("0", 9, 0),
            ("1.5", 10, 15),
        ] {
            let demanded = Quantity::new(demanded).unwrap();
            let share: Share = text.parse().unwrap();
            assert_eq!(
                share.of(demanded).unwrap().units(),
                opening,
                "{text} of {demanded}"
            );
        }
        let most: Share = "1000".parse().unwrap();
        assert_eq!(most.of(Quantity::MAX), None);
    }
}
