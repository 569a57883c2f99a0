//! What is promised is held until it is taken, given back or overdue.

use std::collections::BTreeMap;
use std::sync::Arc;

use inventory_core::machine::{Entry, Movement, MovementKind};
use inventory_core::vocabulary::Timestamp;

type Place<'a> = (&'a str, &'a str);

/// What is promised to somebody.
#[derive(Debug, Default)]
struct Promise<'a> {
    deadline: Timestamp,
    /// By level; nothing where it was set free, since the deadline has passed.
    held: BTreeMap<Place<'a>, i128>,
}

/// Asserts that every reservation ends once, with what it holds unless that was set free before, neither expires before its
/// deadline nor is committed after it, and that what is reserved at a level is what is promised there.
pub(crate) fn kept(log: &[Arc<Entry>]) {
    let mut promises: BTreeMap<&str, Promise<'_>> = BTreeMap::new();
    for entry in log {
        for (at, event) in entry.numbered() {
            let moved = event.movement().expect("nothing was buried");
            promise(&mut promises, moved, entry.recorded_at);
            let open = promises.values().map(|promise| &promise.held);
            let here: i128 = open.filter_map(|held| held.get(&place(moved))).sum();
            let reserved = moved.after.level.reserved().units();
            assert_eq!(here, i128::from(reserved), "promised after {at}");
        }
        let overdue = |promise: &&Promise<'_>| promise.deadline < entry.recorded_at;
        let of_request = entry.events.iter().filter_map(|event| event.product());
        let of_request: Vec<_> = of_request.map(|product| product.as_str()).collect();
        for promise in promises.values().filter(overdue) {
            let mut held = promise.held.iter().filter(|(_, units)| **units > 0);
            let seen = held.any(|((product, _), _)| of_request.contains(product));
            assert!(!seen, "{promise:?} is overdue at {}", entry.first);
        }
    }
}

fn promise<'a>(promises: &mut BTreeMap<&'a str, Promise<'a>>, moved: &'a Movement, at: Timestamp) {
    let change = i128::from(moved.reserved_delta.units());
    let taken = i128::from(moved.delta.units());
    let ended = match &moved.kind {
        MovementKind::Held {
            reservation,
            deadline,
        } => {
            let promise = promises.entry(reservation.as_str()).or_default();
            assert!(*deadline > at && change > 0);
            promise.deadline = *deadline;
            assert_eq!(promise.held.insert(place(moved), change), None);
            return;
        }
        MovementKind::Extended {
            reservation,
            deadline,
        } => {
            let promise = promises.get_mut(reservation.as_str());
            promise.expect("it is open").deadline = *deadline;
            return;
        }
        MovementKind::Committed { reservation } | MovementKind::Released { reservation } => {
            let promise = &promises[reservation.as_str()];
            assert!(promise.deadline >= at, "{reservation} is overdue");
            reservation.as_str()
        }
        MovementKind::Expired { reservation } => {
            let promise = &promises[reservation.as_str()];
            assert!(promise.deadline < at, "{reservation} is not overdue");
            reservation.as_str()
        }
        MovementKind::Lapsed => {
            let overdue = promises.values_mut().filter(|it| it.deadline < at);
            let held = overdue.filter_map(|it| it.held.get_mut(&place(moved)));
            let freed: i128 = held.map(std::mem::take).sum();
            assert!(freed > 0 && freed == -change, "{moved:?}, not {freed}");
            return;
        }
        MovementKind::Increased
        | MovementKind::Decreased
        | MovementKind::Counted
        | MovementKind::Shipped { .. }
        | MovementKind::Received { .. }
        | MovementKind::Closed { .. }
        | MovementKind::AlertSet { .. }
        | MovementKind::AlertRemoved
        | MovementKind::Low { .. }
        | MovementKind::Replenished { .. }
        | MovementKind::Unchanged => {
            assert_eq!(change, 0, "only reservations reserve");
            return;
        }
    };
    let promise = promises.get_mut(ended).expect("it is open");
    assert_eq!(promise.held.remove(&place(moved)), Some(-change));
    assert!(
        change <= taken && taken <= 0,
        "no more is taken than is held"
    );
    if promise.held.is_empty() {
        promises.remove(ended);
    }
}

fn place(moved: &Movement) -> Place<'_> {
    (moved.product.as_str(), moved.store.as_str())
}
