//! Searches of the past: they read the disk, for as long as somebody waits.

use std::sync::Arc;
use std::time::Duration;

use inventory_core::engine::{PastError, Reader};
use inventory_core::ports::Wanted;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::as_of::untold;
use super::service::Central;
use crate::kit::ApiError;
use crate::wire::Code;

/// Searches that run at once: each keeps a core busy that sales could use.
pub(super) const SEARCHES_MAX: usize = 4;

/// How long a search waits for others to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// The turns of searches.
pub(super) fn turns() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(SEARCHES_MAX))
}

/// Says that nobody waits any more, when it is dropped.
pub(super) struct Waiting(pub(super) Wanted);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.give_up();
    }
}

/// Looks for something in the past, beside the threads that serve connections, until it is found or the caller is gone.
/// `field` is what named the moment.
pub(super) async fn search<T: Send + 'static>(
    service: &Arc<Central>,
    field: &'static str,
    look: impl FnOnce(&Reader) -> Result<T, PastError> + Send + 'static,
) -> Result<T, ApiError> {
    let turn = Arc::clone(service.searches()).acquire_owned();
    let Ok(turn) = timeout(PATIENCE, turn).await else {
        let message = "too many searches of the past are running";
        return Err(ApiError::new(Code::Unavailable, message).with_retry_after(1));
    };
    let waiting = Waiting(Wanted::default());
    let reader = service.reader().wanted_by(&waiting.0);
    let searching = spawn_blocking(move || {
        // A search that was given up takes its turn until it has ended.
        let _turn = turn;
        look(&reader)
    });
    match searching.await {
        Ok(found) => found.map_err(|error| untold(service.reader(), field, &error)),
        Err(_) => Err(stopping()),
    }
}

/// The answer to a search that the end of the service has cut off.
pub(super) fn stopping() -> ApiError {
    ApiError::new(Code::Unavailable, "the service is stopping").with_retry_after(1)
}
