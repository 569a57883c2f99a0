//! Exit statuses of the tool, the same as central's: why it could not do what it was asked.

use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use inventory_http::Causes;
use inventory_log::file::OpenError;

/// What is wrong, whose move it is, and what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    side: Side,
    what: String,
}

/// Whose move it is.
#[derive(Debug, Clone, Copy)]
enum Side {
    /// The command: 2.
    Usage,
    /// Somebody has the directory: 3.
    InUse,
    /// The directory is damaged: 4.
    Damage,
    /// The disk, or the system: 5.
    System,
    /// The program is too old: 6.
    Format,
    /// The clock is ahead, or what it is to be set to: 8.
    Clock,
}

impl Failure {
    /// The command cannot be done as it was given.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Side::Usage, what)
    }

    /// Somebody has the directory.
    pub(crate) fn in_use(what: impl Into<String>) -> Self {
        Self::new(Side::InUse, what)
    }

    /// What was written is not there any more.
    pub(crate) fn damage(what: impl Into<String>) -> Self {
        Self::new(Side::Damage, what)
    }

    /// The disk, or the system.
    pub(crate) fn system(what: impl Into<String>) -> Self {
        Self::new(Side::System, what)
    }

    /// Storage has failed while something was done.
    pub(crate) fn io(doing: impl fmt::Display, error: &io::Error) -> Self {
        Self::system(format!("{doing}: {}", Causes(error)))
    }

    /// A directory cannot be read.
    pub(crate) fn open(path: &Path, error: &OpenError) -> Self {
        let what = format!("{}: {}", path.display(), Causes(error));
        match error {
            OpenError::InUse => Self::in_use(what),
            OpenError::Damaged { .. } => Self::damage(what),
            OpenError::NewerFormat { .. } => Self::format(what),
            OpenError::Io(_) => Self::system(what),
            _ => Self::system(what),
        }
    }

    /// A newer program has written it.
    pub(crate) fn format(what: impl Into<String>) -> Self {
        Self::new(Side::Format, what)
    }

    /// The clock, or what was taken for the time, is ahead.
    pub(crate) fn clock(what: impl Into<String>) -> Self {
        Self::new(Side::Clock, what)
    }

    fn new(side: Side, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { side, what }
    }

    /// The status that the process ends with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.side {
            Side::Usage => 2,
            Side::InUse => 3,
            Side::Damage => 4,
            Side::System => 5,
            Side::Format => 6,
            Side::Clock => 8,
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}
