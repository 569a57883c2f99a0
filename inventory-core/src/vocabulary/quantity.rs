//! Amounts of stock and their changes.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

/// Largest quantity: 2^53 - 1, so that no JSON client that reads numbers as doubles loses a unit.
pub const QUANTITY_MAX: u64 = (1 << 53) - 1;

/// A number is outside the range of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is outside {min} ..= {max}")]
pub struct OutOfRange {
    /// Smallest value of the type.
    pub min: i64,
    /// Largest value of the type.
    pub max: i64,
}

/// Units of stock, 0 ..= [`QUANTITY_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Quantity(u64);

impl Quantity {
    /// No stock.
    pub const ZERO: Self = Self(0);
    /// The largest quantity.
    pub const MAX: Self = Self(QUANTITY_MAX);

    /// Parses a quantity.
    ///
    /// # Errors
    ///
    /// `units` is above [`QUANTITY_MAX`].
    pub fn new(units: u64) -> Result<Self, OutOfRange> {
        if units > QUANTITY_MAX {
            return Err(OutOfRange {
                min: 0,
                max: QUANTITY_MAX as i64,
            });
        }
        Ok(Self(units))
    }

    /// The number of units.
    pub fn units(self) -> u64 {
        self.0
    }

    /// The sum, unless it is above [`QUANTITY_MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::new(self.0 + other.0).ok()
    }

    /// The difference, unless it is below zero.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The quantity after a change, unless it leaves the range.
    pub fn checked_apply(self, delta: Delta) -> Option<Self> {
        // Both are below 2^53 in size, so the sum cannot overflow an i64.
        let units = u64::try_from(self.0 as i64 + delta.0).ok()?;
        Self::new(units).ok()
    }

    /// What is left of the quantity, at least nothing.
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The change that leads from `earlier` to this quantity.
    pub fn since(self, earlier: Self) -> Delta {
        Delta(self.0 as i64 - earlier.0 as i64)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A change of a quantity in units, zero included: -[`QUANTITY_MAX`] ..= [`QUANTITY_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Delta(i64);

impl Delta {
    /// No change.
    pub const ZERO: Self = Self(0);

    /// Parses a change.
    ///
    /// # Errors
    ///
    /// `units` is further from zero than [`QUANTITY_MAX`].
    pub fn new(units: i64) -> Result<Self, OutOfRange> {
        if units.unsigned_abs() > QUANTITY_MAX {
            return Err(OutOfRange {
                min: -(QUANTITY_MAX as i64),
                max: QUANTITY_MAX as i64,
            });
        }
        Ok(Self(units))
    }

    /// How much it changes, up or down.
    pub fn size(self) -> Quantity {
        Quantity(self.0.unsigned_abs())
    }

    /// The opposite change.
    pub fn negated(self) -> Self {
        Self(-self.0)
    }

    /// The number of units, negative for a decrease.
    pub fn units(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Delta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Delta {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A change that somebody asks for: a [`Delta`] that is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Adjustment(Delta);

impl Adjustment {
    /// Parses an adjustment.
    ///
    /// # Errors
    ///
    /// `units` is zero, or further from zero than [`QUANTITY_MAX`].
    pub fn new(units: i64) -> Result<Self, OutOfRange> {
        let delta = Delta::new(units)?;
        if delta == Delta::ZERO {
            return Err(OutOfRange {
                min: 1,
                max: QUANTITY_MAX as i64,
            });
        }
        Ok(Self(delta))
    }

    /// The change.
    pub fn delta(self) -> Delta {
        self.0
    }
}

impl<'de> Deserialize<'de> for Adjustment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(i64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A quantity that somebody asks for: a [`Quantity`] that is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Units(Quantity);

impl Units {
    /// Parses a number of units.
    ///
    /// # Errors
    ///
    /// `units` is zero, or larger than [`QUANTITY_MAX`].
    pub fn new(units: u64) -> Result<Self, OutOfRange> {
        match Quantity::new(units) {
            Ok(quantity) if quantity > Quantity::ZERO => Ok(Self(quantity)),
            Ok(_) | Err(_) => Err(OutOfRange {
                min: 1,
                max: QUANTITY_MAX as i64,
            }),
        }
    }

    /// The quantity.
    pub fn quantity(self) -> Quantity {
        self.0
    }
}

impl fmt::Display for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Units {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_stays_within_what_a_double_can_hold() {
        assert_eq!(Quantity::new(QUANTITY_MAX), Ok(Quantity::MAX));
        assert!(Quantity::new(QUANTITY_MAX + 1).is_err());
        let one = Quantity::new(1).unwrap();
        assert_eq!(Quantity::MAX.checked_add(one), None);
        assert_eq!(Quantity::ZERO.checked_sub(one), None);
    }

    #[test]
    fn a_change_is_applied_within_the_range_or_not_at_all() {
        let ten = Quantity::new(10).unwrap();
        for (delta, after) in [(-10, Some(0)), (-11, None), (5, Some(15))] {
            let delta = Delta::new(delta).unwrap();
            assert_eq!(
                ten.checked_apply(delta).map(Quantity::units),
                after,
                "{delta}"
            );
        }
        let most = Delta::new(QUANTITY_MAX as i64).unwrap();
        assert_eq!(Quantity::MAX.checked_apply(most), None);
        assert!(Delta::new(i64::MIN).is_err());
        assert!(Adjustment::new(0).is_err());
    }

    #[test]
    fn since_is_the_inverse_of_apply() {
        let (low, high) = (Quantity::new(3).unwrap(), Quantity::MAX);
        assert_eq!(low.checked_apply(high.since(low)), Some(high));
        assert_eq!(high.checked_apply(low.since(high)), Some(low));
    }
}
