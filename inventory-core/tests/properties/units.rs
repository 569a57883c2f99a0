//! Units are counted, sold, found and lost, but never made or gone by being promised or sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use inventory_core::machine::{Entry, Movement, MovementKind, Settlement};

/// Asserts that what leaves one store arrives at another, comes back, or is said to be lost. Returns what there is, at all
/// stores and between them, as it is bought, sold, counted and lost.
pub(crate) fn conserved(log: &[Arc<Entry>]) -> i128 {
    let (mut everything, mut at_stores) = (0, 0);
    let mut on_the_way: BTreeMap<(&str, &str), i128> = BTreeMap::new();
    for (at, event) in log.iter().flat_map(|entry| entry.numbered()) {
        let moved = event.movement().expect("nothing was buried");
        let delta = i128::from(moved.delta.units());
        at_stores += delta;
        match &moved.kind {
            MovementKind::Increased
            | MovementKind::Decreased
            | MovementKind::Counted
            | MovementKind::Committed { .. } => {
                everything += delta;
            }
            MovementKind::Shipped { transfer, .. } => {
                let left = on_the_way.insert(line(transfer.as_str(), moved), -delta);
                assert!(
                    left.is_none_or(|left| left == 0),
                    "{transfer} twice, at {at}"
                );
            }
            MovementKind::Received {
                transfer,
                in_transit,
            } => {
                let left = on_the_way.get_mut(&line(transfer.as_str(), moved));
                let left = left.expect("it was shipped");
                *left -= delta;
                assert!(
                    delta > 0 && *left == i128::from(in_transit.units()),
                    "at {at}"
                );
            }
            MovementKind::Closed {
                transfer,
                settlement,
                missing,
            } => {
                let left = on_the_way.get_mut(&line(transfer.as_str(), moved));
                let left = std::mem::take(left.expect("it was shipped"));
                assert!(left > 0 && left == i128::from(missing.units()), "at {at}");
                match settlement {
                    Settlement::Returned => assert_eq!(left, delta, "at {at}"),
                    Settlement::Lost => everything -= left,
                }
            }
            MovementKind::Held { .. }
            | MovementKind::Released { .. }
            | MovementKind::Expired { .. }
            | MovementKind::Lapsed
            | MovementKind::Extended { .. }
            | MovementKind::AlertSet { .. }
            | MovementKind::AlertRemoved
            | MovementKind::Low { .. }
            | MovementKind::Replenished { .. }
            | MovementKind::Unchanged => assert_eq!(delta, 0, "at {at}"),
        }
        let between: i128 = on_the_way.values().sum();
        assert_eq!(at_stores + between, everything, "units after {at}");
    }
    everything
}

fn line<'a>(transfer: &'a str, moved: &'a Movement) -> (&'a str, &'a str) {
    (transfer, moved.product.as_str())
}
