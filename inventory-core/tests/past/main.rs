//! The past, as a reader tells it, is what following the log step by step has shown: for every position and time, every
//! product and every page, whatever was purged or buried meanwhile.
//!
//! The cases are the same at every run. `PROPTEST_CASES` sets how many there are, `PROPTEST_RNG_SEED` draws others.

mod draw;
mod told;
mod truth;
mod world;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use truth::Truth;
use world::World;

/// Chosen once: a run that fails for one person fails for all.
const SEED: u64 = 71;

fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    config
}

fn check(steps: &[draw::Step]) {
    let mut world = World::new();
    for step in steps {
        world.play(step);
    }
    let truth = Truth::of(&world.log);
    let reader = world.reader();
    told::products(&reader, &truth);
    told::listings(&reader, &truth);
    told::times(&reader, &truth);
    told::histories(&reader, &truth);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_past_is_what_it_was(steps in draw::steps(false)) {
        check(&steps);
    }

    #[test]
    fn what_was_buried_has_no_effect_on_the_past_either(steps in draw::steps(true)) {
        check(&steps);
    }
}
