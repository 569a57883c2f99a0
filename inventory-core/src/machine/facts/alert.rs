//! An alert: whether somebody was told that a level is low.

use crate::machine::{MovementKind, Thresholds};
use crate::vocabulary::Quantity;

/// What somebody wants to be told about a level, and what they were told last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alert {
    /// When they want to be told.
    pub thresholds: Thresholds,
    /// Whether the last they were told is that the level is low.
    pub is_low: bool,
}

impl Alert {
    /// An alert that has told nobody anything.
    pub(in crate::machine) fn new(thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            is_low: false,
        }
    }

    /// What is to be told now that so much is available; `None` when nobody needs to be told again.
    pub(in crate::machine) fn judge(self, available: Quantity) -> Option<MovementKind> {
        let (low, replenished) = (self.thresholds.low(), self.thresholds.replenished());
        match self.is_low {
            false if available <= low => Some(MovementKind::Low { low }),
            true if available >= replenished => Some(MovementKind::Replenished { replenished }),
            false | true => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_raised_once_per_edge() {
        let quantity = |units| Quantity::new(units).unwrap();
        let thresholds = Thresholds::new(quantity(2), quantity(5)).unwrap();
        let mut alert = Alert::new(thresholds);
        let raised: Vec<_> = [9, 3, 2, 2, 0, 3, 4, 2, 5, 6, 3, 1]
            .into_iter()
            .map(|available| {
                let kind = alert.judge(quantity(available));
                match &kind {
                    Some(MovementKind::Low { .. }) => alert.is_low = true,
                    Some(_) => alert.is_low = false,
                    None => {}
                }
                kind.map(|kind| (available, kind.type_name()))
            })
            .collect();
        let raised: Vec<_> = raised.into_iter().flatten().collect();
        let expected = [(2, "StockLow"), (5, "StockReplenished"), (1, "StockLow")];
        assert_eq!(raised, expected);
        assert!(Thresholds::new(quantity(2), quantity(2)).is_err());
    }
}
