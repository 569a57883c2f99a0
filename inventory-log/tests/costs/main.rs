//! Cost of questions about the past, in reads from the disk: a few blocks for each segment, and the lines that hold the answer,
//! each once. The length of the log, and what else happened to a product, does not matter.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod purged;
mod questions;
mod shop;

use inventory_core::vocabulary::Sequence;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use questions::judge;
use shop::{Shop, Step, step};

/// Chosen once: a run that fails for one person fails for all.
const SEED: u64 = 11;

fn config() -> ProptestConfig {
    let mut config = ProptestConfig::with_cases(24);
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_question_costs_as_much_as_its_answer(steps in prop::collection::vec(step(), 1..14)) {
        judge(&Shop::after(&steps));
    }
}

/// Every night names the same reference, and only the first one had the product: its thousands of rows were read night by night.
#[test]
fn what_every_night_names_hides_nothing_of_a_product() {
    let nights = std::iter::repeat_n(Step::Sync(1, 200), 30);
    let steps: Vec<_> = [Step::Sync(0, 300)].into_iter().chain(nights).collect();
    judge(&Shop::after(&steps));
}

/// What is left of the past is told by the first that happened after it, where the last before it is gone.
#[test]
fn what_is_left_after_a_purge_costs_no_more() {
    let mut shop = Shop::after(&[
        Step::Sync(0, 300),
        Step::Sell(0, 700),
        Step::Sync(2, 300),
        Step::Bury(1),
        Step::Sell(1, 700),
        Step::Sync(1, 300),
        Step::Sync(0, 300),
        Step::Sell(0, 300),
    ]);
    shop.purge_half();
    assert!(shop.reader().floor() > Sequence::START);
    judge(&shop);
}

/// Each of these was linear in events.
#[test]
fn what_everybody_buys_hides_nothing() {
    judge(&Shop::after(&[
        Step::Adjust(0, 1),
        Step::Bury(1),
        Step::Sync(2, 3),
        Step::Sell(0, 2_000),
        Step::Sell(1, 2_000),
        Step::Sync(2, 300),
        Step::Sync(1, 300),
        Step::Sell(0, 500),
    ]));
}
