//! Operator's tool: verifies, backs up, restores and repairs a data directory.

mod arguments;
mod backup;
mod dead_letters;
mod events;
mod failure;
mod meaning;
mod output;
mod progress;
mod repair;
mod stat;
mod tail;
mod verify;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use arguments::{Arguments, Command};
use failure::Failure;

/// As central's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "inventory: {failure}");
            failure.exit_code()
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let output = arguments.output;
    match arguments.command {
        Command::Verify { dir } => verify::run(&dir, output),
        Command::Backup { dir, to } => backup::backup(&dir, &to, output),
        Command::Restore { from, dir } => backup::restore(&from, &dir, output),
        Command::DeadLetters(command) => dead_letters::run(&command, output),
        Command::Repair(command) => repair::run(&command, output),
        Command::Dump { dir, filter } => events::dump(&dir, &filter),
        Command::Tail { dir, lines, filter } => tail::run(&dir, lines, &filter),
        Command::Stat { dir } => stat::run(&dir, output),
        Command::Completions { shell } => {
            let mut command = Arguments::command();
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command, "inventory", &mut script);
            output::write(&script)
        }
    }
}
