//! A store: a replica of central that serves reads when the link is down, and keeps what it could not forward. Options
//! and the environment say how; see the settings in the README of `inventory-store`.

use std::error::Error;
use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Command;
use inventory_http::server::{InvalidSetting, command_line, raise_descriptor_limit};
use inventory_http::telemetry::logs;
use inventory_log::SystemClock;
use inventory_log::disk::DirectoryError;
use inventory_store::api::{EndError, SETTINGS, Server, Settings, StartError};
use inventory_store::outbox;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;

/// Why a store ended.
#[derive(Debug)]
enum Failure {
    /// A setting is wrong: 2.
    Setting(InvalidSetting),
    /// It cannot be started: 2, 3 when somebody else uses the directory, 4 when the outbox is damaged, 5 when something
    /// cannot be read or written, 6 when a later release has written it.
    Start(StartError),
    /// The operating system refuses something: 5.
    System(io::Error),
    /// A part of it has failed while it ran: 7. It was told to stop, and the disk did not answer: 9.
    End(EndError),
}

impl Failure {
    /// The status that the process ends with.
    fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Setting(_) | Self::Start(StartError::Keys(_) | StartError::Roots(_)) => 2,
            Self::Start(StartError::Directory(DirectoryError::InUse { .. })) => 3,
            Self::Start(StartError::Outbox(outbox::OpenError::Damaged { .. })) => 4,
            Self::Start(StartError::Outbox(outbox::OpenError::NewerFormat { .. })) => 6,
            Self::Start(_) | Self::System(_) => 5,
            Self::End(EndError::Part(_)) => 7,
            Self::End(EndError::GivenUp(_)) => 9,
        })
    }
}

impl fmt::Display for Failure {
    /// The whole chain of causes: nothing above `main` would print it otherwise.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error: &dyn Error = match self {
            Self::Setting(error) => error,
            Self::Start(error) => error,
            Self::System(error) => error,
            Self::End(error) => error,
        };
        write!(f, "{error}")?;
        let mut cause = error.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// As central's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STATUS: &str = "\
Exit status: 0 stopped by SIGTERM or SIGINT; 2 a setting; 3 the directory is in use; 4 the outbox is damaged; 5 the disk or \
the system; 6 a newer format; 7 a part of it has failed; 9 a disk that hangs or is slow kept it from ending.\n\
SIGHUP reads STORE_API_KEYS_FILE, TLS_CERT_FILE and TLS_KEY_FILE again.";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "store: {failure}");
            failure.exit_code()
        }
    }
}

/// As central's.
fn command() -> Command {
    Command::new("store")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A replica of central, as an HTTP service: it reads and queues on while the link is down")
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
    ended
}

async fn serve(settings: &Settings) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::System)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::System)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(Failure::System)?;
    let starting = {
        let (runtime, settings) = (Handle::current(), settings.clone());
        let start = async move { Server::start(Arc::new(SystemClock), &settings).await };
        spawn_blocking(move || runtime.block_on(start))
    };
    // As central's.
    let mut running = tokio::select! {
        started = starting => started.expect("a start does not panic").map_err(Failure::Start)?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    let _ = writeln!(
        io::stdout(),
        "store {} listens on {}",
        settings.store,
        running.url()
    );
    loop {
        tokio::select! {
            ended = running.ended() => return ended.map_err(Failure::End),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => running.reread(),
        }
    }
    running.stop();
    running.ended().await.map_err(Failure::End)
}

#[cfg(test)]
mod tests {
    use inventory_store::api::PartEnded;

    use super::*;

    #[test]
    fn a_part_that_fails_ends_the_program_with_its_name_its_reason_and_a_status_of_its_own() {
        let failure = Failure::End(EndError::Part(PartEnded {
            part: "sending",
            reason: "it has panicked: no clock".to_owned(),
        }));
        assert_eq!(
            failure.to_string(),
            "sending has ended: it has panicked: no clock"
        );
        let (code, seven) = (failure.exit_code(), ExitCode::from(7));
        assert_eq!(format!("{code:?}"), format!("{seven:?}"));
    }
}
