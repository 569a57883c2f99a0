//! Whether somebody still waits for what is being looked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::ReadError;

/// Whether somebody still waits for the answer of a search. Clones are about the same answer; unless one of them gives up,
/// it is waited for.
#[derive(Debug, Clone, Default)]
pub struct Wanted(Arc<AtomicBool>);

impl Wanted {
    /// Says that nobody waits any more.
    pub fn give_up(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work goes on.
    ///
    /// # Errors
    ///
    /// [`ReadError::GivenUp`]: nobody waits any more.
    pub fn check(&self) -> Result<(), ReadError> {
        match self.0.load(Ordering::Relaxed) {
            true => Err(ReadError::GivenUp),
            false => Ok(()),
        }
    }
}
