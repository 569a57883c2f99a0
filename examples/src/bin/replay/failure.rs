//! Failures: why the program stopped before it had anything to audit.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use inventory_http::Causes;

/// Whose move it is, which the exit status tells too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The command line: 2.
    Usage,
    /// The sales file: 3.
    Sales,
    /// The data directory, or the engine on it: 4.
    Storage,
}

/// One sentence about what is wrong, and its cause.
#[derive(Debug)]
pub(crate) struct Failure {
    side: Side,
    what: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// The command line cannot be understood.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Side::Usage, what, None)
    }

    /// The sales file cannot be used.
    pub(crate) fn sales(what: impl Into<String>) -> Self {
        Self::new(Side::Sales, what, None)
    }

    /// The sales file cannot be read.
    pub(crate) fn sales_because(
        what: impl Into<String>,
        cause: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::new(Side::Sales, what, Some(cause.into()))
    }

    /// The data directory holds something else, or storage or the engine on it has failed.
    pub(crate) fn storage(what: impl Into<String>) -> Self {
        Self::new(Side::Storage, what, None)
    }

    /// Storage or the engine on it has failed.
    pub(crate) fn storage_because(
        what: impl Into<String>,
        cause: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::new(Side::Storage, what, Some(cause.into()))
    }

    /// The status that the process ends with.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self.side {
            Side::Usage => 2,
            Side::Sales => 3,
            Side::Storage => 4,
        })
    }

    fn new(
        side: Side,
        what: impl Into<String>,
        cause: Option<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        let what = what.into();
        Self { side, what, cause }
    }
}

impl fmt::Display for Failure {
    /// The whole chain of causes: nothing above `main` would print it otherwise.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.cause {
            Some(cause) => write!(f, ": {}", Causes(&**cause)),
            None => Ok(()),
        }
    }
}
