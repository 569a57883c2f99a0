//! Anyone who wants to know that a level runs low is told when a request has left it so, and once.

use std::collections::BTreeMap;
use std::sync::Arc;

use inventory_core::machine::{Entry, Event, Movement, MovementKind};

/// What somebody wants to know, and what they were told last.
struct Alert {
    low: u64,
    replenished: u64,
    is_low: bool,
}

impl Alert {
    /// What is to be told of a level that a request has left with so much.
    fn edge(&mut self, available: u64) -> Option<(&'static str, u64)> {
        let edge = match self.is_low {
            false if available <= self.low => Some(("StockLow", self.low)),
            true if available >= self.replenished => Some(("StockReplenished", self.replenished)),
            false | true => None,
        };
        self.is_low ^= edge.is_some();
        edge
    }
}

/// Asserts that at the end of each request the edge is told of every level that it leaves at one, with the value that was
/// asked for, and nowhere else.
pub(crate) fn told_once(log: &[Arc<Entry>]) {
    let mut alerts: BTreeMap<(&str, &str), Alert> = BTreeMap::new();
    for entry in log {
        let events: Vec<_> = entry.events.iter().filter_map(Event::movement).collect();
        let told = events.iter().map(|moved| telling(moved));
        let told: Vec<_> = told.skip_while(Option::is_none).collect();
        let (done, told_of) = events.split_at(events.len() - told.len());
        let mut left = BTreeMap::new();
        for moved in done {
            let place = (moved.product.as_str(), moved.store.as_str());
            if let MovementKind::AlertSet { low, replenished } = &moved.kind {
                let alert = Alert {
                    low: low.units(),
                    replenished: replenished.units(),
                    is_low: false,
                };
                alerts.insert(place, alert);
            }
            if moved.kind == MovementKind::AlertRemoved {
                assert!(alerts.remove(&place).is_some(), "{moved:?}");
            }
            left.insert(place, moved.after.level);
        }
        let mut expected = BTreeMap::new();
        for (place, level) in &left {
            let alert = alerts.get_mut(place);
            let edge = alert.and_then(|alert| alert.edge(level.available().units()));
            expected.extend(edge.map(|edge| (*place, (Some(edge), *level))));
        }
        let found: BTreeMap<_, _> = told_of
            .iter()
            .zip(&told)
            .map(|(moved, told)| {
                let place = (moved.product.as_str(), moved.store.as_str());
                (place, (*told, moved.after.level))
            })
            .collect();
        assert_eq!(found.len(), told.len(), "each level once");
        assert_eq!(found, expected);
    }
}

fn telling(moved: &Movement) -> Option<(&'static str, u64)> {
    if let MovementKind::Low { low } = &moved.kind {
        return Some(("StockLow", low.units()));
    }
    if let MovementKind::Replenished { replenished } = &moved.kind {
        return Some(("StockReplenished", replenished.units()));
    }
    None
}
