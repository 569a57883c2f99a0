//! What a request with several lines has done to each of their levels.

use inventory_core::machine::{self, Entry, Event, Movement, MovementKind};
use inventory_core::vocabulary::{ProductId, Quantity, StoreId, Timestamp, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most lines of one call whose answer has a line for each of them.
pub const LINES_MAX: usize = machine::LINES_MAX;

/// A level after a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LevelAfter {
    /// The product.
    pub product_id: ProductId,
    /// The store.
    pub store_id: StoreId,
    /// Available over all stores.
    pub new_quantity: Quantity,
    /// The product's version.
    pub new_version: Version,
    /// Available at the store.
    pub store_quantity: Quantity,
}

impl LevelAfter {
    /// The level of a movement, as it left it.
    pub fn of(movement: &Movement) -> Self {
        let after = &movement.after;
        Self {
            product_id: movement.product.clone(),
            store_id: movement.store.clone(),
            new_quantity: after.total,
            new_version: after.version,
            store_quantity: after.level.available(),
        }
    }
}

/// What an answer says of levels. Who follows the log may show it at once, until the log has brought it.
pub trait Levels {
    /// When they were so.
    fn recorded_at(&self) -> Timestamp;

    /// The levels, as the request has left them.
    fn levels(&self) -> Vec<LevelAfter>;
}

/// An answer that has a level in each of its lines.
macro_rules! levels_in_lines {
    ($($answer:ident),+) => {
        $(impl crate::wire::line::Levels for $answer {
            fn recorded_at(&self) -> Timestamp {
                self.last_updated
            }

            fn levels(&self) -> Vec<LevelAfter> {
                self.lines.iter().map(|line| line.level.clone()).collect()
            }
        })+
    };
}

/// An answer whose own fields are those of a level.
macro_rules! is_a_level {
    ($answer:ident) => {
        impl crate::wire::line::Levels for $answer {
            fn recorded_at(&self) -> Timestamp {
                self.last_updated
            }

            fn levels(&self) -> Vec<crate::wire::LevelAfter> {
                vec![crate::wire::LevelAfter {
                    product_id: self.product_id.clone(),
                    store_id: self.store_id.clone(),
                    new_quantity: self.new_quantity,
                    new_version: self.new_version,
                    store_quantity: self.store_quantity,
                }]
            }
        }
    };
}

pub(super) use {is_a_level, levels_in_lines};

/// What the lines of a request have done, in their order; `None` when the event of one was buried since. What somebody
/// wanted to be told about a level stands between the lines, and is no line.
pub(super) fn movements(entry: &Entry) -> Option<Vec<&Movement>> {
    let movements = entry.events.iter().map(Event::movement);
    let is_line = |movement: &Option<&Movement>| {
        let kind = movement.map(|movement| &movement.kind);
        !matches!(
            kind,
            Some(
                MovementKind::Low { .. }
                    | MovementKind::Replenished { .. }
                    | MovementKind::Unchanged
            )
        )
    };
    movements.filter(is_line).collect()
}

#[cfg(test)]
mod tests {
    use inventory_core::conformance::adjust;
    use inventory_core::engine::{Engine, Opened, Receipt, Settings};
    use inventory_core::machine::{Command, Hold, Release, Request, SetAlert, Thresholds};
    use inventory_core::memory::MemoryStorage;
    use inventory_core::vocabulary::{Ttl, Units};

    use super::*;
    use crate::wire::{FromReceipt as _, Held, Released, Transacted};

    fn told(product: &str) -> Command {
        let quantity = |units| Quantity::new(units).unwrap();
        Command::SetAlert(SetAlert {
            product: product.parse().unwrap(),
            store: "north".parse().unwrap(),
            thresholds: Thresholds::new(quantity(5), quantity(8)).unwrap(),
        })
    }

    fn hold(product: &str, quantity: u64) -> Command {
        Command::Hold(Hold {
            reservation: "r1".parse().unwrap(),
            product: product.parse().unwrap(),
            store: "north".parse().unwrap(),
            quantity: Units::new(quantity).unwrap(),
            ttl: Ttl::MAX,
        })
    }

    #[test]
    fn what_somebody_is_told_of_a_level_is_no_line() {
        let ports = MemoryStorage::new().ports();
        let Opened { mut engine, .. } = Engine::open(ports, Settings::default()).unwrap();
        let mut write = |commands: Vec<Command>, events: usize| -> Receipt {
            let request = Request::unkeyed(commands).unwrap();
            let receipt = engine.submit_one(&request).unwrap().unwrap();
            assert_eq!(receipt.entry.events.len(), events);
            receipt
        };
        let opening = vec![adjust("tea", "north", 10), adjust("rice", "north", 10)];
        write(opening, 2);
        write(vec![told("tea"), told("rice")], 2);
        let sale = vec![adjust("tea", "north", -6), adjust("rice", "north", -1)];
        let lines = Transacted::from_receipt(&write(sale, 3)).unwrap().lines;
        let units: Vec<_> = lines.iter().map(|line| line.new_quantity.units()).collect();
        assert_eq!(units, [4, 9]);
        let held = write(vec![hold("rice", 6), hold("tea", 1)], 3);
        let lines = Held::from_receipt(&held).unwrap().lines;
        let units: Vec<_> = lines.iter().map(|line| line.quantity.units()).collect();
        assert_eq!(units, [6, 1]);
        let reservation = "r1".parse().unwrap();
        let released = write(vec![Release { reservation }.into()], 3);
        let lines = Released::from_receipt(&released).unwrap().lines;
        let units: Vec<_> = lines.iter().map(|line| line.returned.units()).collect();
        assert_eq!(units, [6, 1]);
    }
}
