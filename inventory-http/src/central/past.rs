//! Searches of the past: they read the disk, for as long as somebody waits.

use std::sync::Arc;
use std::time::Duration;

use inventory_core::engine::{PastError, Reader};
use inventory_core::ports::{ReadError, Wanted};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::service::Central;
use crate::server::ApiError;
use crate::wire::{Code, GonePosition, GoneReason};

/// How long a search waits for others to end.
const PATIENCE: Duration = Duration::from_secs(2);

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
        return Err(ApiError::unavailable(
            "too many searches of the past are running",
        ));
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
        Err(_) => Err(ApiError::stopping()),
    }
}

/// Why nothing can be said of the past, as an error of the API.
fn untold(reader: &Reader, field: &'static str, error: &PastError) -> ApiError {
    let lost = match error {
        PastError::AheadOfHead { head } => {
            return ApiError::field(field, format!("is ahead of the log, which ends at {head}"));
        }
        PastError::Unreadable(ReadError::Failed(cause)) => {
            tracing::error!(%cause, "the log could not be read for the past");
            return ApiError::unavailable("the log could not be read now");
        }
        PastError::GivenUp => return ApiError::stopping(),
        PastError::BeyondRetention { .. } => "the log no longer tells what was there then",
        PastError::Unreadable(_) => "the log is damaged there and no longer tells what was there",
        _ => "the log does not tell what was there then",
    };
    ApiError::new(Code::Gone, lost)
        .with_detail(field, "is beyond what is kept of the log")
        .with_position(GonePosition {
            reason: GoneReason::Retention,
            snapshot: "/replication/snapshot".into(),
            epoch: reader.epoch().to_string(),
            oldest_offset: reader.floor().number(),
            last_offset: reader.head().sequence.number(),
        })
}
