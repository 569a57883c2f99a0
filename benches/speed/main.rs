//! How fast the engine is, each figure beside the least that any such engine must do, measured in the same run.
//!
//! Criterion runs and reports both sides of every row; the table at the end says what the ratios are and what they
//! should be. Arguments are criterion's: a filter, or `--test` to run everything once on little data. `BENCH_HOLDS` says
//! how many reservations are open while deadlines pass, `TAIL_SECONDS` for how long waits are measured beside snapshots.

mod after_group;
mod arguments;
mod bulk;
mod callers;
mod contest;
mod cpu;
mod deadlines;
mod growth;
mod history;
mod many_callers;
mod memory;
mod one_adjust;
mod one_caller;
mod raw;
mod recovery;
mod shop;
mod snapshots;
mod soak;
mod soak_chart;
mod start;
mod table;
mod tail;
mod tills;
mod waits;
mod window;

use arguments::{is_filtered, is_named, is_smoke_test, is_wanted};
use contest::Contests;

/// Both sides allocate with what the central binary allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    if let Some(log) = std::env::var_os(start::FILL) {
        start::fill(log.as_ref());
        return;
    }
    // First, while the process has no memory to give back that would blur the figures.
    let memory = (!is_filtered()).then(memory::measure);
    let start = is_wanted(start::NAME).then(start::measure);
    let window = is_wanted(window::NAME).then(window::measure);
    let mut contests = Contests::from_args();
    one_adjust::run(&mut contests);
    one_caller::run(&mut contests);
    tills::run(&mut contests);
    after_group::run(&mut contests);
    many_callers::run(&mut contests);
    bulk::run(&mut contests);
    recovery::run(&mut contests);
    let outcomes = contests.finish();
    let deadlines = is_wanted(deadlines::NAME).then(deadlines::measure);
    let waits = is_wanted(waits::NAME).then(waits::measure);
    let tail = is_wanted(tail::NAME).then(tail::measure);
    let asked = is_wanted(history::NAME).then(history::measure);
    let written = is_wanted(snapshots::NAME).then(snapshots::measure);
    // Only when they are asked for: they take minutes.
    let growth = is_named(growth::NAME).then(growth::measure);
    let soak = is_named(soak::NAME).then(soak::measure);
    // One round on little data says that the code runs, and nothing about its speed.
    if !is_smoke_test() {
        table::print(
            &outcomes,
            &table::Measured {
                deadlines,
                waits,
                tail,
                asked,
                written,
                memory,
                window,
                start,
                growth,
                soak,
            },
        );
    }
}
