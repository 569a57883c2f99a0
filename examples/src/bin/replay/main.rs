//! Replay: sells half a year of a retailer's baskets through a durable engine, and accounts for every unit.
//!
//! ```text
//!  FILE ──▶ Sales ──▶ opening counts ──▶ baskets, one atomic request each ──▶ audit
//!           parsed     one per level      in the order of the file             the ledger, a restart, the log alone
//! ```
//!
//! **Killed at any moment and started again, a run ends with the totals of an undisturbed one.** Every start submits
//! everything from the beginning, in the same order, and the writer keeps that order; so the log always holds the
//! answers to some first part of the requests. For a request of that part
//!
//! - that was applied, the key is still known, and its first answer comes again: it counts as sold, once;
//! - that was refused, nothing is known, and it is decided again, later than the first time. All opening counts come
//!   before all baskets and baskets only take, so no level holds more now than it did then: it is refused again.
//!
//! Everything after that part meets the ledger exactly as an undisturbed run would have left it. For this the keys must
//! outlive the run, which is why the idempotency window has no end here.
//!
//! With `--holds` baskets are carts, and what one customer leaves the next one may take: see `shop`.
//!
//! What it does not promise: a disk that fills up and has room again between two groups that are both on their way lets
//! the second one in without the first. Such a run stops with an error, and continued it still accounts for every
//! unit, but other baskets may have come too late.

mod arguments;
mod audit;
mod books;
mod carts;
mod clock;
mod directory;
mod failure;
mod grouped;
mod pipeline;
mod progress;
mod promises;
mod report;
mod run;
mod sales;
mod selling;
mod share;
mod shop;

use std::io::{self, Write};
use std::process::ExitCode;

use arguments::{Arguments, HELP};
use failure::Failure;

/// Exit status of a run whose numbers do not add up.
const NOT_CLEAN: u8 = 1;

fn main() -> ExitCode {
    match try_main() {
        Ok(clean) if clean => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(NOT_CLEAN),
        Err(failure) => {
            // Nobody is left to tell when even this fails.
            let _ = writeln!(io::stderr(), "replay: {failure}");
            failure.exit_code()
        }
    }
}

/// Runs the program and returns whether every unit is accounted for.
fn try_main() -> Result<bool, Failure> {
    let Some(arguments) = Arguments::parse(lexopt::Parser::from_env())? else {
        print(HELP)?;
        return Ok(true);
    };
    let report = run::run(&arguments)?;
    print(&report.to_string())?;
    if arguments.json {
        print(&format!("{}\n", report.to_json()))?;
    }
    Ok(report.clean)
}

fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes());
    written
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::storage_because("standard output cannot be written", error))
}
