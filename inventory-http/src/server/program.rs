//! A program around a service: it runs until the service ends or the system tells it to stop, and its exit status says why.

use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;

use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;

use super::background::EndError;
use super::descriptors::raise_descriptor_limit;
use super::running::Running;
use super::settings::{InvalidSetting, LogSettings};
use crate::Causes;
use crate::telemetry::logs;

/// Why a program has ended whose service fails to start with an `E`.
#[derive(Debug)]
pub enum Failure<E> {
    /// A setting is wrong: 2.
    Setting(InvalidSetting),
    /// The service did not start, with a status of its own.
    Start(E),
    /// The operating system refuses something: 5.
    System(io::Error),
    /// A part of it has failed while it ran: 7. It was told to stop, and the disk did not answer: 9.
    End(EndError),
}

/// Says how a program of this name has ended. `start` is the status for a service that did not start.
pub fn end<E: Error + 'static>(
    name: &str,
    ended: Result<(), Failure<E>>,
    start: impl FnOnce(&E) -> u8,
) -> ExitCode {
    let Err(failure) = ended else {
        return ExitCode::SUCCESS;
    };
    let (status, error) = failure.status(start);
    // Nothing above would print what has led to it.
    let _ = writeln!(io::stderr(), "{name}: {}", Causes(error));
    ExitCode::from(status)
}

impl<E: Error + 'static> Failure<E> {
    fn status(&self, start: impl FnOnce(&E) -> u8) -> (u8, &(dyn Error + 'static)) {
        match self {
            Self::Setting(error) => (2, error),
            Self::Start(error) => (start(error), error),
            Self::System(error) => (5, error),
            Self::End(error @ EndError::Part(_)) => (7, error),
            Self::End(error @ EndError::GivenUp(_)) => (9, error),
        }
    }
}

/// Starts a service and runs it until it ends. SIGTERM and SIGINT stop it, and SIGHUP has it read its files again.
///
/// # Errors
///
/// Why it has not started, or not ended well.
pub fn run<E: Send + 'static>(
    name: &str,
    logs: LogSettings,
    start: impl Future<Output = Result<Running, E>> + Send + 'static,
) -> Result<(), Failure<E>> {
    logs::install(logs.format, logs.level);
    raise_descriptor_limit();
    let runtime = Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::System)?;
    let ended = runtime.block_on(serve(name, start));
    // What was given up has threads, which nobody waits for.
    runtime.shutdown_background();
    ended
}

async fn serve<E: Send + 'static>(
    name: &str,
    start: impl Future<Output = Result<Running, E>> + Send + 'static,
) -> Result<(), Failure<E>> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::System)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::System)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(Failure::System)?;
    // It waits for the disk.
    let runtime = Handle::current();
    let starting = spawn_blocking(move || runtime.block_on(start));
    // Nothing was promised yet, and a disk may hang here, too.
    let mut running = tokio::select! {
        started = starting => started.expect("a start does not panic").map_err(Failure::Start)?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    let _ = writeln!(io::stdout(), "{name} listens on {}", running.url());
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
    use std::time::Duration;

    use super::*;
    use crate::server::{GivenUp, PartEnded};

    #[test]
    fn each_way_to_end_has_a_status_of_its_own_and_says_what_has_ended() {
        let part = |part, reason: &str| {
            let reason = reason.to_owned();
            Failure::End(EndError::Part(PartEnded { part, reason }))
        };
        let given_up = GivenUp {
            part: "the outbox",
            waited: Duration::from_secs(10),
        };
        let system = || io::Error::from(io::ErrorKind::OutOfMemory);
        for (failure, status, says) in [
            (Failure::Start(system()), 3, "out of memory"),
            (Failure::System(system()), 5, "out of memory"),
            (
                part("sending", "it has panicked: no clock"),
                7,
                "sending has ended: it has panicked: no clock",
            ),
            (Failure::End(EndError::GivenUp(given_up)), 9, "the outbox"),
        ] {
            let (found, error) = failure.status(|_| 3);
            assert_eq!(found, status, "{error}");
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
