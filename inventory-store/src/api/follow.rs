//! Obeys the syncer: the loop that keeps the copy up to date.

use std::sync::Arc;
use std::time::Duration;

use inventory_http::Causes;
use inventory_http::client::CallError;
use inventory_http::wire::{Changes, Position};
use tokio::time::{Instant, sleep_until};

use super::concerns::About;
use super::service::Store;
use crate::replica::Replica;
use crate::sending::{Blocked, Trouble};
use crate::syncer::Step;

/// Events of a page. The copy is held for as long as they take: a few milliseconds.
const PAGE_EVENTS: u64 = 2_000;

/// How long central may hold a poll while nothing happens: its answer is the proof that the copy is current, so that a
/// central that is frozen, or a link that is half open, is noticed not long after.
pub(super) const LONG_POLL: Duration = Duration::from_secs(5);

/// Follows central until the store is stopped.
pub(super) async fn follow(store: Arc<Store>) -> Result<(), String> {
    tokio::select! {
        () = steps(&store) => {}
        () = store.stopping.begun() => {}
    }
    Ok(())
}

async fn steps(store: &Store) {
    loop {
        let (step, now) = store.ask_syncer(|syncer, now| (syncer.next(now), now));
        match step {
            Step::FetchSnapshot => store.fetch_snapshot().await,
            Step::Poll {
                from,
                long_poll: true,
            } => tokio::select! {
                // Somebody has reason to think that central would not answer it: what was told to the syncer leads on.
                () = store.doubted.notified() => {}
                () = store.poll(&from, true) => {}
            },
            Step::Poll { from, long_poll } => store.poll(&from, long_poll).await,
            Step::Sleep { until } => sleep_until(Instant::now() + until.since(now)).await,
        }
    }
}

impl Store {
    async fn fetch_snapshot(&self) {
        match self.central.snapshot().await {
            Ok(snapshot) => match Replica::from_snapshot(&snapshot) {
                Ok(replica) => {
                    let position = replica.position();
                    *self.replica.write() = Some(replica);
                    self.tell_syncer(|syncer, now| syncer.on_snapshot(now, position));
                    self.to_save.notify_one();
                    tracing::info!(offset = %position.offset, "a snapshot of central is followed");
                }
                Err(error) => {
                    tracing::warn!(%error, "central's snapshot cannot be used");
                    self.tell_syncer(|syncer, now| syncer.on_diverged(now));
                }
            },
            Err(error) => self.failed(&error),
        }
    }

    async fn poll(&self, from: &Position, long_poll: bool) {
        let wait = if long_poll { LONG_POLL } else { Duration::ZERO };
        match self.central.changes(from, PAGE_EVENTS, wait).await {
            Ok(page) => self.take(&page),
            Err(error) => self.failed(&error),
        }
    }

    /// Follows a page.
    fn take(&self, page: &Changes<'_>) {
        let followed = match &mut *self.replica.write() {
            Some(replica) => replica.follow(page),
            None => return,
        };
        match followed {
            Ok(followed) => {
                self.tell_syncer(|syncer, now| syncer.on_page(now, &followed));
                if followed.events > 0 {
                    self.to_save.notify_one();
                }
                if followed.taken_over > 0 {
                    self.concern(About::Version, Some(newer(page)));
                }
            }
            Err(error) if error.is_newer() => {
                let was_newer = self.ask_syncer(|syncer, _| syncer.central_is_newer());
                if !was_newer {
                    tracing::error!(error = %Causes(&error), "central is newer than this store: upgrade it; until then it follows by a snapshot now and then");
                }
                self.tell_syncer(|syncer, now| syncer.on_newer(now));
            }
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "central's log does not continue this copy; a snapshot is taken");
                self.tell_syncer(|syncer, now| syncer.on_diverged(now));
            }
        }
    }

    /// Remembers why central is not followed, and says it once for each kind of reason.
    fn note(&self, error: &CallError) {
        let reason = Trouble::from(error).reason;
        let mut last = self.last_error.lock();
        let before = last.as_ref().map(|last| last.reason.code());
        if before != Some(reason.code()) {
            tracing::warn!(store = %self.id, %reason, error = %Causes(error), "central is away; the copy is served");
        }
        let since = match &*last {
            Some(before) if before.reason.code() == reason.code() => before.since,
            Some(_) | None => self.clock.now(),
        };
        *last = Some(Blocked { reason, since });
    }

    /// A call to central has failed in a way that says more than that: whether it is there is proved anew, at once.
    pub(super) fn doubt(&self, error: &CallError) {
        if error.is_doubt() && self.is_connected() {
            self.note(error);
            self.tell_syncer(|syncer, now| syncer.on_error(now, None));
            self.doubted.notify_one();
        }
    }

    fn failed(&self, error: &CallError) {
        match error {
            CallError::Gone { position, .. } => {
                tracing::warn!(reason = ?position.reason, "central cannot be followed from here");
                self.tell_syncer(|syncer, now| syncer.on_gone(now));
            }
            CallError::Refused { .. }
            | CallError::Unavailable { .. }
            | CallError::Unknown { .. }
            | CallError::NotUnderstood { .. } => {
                self.note(error);
                let retry_after = error.retry_after();
                self.tell_syncer(|syncer, now| syncer.on_error(now, retry_after));
            }
        }
    }
}

/// What is wrong with a central that writes what this version does not know.
fn newer(page: &Changes<'_>) -> String {
    let kind = page.events.iter().find(|event| !event.is_known());
    let kind = kind.map_or("", |event| &*event.kind);
    format!(
        "central is newer than this store, which takes over what events such as {kind} leave behind and cannot check them: \
         upgrade it"
    )
}
