//! Mistakes that are made on purpose: properties that do not see them prove nothing.

use inventory_core::testing::{Defect, with};
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRunner};

use crate::draw;
use crate::world::World;

/// The defects of the engine itself; those of the adapters are caught where the adapters are.
const DEFECTS: [Defect; 3] = [
    Defect::DirtyRead,
    Defect::RefusalAnsweredEarly,
    Defect::LogPurgedBeforeSnapshot,
];

#[test]
fn every_defect_of_the_engine_is_caught() {
    for defect in DEFECTS {
        let mut runner = TestRunner::new(ProptestConfig {
            failure_persistence: None,
            max_shrink_iters: 0,
            ..crate::many_cases()
        });
        let caught = runner.run(&(draw::rules(), draw::steps()), |(rules, steps)| {
            with(defect, || {
                let mut world = World::new(rules);
                steps.iter().for_each(|step| world.step(step));
                world.audit();
            });
            Ok(())
        });
        assert!(
            matches!(caught, Err(TestError::Fail(..))),
            "{defect:?} was not seen"
        );
    }
}
