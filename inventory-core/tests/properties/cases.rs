//! How many cases there are, and which.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Chosen once: a run that fails for one person fails for all.
const SEED: u64 = 53;

/// So many that rules which need several ids to agree are met by chance, in a few seconds.
const CASES: u32 = 1_500;

pub(crate) fn config() -> ProptestConfig {
    let mut config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    config
}

/// As many cases as it takes to come to every situation, however few are asked for.
pub(crate) fn many_cases() -> ProptestConfig {
    let config = config();
    ProptestConfig {
        cases: config.cases.max(256),
        ..config
    }
}
