//! Which nodes ask in the name of which store.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use inventory_core::vocabulary::{StoreId, Uptime};

use crate::wire::NodeId;

/// Nodes of a store that are remembered: enough for those that run at the same time, by mistake.
const RECENT: usize = 4;

/// Stores that are watched; of more than that nothing is said.
const STORES_MAX: usize = 100_000;

/// How long it is said of a store that two nodes are the same one, after the last of them has asked in between.
const SAID_FOR: Duration = Duration::from_secs(300);

/// The nodes that have asked, by the store in whose name.
///
/// A node that is started anew has another id, and the one before is never heard of again. So two run at the same time when one
/// comes back after another has asked: no clock has a part in that.
#[derive(Debug, Default)]
pub(super) struct Nodes(BTreeMap<StoreId, Asked>);

#[derive(Debug, Default)]
struct Asked {
    /// The last one is at the end.
    recent: VecDeque<NodeId>,
    /// When one has last come back.
    doubled_at: Option<Uptime>,
}

impl Nodes {
    /// A node asks. Returns whether another one runs under the name of the same store.
    pub(super) fn ask(&mut self, store: &StoreId, node: NodeId, now: Uptime) -> bool {
        if !self.0.contains_key(store) && self.0.len() >= STORES_MAX {
            return false;
        }
        let asked = self.0.entry(store.clone()).or_default();
        if asked.recent.back() != Some(&node) {
            let known = asked.recent.iter().position(|known| *known == node);
            if let Some(place) = known {
                asked.recent.remove(place);
                asked.doubled_at = Some(now);
            }
            asked.recent.push_back(node);
            if asked.recent.len() > RECENT {
                asked.recent.pop_front();
            }
        }
        let since = asked.doubled_at.map(|at| now.millis_since(at));
        since.is_some_and(|since| u128::from(since) < SAID_FOR.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_nodes_are_known_by_coming_back_and_a_restart_is_not_two() {
        let (mut nodes, store) = (Nodes::default(), StoreId::new("north").unwrap());
        let mut ask = |node: u128, seconds: u64| {
            let now = Uptime::default().plus_millis(seconds * 1_000);
            nodes.ask(&store, NodeId::from_bits(node), now)
        };
        // Started anew, and again.
        assert!(
            [(1, 0), (1, 30), (2, 31), (2, 60), (3, 61)]
                .into_iter()
                .all(|(node, at)| !ask(node, at))
        );
        assert!(ask(2, 90), "the second runs on beside the third");
        assert!(ask(3, 91) && ask(3, 120));
        assert!(!ask(3, 391), "the other one has not asked for five minutes");
        assert!(
            (10..20).all(|node| !ask(node, 400)),
            "many starts are no two nodes"
        );
    }
}
