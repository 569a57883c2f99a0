//! One central and its stores over a bad network, in virtual time: thousands of runs, each of which follows from a seed.
//!
//! ```text
//!  Dice ──▶ World ─┬─ Central: a real engine in memory, restarted, restored, purged ──▶ History: what it ever had
//!                  ├─ Network: drops, delays, duplicates, reorders, cuts
//!                  └─ Node: replica + syncer + outbox, crashed and started from what was saved
//! ```
//!
//! What any store shows is held against the history all the time. In the end the network heals, and every replica must
//! be what central is, and every intent be applied once or parked. `FOLLOWING_SEED` plays one run, `FOLLOWING_SEEDS` says how many are played.

mod central;
mod faults;
mod history;
mod intents;
mod network;
mod node;
mod promises;
mod sales;
mod sending;
mod tally;
mod time;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tally::{SITUATIONS, Tally};
use world::World;

/// Runs of the test suite.
const SEEDS: u64 = 6_000;

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")),
    )
}

fn run(seed: u64) -> Tally {
    let played = catch_unwind(AssertUnwindSafe(|| World::new(seed).play()));
    played.unwrap_or_else(|panic| {
        eprintln!(
            "replay it: FOLLOWING_SEED={seed} cargo test -p inventory-store --test following"
        );
        resume_unwind(panic)
    })
}

#[test]
fn replicas_show_what_central_had_and_become_what_it_is() {
    if let Some(seed) = variable("FOLLOWING_SEED") {
        eprintln!("{:#?}", run(seed));
        return;
    }
    let seeds = variable("FOLLOWING_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(0);
    let total = Mutex::new(Tally::new());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return;
            }
            let tally = run(seed);
            let mut total = total.lock().expect("nobody panics while adding numbers");
            for (situation, times) in tally {
                *total.entry(situation).or_default() += times;
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(work))));
    let total = total
        .into_inner()
        .expect("nobody panics while adding numbers");
    eprintln!("{total:#?}");
    for situation in SITUATIONS {
        assert!(total.contains_key(situation), "never: {situation}");
    }
}

#[test]
fn a_seed_is_a_run() {
    assert_eq!(run(7), run(7));
}
