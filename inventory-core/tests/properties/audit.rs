//! What must be true of a log whatever was asked, found by adding up its events: no rule of the engine is used.

use std::collections::BTreeMap;
use std::sync::Arc;

use inventory_core::machine::{Entry, WindowLimits};
use inventory_core::vocabulary::{Chain, QUANTITY_MAX};

/// A level: its product, then its store.
type Place<'a> = (&'a str, &'a str);

/// Asserts that a log from its first event has no gap, oversells nothing, gives each version once, and applies no key
/// twice while it must be remembered.
pub(crate) fn audit(log: &[Arc<Entry>], window: WindowLimits) {
    contiguous(log);
    nothing_oversold(log);
    keys_applied_once(log, window);
}

fn contiguous(log: &[Arc<Entry>]) {
    let (mut next, mut chain, mut time) = (1, Chain::default(), 0);
    for entry in log {
        assert_eq!(entry.first.number(), next, "positions have no gap");
        assert_eq!(entry.chain_after(chain), Some(entry.chain), "at {next}");
        assert!(entry.recorded_at.millis() >= time, "time goes on at {next}");
        next += entry.events.len() as u64;
        chain = entry.chain;
        time = entry.recorded_at.millis();
    }
}

fn nothing_oversold(log: &[Arc<Entry>]) {
    let mut levels: BTreeMap<Place<'_>, i128> = BTreeMap::new();
    let mut versions: BTreeMap<&str, u64> = BTreeMap::new();
    for (at, event) in log.iter().flat_map(|entry| entry.numbered()) {
        let moved = event.movement().expect("nothing was buried");
        let (product, store) = (moved.product.as_str(), moved.store.as_str());
        let level = levels.entry((product, store)).or_default();
        *level += i128::from(moved.delta.units());
        assert!(*level >= 0, "{product} is oversold at {store} at {at}");
        let after = i128::from(moved.after.level.on_hand().units());
        assert_eq!(*level, after, "the level after {at}");
        let of_product = levels
            .range((product, "")..)
            .take_while(|((of, _), _)| *of == product);
        let total: i128 = of_product.map(|(_, level)| level).sum();
        assert_eq!(
            total,
            i128::from(moved.after.total.units()),
            "the total after {at}"
        );
        assert!(total <= i128::from(QUANTITY_MAX), "the total after {at}");
        let version = versions.entry(product).or_default();
        *version += 1;
        assert_eq!(
            *version,
            moved.after.version.number(),
            "the version after {at}"
        );
    }
}

/// Two entries may have one key only when the window had to forget the first: for its age, or for the number of keys
/// that were used since.
fn keys_applied_once(log: &[Arc<Entry>], window: WindowLimits) {
    let keyed = log.iter().filter_map(|entry| {
        let intent = entry.intent.as_ref()?;
        Some((intent.key.as_str(), entry.recorded_at))
    });
    let mut last = BTreeMap::new();
    for (number, (key, time)) in keyed.enumerate() {
        let Some((earlier, used)) = last.insert(key, (number, time)) else {
            continue;
        };
        let between: usize = number - earlier - 1;
        let aged = time.millis_since(used) > window.age_ms;
        assert!(
            aged || between >= window.keys_max,
            "{key} was applied twice"
        );
    }
}
