//! Everything is asked again.

use inventory_core::machine::WindowLimits;
use proptest::prelude::*;

use crate::draw::{self, Rules, Step};
use crate::world::World;

/// Lives through it, and asks all again: panics when that changes something.
pub(crate) fn play(steps: &[Step]) {
    let forgets_nothing = WindowLimits::NONE;
    let rules = Rules {
        window: forgets_nothing,
        retain_events: None,
    };
    let mut world = World::new(rules);
    for (number, step) in steps.iter().enumerate() {
        world.step(step);
        if number % 4 == 3 {
            world.ask_all_again();
        }
    }
    world.ask_all_again();
}

proptest! {
    #![proptest_config(crate::cases::config())]

    #[test]
    fn an_answered_key_changes_nothing_later(steps in draw::steps()) {
        play(&steps);
    }
}
