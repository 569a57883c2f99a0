//! Shelves that units are really on: what leaves them was there before.

use std::collections::BTreeMap;

use crate::machine::{Movement, MovementKind};

/// Units as the people in the building know them, whatever a ledger says: those that came in, and have not left.
#[derive(Debug, Clone, Default)]
pub struct Shelves {
    there: BTreeMap<(String, String), i64>,
}

impl Shelves {
    /// How many units of a product are at a store.
    pub fn units(&self, product: &str, store: &str) -> u64 {
        let there = self.there.get(&(product.to_owned(), store.to_owned()));
        there.map_or(0, |&there| there.unsigned_abs())
    }

    /// Units come in, or leave.
    ///
    /// # Errors
    ///
    /// More leave than came in: somebody was sold what is not there. The shelves are as they were.
    pub fn move_units(&mut self, product: &str, store: &str, units: i64) -> Result<(), String> {
        let level = (product.to_owned(), store.to_owned());
        let there = self.there.entry(level).or_default();
        if *there + units < 0 {
            return Err(format!(
                "{product} at {store}: {} left, {there} were there",
                -units
            ));
        }
        *there += units;
        Ok(())
    }

    /// What was answered has happened: a count says what is there, everything else moves units.
    ///
    /// # Errors
    ///
    /// As for [`Shelves::move_units`].
    pub fn follow(&mut self, movement: &Movement) -> Result<(), String> {
        let (product, store) = (movement.product.as_str(), movement.store.as_str());
        if movement.kind == MovementKind::Counted {
            let found = movement.after.level.on_hand().units();
            let found = i64::try_from(found).expect("a quantity is far below");
            let level = (product.to_owned(), store.to_owned());
            self.there.insert(level, found);
            return Ok(());
        }
        self.move_units(product, store, movement.delta.units())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_leaves_a_shelf_than_came_in() {
        let mut shelves = Shelves::default();
        shelves.move_units("tea", "north", 3).unwrap();
        shelves.move_units("tea", "north", -2).unwrap();
        assert_eq!(shelves.units("tea", "north"), 1);
        shelves.move_units("tea", "north", -2).unwrap_err();
        shelves.move_units("tea", "south", -1).unwrap_err();
        assert_eq!(shelves.units("tea", "north"), 1);
    }
}
