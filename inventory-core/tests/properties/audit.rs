//! What must be true of a log whatever was asked, found by adding up its events: no rule of the engine is used.

use std::collections::BTreeMap;
use std::sync::Arc;

use inventory_core::machine::{Entry, WindowLimits};
use inventory_core::vocabulary::{Chain, QUANTITY_MAX};

use crate::{edges, promises, units};

/// How many callers there are, the nameless among them.
const CALLERS: usize = 2;

/// A level: its product, then its store.
type Place<'a> = (&'a str, &'a str);

/// Asserts that a log from its first event has no gap, oversells nothing, gives each version once, applies no key twice
/// while it must be remembered, keeps every promise until its deadline, tells every alert once, and loses no unit on the way. Returns how many
/// units there are, at all stores and between them.
pub(crate) fn audit(log: &[Arc<Entry>], window: WindowLimits) -> i128 {
    contiguous(log);
    nothing_oversold(log);
    keys_applied_once(log, window);
    promises::kept(log);
    edges::told_once(log);
    units::conserved(log)
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
    let mut levels: BTreeMap<Place<'_>, (i128, i128)> = BTreeMap::new();
    let mut versions: BTreeMap<&str, u64> = BTreeMap::new();
    for (at, event) in log.iter().flat_map(|entry| entry.numbered()) {
        let moved = event.movement().expect("nothing was buried");
        let (product, store) = (moved.product.as_str(), moved.store.as_str());
        let level = levels.entry((product, store)).or_default();
        let before = *level;
        level.0 += i128::from(moved.delta.units());
        level.1 += i128::from(moved.reserved_delta.units());
        let (on_hand, reserved) = *level;
        assert!(
            0 <= reserved && reserved <= on_hand,
            "{product} is oversold at {store} at {at}"
        );
        let after = moved.after.level;
        assert_eq!(on_hand, i128::from(after.on_hand().units()), "after {at}");
        assert_eq!(reserved, i128::from(after.reserved().units()), "after {at}");
        let of_product = levels
            .range((product, "")..)
            .take_while(|((of, _), _)| *of == product);
        let (total, everything) = of_product.fold((0, 0), |(total, everything), (_, level)| {
            (total + level.0 - level.1, everything + level.0)
        });
        assert_eq!(
            total,
            i128::from(moved.after.total.units()),
            "the total after {at}"
        );
        assert!(
            everything <= i128::from(QUANTITY_MAX),
            "what is reserved fits into the total after {at}"
        );
        let looked = ["StockIncreased", "StockDecreased", "StockCounted"];
        let is_touched = before != (on_hand, reserved) || looked.contains(&moved.kind.type_name());
        let version = versions.entry(product).or_default();
        *version += u64::from(is_touched);
        assert_eq!(
            *version,
            moved.after.version.number(),
            "the version after {at}"
        );
    }
}

/// Two entries may have one key of one caller only when the window had to forget the first: for its age, or for want of room;
/// then its caller has at least used an equal share of it since.
fn keys_applied_once(log: &[Arc<Entry>], window: WindowLimits) {
    let keyed = log.iter().filter_map(|entry| {
        let intent = entry.intent.as_ref()?;
        let caller = intent.caller.as_ref().map(|caller| caller.as_str());
        Some((caller, intent.key.as_str(), entry.recorded_at))
    });
    let (mut used_by, mut last) = (BTreeMap::<_, usize>::new(), BTreeMap::new());
    for (caller, key, time) in keyed {
        let number = used_by.entry(caller).or_default();
        *number += 1;
        let Some((earlier, used)) = last.insert((caller, key), (*number, time)) else {
            continue;
        };
        let since: usize = *number - earlier;
        let aged = time.millis_since(used) > window.age_ms;
        assert!(
            aged || since * CALLERS > window.keys_max,
            "{key} of {caller:?} was applied twice"
        );
    }
}
