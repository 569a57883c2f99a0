//! Central: the authority over stock, as an HTTP service on a directory of files. Options and the environment say
//! how; see the settings in the README of `inventory-http`.

use std::process::ExitCode;

use clap::Command;
use inventory_core::engine;
use inventory_http::central::{self, SETTINGS, Settings, StartError};
use inventory_http::server::{Running, command_line, program};
use inventory_log::file::{self, FileOptions, OpenError};

/// Many small values are made on one thread and dropped on another, which this allocator is good at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STATUS: &str = "\
Exit status: 0 stopped by SIGTERM or SIGINT; 2 a setting; 3 the directory is in use; 4 damage; 5 the disk or the system; \
6 a newer format; 7 an outcome is unknown, or a part has failed: start again; 8 the clock is far ahead of the log; \
9 a disk that hangs or is slow kept it from ending.\n\
SIGHUP reads API_KEYS_FILE, TLS_CERT_FILE and TLS_KEY_FILE again.";

/// Why central did not start.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Files(#[from] OpenError),
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Failure {
    /// The status that the process ends with.
    fn status(&self) -> u8 {
        match self {
            Self::Start(StartError::Keys(_)) => 2,
            Self::Files(OpenError::InUse) => 3,
            Self::Files(OpenError::Damaged { .. }) => 4,
            Self::Start(StartError::Engine(error)) if error.is_damage() => 4,
            Self::Files(OpenError::NewerFormat { .. }) => 6,
            Self::Start(StartError::Engine(engine::OpenError::ClockAhead(_))) => 8,
            Self::Files(_) | Self::Start(_) => 5,
        }
    }
}

fn main() -> ExitCode {
    program::end("central", run(), Failure::status)
}

/// Every setting is an option and a variable.
fn command() -> Command {
    Command::new("central")
        .version(env!("CARGO_PKG_VERSION"))
        .about("The authority over stock, as an HTTP service on a directory of files")
        .after_help(STATUS)
}

fn run() -> Result<(), program::Failure<Failure>> {
    let settings = command_line::settings(command(), SETTINGS, Settings::from_source)
        .map_err(program::Failure::Setting)?;
    program::run("central", settings.service.logs, start(settings))
}

/// Opens the files and serves them.
async fn start(settings: Settings) -> Result<Running, Failure> {
    let options = FileOptions::default().with_recovery(settings.engine.recovery);
    let store = file::open(&settings.service.data_dir, options)?;
    for finding in &store.findings {
        tracing::warn!(%finding, "found while opening");
    }
    let (running, _) = central::start(store.into_ports(), &settings).await?;
    Ok(running)
}
