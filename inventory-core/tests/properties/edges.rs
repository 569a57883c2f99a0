//! Whoever wants to know that a level runs low is told at once, and once.

use std::collections::BTreeMap;
use std::sync::Arc;

use inventory_core::machine::{Entry, Event, Kind};

/// What somebody wants to know, and what they were told last.
struct Alert {
    low: u64,
    replenished: u64,
    is_low: bool,
}

/// Asserts that right after the event that takes a level to an edge the edge is told, with the value that was asked for, and
/// nowhere else.
pub(crate) fn told_once(log: &[Arc<Entry>]) {
    let mut alerts: BTreeMap<(&str, &str), Alert> = BTreeMap::new();
    for entry in log {
        let mut events = entry.events.iter().filter_map(Event::movement).peekable();
        while let Some(moved) = events.next() {
            let place = (moved.product.as_str(), moved.store.as_str());
            match &moved.kind {
                Kind::AlertSet { low, replenished } => {
                    let alert = Alert {
                        low: low.units(),
                        replenished: replenished.units(),
                        is_low: false,
                    };
                    alerts.insert(place, alert);
                }
                Kind::AlertRemoved => {
                    assert!(alerts.remove(&place).is_some(), "{moved:?}");
                }
                // What tells is looked at with what it follows.
                Kind::Low { .. } | Kind::Replenished { .. } => continue,
                Kind::Increased
                | Kind::Decreased
                | Kind::Counted
                | Kind::Held { .. }
                | Kind::Committed { .. }
                | Kind::Released { .. }
                | Kind::Expired { .. }
                | Kind::Extended { .. }
                | Kind::Shipped { .. }
                | Kind::Received { .. }
                | Kind::Closed { .. } => {}
            }
            let available = moved.after.level.available().units();
            let expected = alerts.get_mut(&place).and_then(|alert| {
                let edge = match alert.is_low {
                    false if available <= alert.low => Some(("StockLow", alert.low)),
                    true if available >= alert.replenished => {
                        Some(("StockReplenished", alert.replenished))
                    }
                    false | true => None,
                };
                alert.is_low ^= edge.is_some();
                edge
            });
            let next = events.peek().map(|next| (&next.kind, next));
            let told = match next {
                Some((Kind::Low { low }, next)) => Some(("StockLow", low.units(), next)),
                Some((Kind::Replenished { replenished }, next)) => {
                    Some(("StockReplenished", replenished.units(), next))
                }
                Some(_) | None => None,
            };
            if let Some((_, _, told)) = told {
                assert_eq!(place, (told.product.as_str(), told.store.as_str()));
                assert_eq!(told.after, moved.after);
            }
            assert_eq!(told.map(|(name, value, _)| (name, value)), expected);
        }
    }
}
