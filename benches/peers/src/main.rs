//! The same work on PostgreSQL, Redis, SQLite and ours, in one run: a unit of a product is taken if one is there, under an
//! idempotency key, with an event at a position of its own, and durable before the caller has an answer.
//!
//! `make bench-peers` runs it with the path of a central and a folder that is on a disk. Each side's statements and settings
//! are files in the folder of its name. `PEERS_ROUNDS` is how many rounds of a row there are (3), `PEERS_SECONDS` how long
//! each takes on each side (5).

#[path = "../../http/client.rs"]
mod client;
mod embedded;
mod postgresql;
mod redis;
mod rounds;
mod rows;
mod sale;
mod server;
mod service;
mod side;
mod sqlite;
mod table;
mod tasks;
mod threads;

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use rounds::Plan;
use rows::ROWS;
use side::Fallible;

/// What the central binary allocates with.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Fallible<()> {
    let mut words = std::env::args().skip(1);
    let (Some(central), Some(folder)) = (words.next(), words.next()) else {
        return Err("pass the path of a central and a folder, as `make bench-peers` does".into());
    };
    let (central, folder) = (PathBuf::from(central), PathBuf::from(folder));
    let wanted: Vec<String> = words.collect();
    let is_known = |word: &String| ROWS.iter().any(|row| row.word == word);
    if let Some(word) = wanted.iter().find(|word| !is_known(word)) {
        let words: Vec<_> = ROWS.iter().map(|row| row.word).collect();
        return Err(format!("{word} is no row; there are {}", words.join(", ")).into());
    }
    let plan = Plan {
        rounds: setting("PEERS_ROUNDS", 3)?,
        round: Duration::try_from_secs_f64(setting("PEERS_SECONDS", 5.0)?)?,
    };
    if plan.rounds == 0 {
        return Err("PEERS_ROUNDS is at least 1".into());
    }
    let mut measured = Vec::new();
    for row in ROWS {
        if wanted.is_empty() || wanted.iter().any(|word| word == row.word) {
            measured.push((row, rounds::measure(row, &plan, &folder, &central)?));
        }
    }
    table::print(&measured);
    Ok(())
}

/// A number from the environment.
fn setting<T: FromStr>(name: &str, default: T) -> Fallible<T> {
    let Ok(text) = std::env::var(name) else {
        return Ok(default);
    };
    let number = text.parse();
    number.map_err(|_| format!("{name} is a number, not {text}").into())
}
