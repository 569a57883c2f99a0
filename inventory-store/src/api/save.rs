//! Saves the copy now and then.

use inventory_http::wire::Position;
use std::io::Write;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::service::Store;
use crate::cache::{CacheFiles, SaveSchedule};
use crate::replica::{Frozen, Replica};

/// A copy is not saved more often than this, since it is written whole.
const AT_MOST_EVERY: Duration = Duration::from_secs(1);

/// Saves until the store is stopped, and then once more.
pub(super) async fn save(
    store: Arc<Store>,
    mut files: CacheFiles,
    mut saved: Option<Position>,
) -> Result<(), String> {
    let mut schedule = SaveSchedule::default();
    schedule.sized(files.bytes());
    let mut seen = saved;
    loop {
        let due = schedule.due_at();
        let stopped = tokio::select! {
            () = store.to_save.notified() => {
                let at = store.replica.read().as_ref().map(Replica::position);
                let events = worth(seen, at);
                schedule.applied(events, std::time::Instant::now());
                seen = at;
                continue;
            }
            () = until(due) => false,
            () = store.stopping.begun() => true,
        };
        let begun = Instant::now();
        let events = schedule.started();
        let frozen = store.replica.read().as_ref().map(Replica::freeze);
        if let Some(frozen) = frozen.filter(|frozen| Some(frozen.position()) != saved) {
            let at = frozen.position();
            let saving = tokio::task::spawn_blocking(move || {
                let written = write(&mut files, &frozen);
                (files, written)
            });
            let (given_back, written) = match saving.await {
                Ok(saved) => saved,
                // This part has panicked, then: what it says is said as of any other.
                Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                Err(error) => return Err(error.to_string()),
            };
            files = given_back;
            schedule.sized(files.bytes());
            match written {
                Ok(()) => {
                    saved = Some(at);
                    store.saving.over();
                }
                Err(error) => {
                    store.saving.failed(&error, store.clock.now());
                    schedule.failed(events, std::time::Instant::now());
                }
            }
        }
        if stopped {
            return Ok(());
        }
        tokio::select! {
            () = sleep_until(begun + AT_MOST_EVERY) => {}
            () = store.stopping.begun() => {}
        }
    }
}

/// How many events a copy is ahead of the one before. The first copy, and one of another history, is worth any number:
/// what is on disk is of no use then.
fn worth(before: Option<Position>, now: Option<Position>) -> u64 {
    match (before, now) {
        (_, None) => 0,
        (Some(before), Some(now)) if before.epoch == now.epoch && before.offset <= now.offset => {
            now.offset.events_since(before.offset)
        }
        (_, Some(_)) => u64::MAX,
    }
}

/// Waits for a moment; for ever when there is none.
async fn until(due: Option<std::time::Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

fn write(files: &mut CacheFiles, frozen: &Frozen) -> Result<(), crate::cache::SaveError> {
    let write = |out: &mut dyn Write| Ok(serde_json::to_writer(out, frozen)?);
    files.save(write, frozen.position())
}
