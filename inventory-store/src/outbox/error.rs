//! Why the outbox was not opened, and why it takes nothing.

use std::io;
use std::sync::Arc;

use super::change::Refusal;
use super::line::FORMAT;

/// Why the outbox was not opened. The file is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Intents that somebody was told are queued may be lost.
    #[error(
        "{file}, line {line}: {what}; nothing was changed: restore the file, or move it away and enter by hand what \
         its other lines say is queued"
    )]
    Damaged {
        /// The file.
        file: &'static str,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A newer program wrote the file.
    #[error("{file} has format {found}, this program reads {FORMAT}: start the newer program")]
    NewerFormat {
        /// The file.
        file: &'static str,
        /// Its format.
        found: u64,
    },
    /// Storage failed. What was queued still is; opening again is safe.
    #[error(
        "{file} cannot be opened: make sure that the directory can be written and that the disk works"
    )]
    Io {
        /// The file.
        file: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// What is wrong with the bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Damaged { line: u64, what: &'static str },
    NewerFormat { found: u64 },
}

/// The outbox's file cannot be relied on: nothing is taken or sent until it was written anew.
///
/// The changes that were being written have not happened then; when the process ends before, they may have. An update
/// that was among them may be sent again under its key; an answer of central that was not recorded is asked for again
/// under its key.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the outbox was not written; it takes nothing until it can be written anew")]
pub struct OutboxFailed(#[source] pub(super) Arc<io::Error>);

/// Why a change did not happen, or may not have.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The answer is no, and nothing has changed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It is not known to be on disk.
    #[error(transparent)]
    Failed(#[from] OutboxFailed),
}
