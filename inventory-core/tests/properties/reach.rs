//! Whether the cases get anywhere: a situation that is never reached is not tested.

use std::cell::RefCell;
use std::collections::BTreeSet;

use inventory_core::machine::MovementKind;
use proptest::test_runner::TestRunner;

use crate::draw;
use crate::world::World;

/// All but those that need an event that cannot be applied, or more versions than can be drawn.
const SITUATIONS: [&str; 43] = [
    "applied",
    "below reserved",
    "clock ahead",
    "clock ahead of the log",
    "clock behind",
    "clock far ahead",
    "counted since",
    "fenced",
    "insufficient stock",
    "key evicted early",
    "key reused: amount",
    "key reused: lines",
    "key reused: operation",
    "key reused: product",
    "key reused: store",
    "key reused: subject",
    "key reused: two families",
    "key reused: unseen",
    "lines differ",
    "lives too long",
    "named twice",
    "not held",
    "not in transit",
    "not written",
    "nothing of a group durable",
    "nothing to do",
    "purged",
    "replay after a snapshot",
    "replayed",
    "reservation ended",
    "reservation exists",
    "same store",
    "snapshot that fails",
    "some of a group durable",
    "stale version",
    "start that fails",
    "stock ceiling",
    "synchronised",
    "transfer ended",
    "transfer exists",
    "unknown alert",
    "unknown reservation",
    "unknown transfer",
];

#[test]
fn the_cases_reach_every_situation() {
    let reached = RefCell::new(BTreeSet::new());
    let mut runner = TestRunner::new(crate::cases::many_cases());
    let played = runner.run(&(draw::rules(), draw::steps()), |(rules, steps)| {
        let mut world = World::new(rules);
        steps.iter().for_each(|step| world.step(step));
        reached.borrow_mut().extend(world.reached());
        Ok(())
    });
    played.expect("the engine agrees with the model");
    let situations = SITUATIONS.into_iter().chain(MovementKind::TYPE_NAMES);
    assert_eq!(reached.into_inner(), situations.collect::<BTreeSet<_>>());
}
