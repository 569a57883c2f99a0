//! Seeded crashes: tens of thousands, or millions, each of which follows from a seed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use inventory_log::testing::simulation::{Choices, Tally, run};

/// Crashes in a run of the test suite: enough to reach every situation. The environment variable `CRASHES` asks for more, or for
/// fewer where haste matters and not all of them have to be reached.
const CRASHES: u64 = 50_000;

/// Why the lock of the total is not poisoned.
const HELD: &str = "nobody panics while adding numbers";

/// Seeds that once broke a promise, or nearly: each line is a seed and why it is kept.
const KEPT: &str = include_str!("seeds.txt");

fn live(seed: u64) -> Tally {
    match run(&mut Choices::from_seed(seed)) {
        Ok(tally) => tally,
        Err(violation) => panic!(
            "seed {seed}: {violation}\n\
             replay it: CRASH_SEED={seed} cargo nextest run -p inventory-log --all-features --test crash seeded\n\
             and keep it: add it to inventory-log/tests/crash/seeds.txt"
        ),
    }
}

fn variable(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.replace('_', "")
            .parse()
            .unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")),
    )
}

/// Lives through seeds, in order, on every core until there were enough crashes.
fn crash(crashes: u64) -> Tally {
    let next = AtomicU64::new(0);
    let total = Mutex::new(Tally::default());
    let work = || {
        while total.lock().expect(HELD).crashes() < crashes {
            let tally = live(next.fetch_add(1, Ordering::Relaxed));
            total.lock().expect(HELD).add(&tally);
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..cores).for_each(|_| drop(scope.spawn(work))));
    total.into_inner().expect(HELD)
}

#[test]
fn what_callers_were_told_survives_every_crash() {
    if let Some(seed) = variable("CRASH_SEED") {
        eprintln!("{:#?}", live(seed));
        return;
    }
    let started = Instant::now();
    let crashes = variable("CRASHES").unwrap_or(CRASHES);
    let tally = crash(crashes);
    let per_second = tally.crashes() as f64 / started.elapsed().as_secs_f64();
    eprintln!("{per_second:.0} crashes per second, {tally:#?}");
    let missing = match crashes >= CRASHES {
        true => tally.missing(),
        false => Vec::new(),
    };
    assert_eq!(
        missing,
        [],
        "situations that were never reached, so that nothing is known about them"
    );
}

#[test]
fn seeds_that_failed_once_hold() {
    for line in KEPT.lines().filter(|line| !line.starts_with('#')) {
        let seed = line
            .split_whitespace()
            .next()
            .expect("a line is a seed and a reason");
        live(seed.parse().expect("a line starts with a seed"));
    }
}
