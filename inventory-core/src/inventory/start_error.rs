//! Why an inventory did not start.

use std::io;

use crate::engine::OpenError;

/// Why an inventory did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The engine did not open.
    #[error("the engine cannot be opened")]
    Open(#[from] OpenError),
    /// The operating system refuses a thread.
    #[error("the system refuses a thread")]
    Thread(#[from] io::Error),
}
