//! Why there is no cached state, and why one was not saved.

use std::io;

/// Why a start has no cached state and needs a snapshot. Nothing was changed: the next save replaces the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Absence {
    /// There is no file: the first start, or one after somebody removed it.
    #[error("there is no cached state")]
    Missing,
    /// The file is not what was written.
    #[error("the cached state is damaged: {what}")]
    Damaged {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A newer program wrote it.
    #[error("the cached state has format {found}, this program reads {known}")]
    OtherFormat {
        /// Its format.
        found: u64,
        /// The format that is read.
        known: u64,
    },
    /// The file cannot be read.
    #[error("the cached state cannot be read")]
    Unreadable(#[source] io::Error),
}

/// Why a state was not saved. Memory is untouched, and saving again is safe: it starts a new file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// A start finds the state that was saved before, or, if only the name in the directory is at stake, either.
    #[error("the state was not saved; the one before it may still be the newest")]
    State(#[source] io::Error),
    /// The state is saved. The offset beside it trails, which nobody relies on.
    #[error("the state was saved, the offset beside it was not")]
    Offset(#[source] io::Error),
}
