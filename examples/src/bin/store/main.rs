//! A store: a replica of central that serves reads when the link is down, and keeps what it could not forward. Options
//! and the environment say how; see the settings in the README of `inventory-store`.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Command;
use inventory_http::server::{command_line, program};
use inventory_log::SystemClock;
use inventory_log::disk::DirectoryError;
use inventory_store::api::{self, SETTINGS, Settings, StartError};
use inventory_store::outbox;

/// As central's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STATUS: &str = "\
Exit status: 0 stopped by SIGTERM or SIGINT; 2 a setting; 3 the directory is in use; 4 the outbox is damaged; 5 the disk or \
the system; 6 a newer format; 7 a part of it has failed; 9 a disk that hangs or is slow kept it from ending.\n\
SIGHUP reads STORE_API_KEYS_FILE, TLS_CERT_FILE and TLS_KEY_FILE again.";

fn main() -> ExitCode {
    program::end("store", run(), status)
}

/// The status of a store that did not start.
fn status(error: &StartError) -> u8 {
    match error {
        StartError::Keys(_) | StartError::Roots(_) => 2,
        StartError::Directory(DirectoryError::InUse { .. }) => 3,
        StartError::Outbox(outbox::OpenError::Damaged { .. }) => 4,
        StartError::Outbox(outbox::OpenError::NewerFormat { .. }) => 6,
        StartError::Directory(_)
        | StartError::Outbox(_)
        | StartError::Thread(_)
        | StartError::Bind(_) => 5,
    }
}

/// As central's.
fn command() -> Command {
    Command::new("store")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A replica of central, as an HTTP service: it reads and queues on while the link is down")
        .after_help(STATUS)
}

fn run() -> Result<(), program::Failure<StartError>> {
    let settings = command_line::settings(command(), SETTINGS, Settings::from_source)
        .map_err(program::Failure::Setting)?;
    let (name, logs) = (format!("store {}", settings.store), settings.service.logs);
    let start = async move { api::start(Arc::new(SystemClock), &settings).await };
    program::run(&name, logs, start)
}
