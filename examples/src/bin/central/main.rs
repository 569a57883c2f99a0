//! Central: the authority over stock, as an HTTP service on a directory of files. Options and the environment say
//! how; see the settings in the README of `inventory-http`.

mod failure;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Command;
use inventory_http::central::{Exit, SETTINGS, Server, Settings};
use inventory_http::server::{command_line, raise_descriptor_limit};
use inventory_http::telemetry::logs;
use inventory_log::file::{self, FileOptions};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;

use failure::Failure;

/// Many small values are made on one thread and dropped on another, which this allocator is good at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STATUS: &str = "\
Exit status: 0 stopped by SIGTERM or SIGINT; 2 a setting; 3 the directory is in use; 4 damage; 5 the disk or the system; \
6 a newer format; 7 an outcome is unknown, or a part has failed: start again; 8 the clock is far ahead of the log; \
9 a disk that hangs or is slow kept it from ending.\n\
SIGHUP reads API_KEYS_FILE, TLS_CERT_FILE and TLS_KEY_FILE again.";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "central: {failure}");
            failure.exit_code()
        }
    }
}

/// Every setting is an option and a variable.
fn command() -> Command {
    Command::new("central")
        .version(env!("CARGO_PKG_VERSION"))
        .about("The authority over stock, as an HTTP service on a directory of files")
        .after_help(STATUS)
}

fn run() -> Result<(), Failure> {
    let settings = command_line::settings(command(), SETTINGS, Settings::from_source)
        .map_err(Failure::Setting)?;
    logs::install(settings.logs.format, settings.logs.level);
    raise_descriptor_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::System)?;
    let ended = runtime.block_on(serve(&settings));
    // What was given up has threads, which nobody waits for.
    runtime.shutdown_background();
    match ended? {
        Exit::Stopped => Ok(()),
        Exit::EngineFailed => Err(Failure::Engine),
        Exit::PartFailed(part) => Err(Failure::Part(part)),
        Exit::GivenUp(given_up) => Err(Failure::GivenUp(given_up)),
    }
}

/// Opens the files and serves them: waits for the disk.
async fn start(settings: &Settings) -> Result<Server, Failure> {
    let options = FileOptions::default().with_recovery(settings.engine.recovery);
    let store = file::open(&settings.data_dir, options).map_err(Failure::Files)?;
    for finding in &store.findings {
        tracing::warn!(%finding, "found while opening");
    }
    let started = Server::start(store.into_ports(), settings).await;
    started.map_err(Failure::Start)
}

async fn serve(settings: &Settings) -> Result<Exit, Failure> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::System)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::System)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(Failure::System)?;
    let starting = {
        let (runtime, settings) = (Handle::current(), settings.clone());
        spawn_blocking(move || runtime.block_on(start(&settings)))
    };
    // Nothing was promised yet, and a disk may hang here, too.
    let mut running = tokio::select! {
        started = starting => started.expect("a start does not panic")?,
        _ = terminate.recv() => return Ok(Exit::Stopped),
        _ = interrupt.recv() => return Ok(Exit::Stopped),
    };
    let _ = writeln!(std::io::stdout(), "central listens on {}", running.url());
    loop {
        tokio::select! {
            ended = running.ended() => return Ok(ended),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => running.reread(),
        }
    }
    running.stop();
    Ok(running.ended().await)
}
