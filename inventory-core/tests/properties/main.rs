//! Any interleaving of requests, duplicates, faults, restarts and snapshots: the real engine agrees with the naive model,
//! never oversells, and never applies a key twice.
//!
//! The cases are the same at every run. `PROPTEST_CASES` sets how many there are, `PROPTEST_RNG_SEED` draws others; a
//! case that fails is kept in `proptest-regressions` beside this folder, and played first from then on.

mod again;
mod answered;
mod asking;
mod audit;
mod cases;
mod defects;
mod determinism;
mod draw;
mod edges;
mod names;
mod promises;
mod reach;
mod shelf;
mod units;
mod wish;
mod world;

use proptest::prelude::*;

use world::World;

proptest! {
    #![proptest_config(cases::config())]

    #[test]
    fn the_engine_agrees_with_the_model_whatever_happens(
        rules in draw::rules(),
        steps in draw::steps(),
    ) {
        World::play(rules, &steps);
    }
}
