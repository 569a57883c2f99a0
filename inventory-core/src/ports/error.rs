//! What storage says of itself when it fails.

use std::error::Error;

/// The cause of a storage error, in the adapter's own terms.
pub type Cause = Box<dyn Error + Send + Sync>;

/// Storage failed. What was being done, and why it failed.
#[derive(Debug, thiserror::Error)]
#[error("{operation} failed")]
#[non_exhaustive]
pub struct StorageError {
    /// What was being done, as in "renaming state.json".
    pub operation: String,
    /// Why it failed.
    #[source]
    pub cause: Cause,
}

impl StorageError {
    /// An error of `operation`.
    pub fn new(operation: impl Into<String>, cause: impl Into<Cause>) -> Self {
        Self {
            operation: operation.into(),
            cause: cause.into(),
        }
    }
}
