//! What questions about the past need is made in the background once central has started: the first one does not wait for
//! it.

use std::time::Instant;

use inventory_core::engine::{PastError, Reader};
use inventory_core::ports::Wanted;
use tokio::task::{JoinHandle, spawn_blocking};

use super::past::Waiting;
use crate::Causes;

/// The preparation, which ends by itself.
pub(super) struct Preparing {
    waiting: Waiting,
    working: JoinHandle<()>,
}

impl Preparing {
    pub(super) fn start(reader: &Reader) -> Self {
        let waiting = Waiting(Wanted::default());
        let reader = reader.wanted_by(&waiting.0);
        let working = spawn_blocking(move || {
            let begun = Instant::now();
            match reader.prepare_searches() {
                Ok(()) => tracing::debug!(
                    took_ms = begun.elapsed().as_millis() as u64,
                    "questions about the past are prepared for"
                ),
                Err(PastError::GivenUp) => {}
                Err(error) => tracing::warn!(
                    error = %Causes(&error),
                    "questions about the past have to read more of the log: it cannot be indexed"
                ),
            }
        });
        Self { waiting, working }
    }

    /// Ends it: it has ended once what is returned is ready.
    pub(super) fn stop(self) -> JoinHandle<()> {
        drop(self.waiting);
        self.working
    }
}
