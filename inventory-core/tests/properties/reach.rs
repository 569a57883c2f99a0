//! Whether the cases get anywhere: a situation that is never reached is not tested.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::test_runner::TestRunner;

use crate::draw;
use crate::world::World;

const SITUATIONS: [&str; 17] = [
    "applied",
    "fenced",
    "insufficient stock",
    "key evicted early",
    "key reused",
    "not written",
    "nothing of a group durable",
    "nothing to do",
    "purged",
    "replay after a snapshot",
    "replayed",
    "snapshot that fails",
    "some of a group durable",
    "stale version",
    "start that fails",
    "stock ceiling",
    "synchronised",
];

#[test]
fn the_cases_reach_every_situation() {
    let reached = RefCell::new(BTreeSet::new());
    let mut runner = TestRunner::new(crate::many_cases());
    let played = runner.run(&(draw::rules(), draw::steps()), |(rules, steps)| {
        let mut world = World::new(rules);
        steps.iter().for_each(|step| world.step(step));
        reached.borrow_mut().extend(world.reached());
        Ok(())
    });
    played.expect("the engine agrees with the model");
    assert_eq!(reached.into_inner(), BTreeSet::from(SITUATIONS));
}
