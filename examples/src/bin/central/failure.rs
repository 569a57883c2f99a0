//! Exit statuses of central: why it ended.

use std::error::Error;
use std::fmt;
use std::io;
use std::process::ExitCode;

use inventory_core::engine;
use inventory_http::central::StartError;
use inventory_http::server::{GivenUp, InvalidSetting};
use inventory_log::file::OpenError;

/// Why central ended.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A setting is wrong: 2.
    Setting(InvalidSetting),
    /// The directory cannot be used: 3 when somebody else uses it, 4 when it is damaged, 5 when it cannot be read or
    /// written, 6 when a later release has written it.
    Files(OpenError),
    /// The service cannot be started: 2, 4 or 5, as above, and 8 when the clock is too far ahead of the log.
    Start(StartError),
    /// The operating system refuses something: 5.
    System(io::Error),
    /// The engine has stopped, and what was being written is unknown until the next start: 7.
    Engine,
    /// Something that goes on in the background has panicked: 7.
    Part(&'static str),
    /// It was told to stop, and the disk did not answer: 9.
    GivenUp(GivenUp),
}

impl Failure {
    /// The status that the process ends with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Setting(_) | Self::Start(StartError::Keys(_)) => 2,
            Self::Files(OpenError::InUse) => 3,
            Self::Files(OpenError::Damaged { .. }) => 4,
            Self::Start(StartError::Engine(error)) if error.is_damage() => 4,
            Self::Start(StartError::Engine(engine::OpenError::ClockAhead(_))) => 8,
            Self::Files(OpenError::NewerFormat { .. }) => 6,
            Self::Files(_) | Self::System(_) | Self::Start(_) => 5,
            Self::Engine | Self::Part(_) => 7,
            Self::GivenUp(_) => 9,
        })
    }
}

impl fmt::Display for Failure {
    /// The whole chain of causes: nothing above `main` would print it otherwise.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error: &dyn Error = match self {
            Self::Setting(error) => error,
            Self::Files(error) => error,
            Self::Start(error) => error,
            Self::System(error) => error,
            Self::GivenUp(error) => error,
            Self::Part(part) => {
                return write!(
                    f,
                    "{part} has failed; what was acknowledged is durable, and the next start goes on"
                );
            }
            Self::Engine => {
                return f.write_str(
                    "the engine has stopped; what was being written is settled by the next start",
                );
            }
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
