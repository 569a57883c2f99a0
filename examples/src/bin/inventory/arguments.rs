//! Command line of the operator's tool.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use inventory_core::vocabulary::{ProductId, Reference, StoreId, Timestamp};

const STATUS: &str = "\
Exit status: 0 done, and nothing is damaged; 2 wrong usage, or nothing to do it with; 3 the directory is in use and must not be; \
4 damage; 5 the disk or the system; 6 a newer format; 8 the clock is ahead.

What only reads works beside a running central, and writes no byte.";

/// Looks at a data directory of central, keeps copies of it, and puts it right.
#[derive(Debug, Parser)]
#[command(name = "inventory", version, after_help = STATUS, max_term_width = 100)]
pub(crate) struct Arguments {
    /// How answers are printed
    #[arg(short, long, value_enum, global = true, default_value_t = Output::Table, value_name = "FORM")]
    pub(crate) output: Output,
    /// What to do
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How answers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    Table,
    /// For programs: one JSON value
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Reads every byte of a directory, and reports what is not as it should be; writes nothing
    Verify {
        /// The data directory
        dir: PathBuf,
    },
    /// Copies a directory, also while central runs on it: a consistent copy, verified, or none
    Backup {
        /// The data directory
        dir: PathBuf,
        /// Where the copy goes: nothing may be there yet
        to: PathBuf,
    },
    /// Makes a data directory of a backup, under a new epoch, so that stores and followers notice
    Restore {
        /// The backup
        from: PathBuf,
        /// The new data directory: nothing may be there yet
        dir: PathBuf,
    },
    /// What could not be used, and what has become of it
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Puts right what a clock has done to a directory
    #[command(subcommand)]
    Repair(Repair),
    /// Prints the events of the log, each as one line of JSON
    Dump {
        /// The data directory
        dir: PathBuf,
        #[command(flatten)]
        filter: Filter,
    },
    /// Prints the newest events, and goes on with what comes
    Tail {
        /// The data directory
        dir: PathBuf,
        /// How many positions back to begin
        #[arg(short = 'n', long, default_value_t = 10, value_name = "COUNT")]
        lines: u64,
        #[command(flatten)]
        filter: Filter,
    },
    /// Epoch, head and sizes of a directory, and what its stock amounts to
    Stat {
        /// The data directory
        dir: PathBuf,
    },
    /// Prints a script that completes this program's command line
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetters {
    /// Lists them
    List {
        /// The data directory
        dir: PathBuf,
        /// Also those that a person has dealt with
        #[arg(long)]
        all: bool,
    },
    /// Shows one, with the bytes that were found
    Show {
        /// The data directory
        dir: PathBuf,
        /// Its id, or the number that the list gives it
        id: String,
    },
    /// Says that a person has dealt with one; nobody may be running on the directory
    Resolve {
        /// The data directory
        dir: PathBuf,
        /// Its id, or the number that the list gives it
        id: String,
        /// What was done
        #[arg(long, value_parser = clap::builder::NonEmptyStringValueParser::new())]
        note: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Repair {
    /// Sets a log back that is ahead of the clock, under a new epoch; without --yes, says what that would do
    #[command(
        after_help = "When a clock that was ahead has been written into the log, its last entry is of a time that has not \
        come yet. Put the clock right, stop central, and see what would be done; then do it with --yes. Stock, versions, \
        reservations and keys stay what they are. The log so far is set aside in the directory, under names with \
        .aside-. If it is interrupted, run it again."
    )]
    Time {
        /// The data directory
        dir: PathBuf,
        /// The time that the last entry shall have, not later than the clock [default: what the clock says]
        #[arg(long, value_name = "TIME")]
        to: Option<Timestamp>,
        /// Do it
        #[arg(long)]
        yes: bool,
    },
}

/// Which events are printed: those for which all of it holds.
#[derive(Debug, Clone, Args)]
pub(crate) struct Filter {
    /// Only of this product
    #[arg(long)]
    pub(crate) product: Option<ProductId>,
    /// Only at this store
    #[arg(long)]
    pub(crate) store: Option<StoreId>,
    /// Only of requests with this reference
    #[arg(long)]
    pub(crate) reference: Option<Reference>,
    /// Only what was recorded at this time or later, as in 2026-11-26T08:00:00.000Z
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Timestamp>,
    /// Only what was recorded at this time or earlier
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<Timestamp>,
}
