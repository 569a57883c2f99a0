//! Obeys the syncer: the loop that keeps the copy up to date.

use std::sync::Arc;
use std::time::Duration;

use inventory_http::wire::{Changes, WireEvent};
use tokio::time::{Instant, sleep_until};

use super::service::Store;
use super::settings::Follow;
use crate::chain::Chain;
use crate::client::{self, CallError, StreamItem};
use crate::replica::{Position, Replica};
use crate::syncer::Step;

/// Events of a page. The copy is held for as long as they take: a few milliseconds.
const PAGE_EVENTS: u64 = 2_000;

/// How long central may hold a poll while nothing happens.
pub(super) const LONG_POLL: Duration = Duration::from_secs(20);

/// Follows central until the store is stopped.
pub(super) async fn follow(store: Arc<Store>, how: Follow) {
    tokio::select! {
        () = steps(&store, how) => {}
        () = store.stopping() => {}
    }
}

async fn steps(store: &Store, how: Follow) {
    loop {
        let (step, now) = store.ask_syncer(|syncer, now| (syncer.next(now), now));
        match (step, how) {
            (Step::FetchSnapshot, _) => store.fetch_snapshot().await,
            (
                Step::Poll {
                    from,
                    long_poll: true,
                },
                Follow::Stream,
            ) => store.stream(&from).await,
            (Step::Poll { from, long_poll }, _) => store.poll(&from, long_poll).await,
            (Step::Sleep { until }, _) => sleep_until(Instant::now() + until.since(now)).await,
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
        match self.central.changes(&asked(from), PAGE_EVENTS, wait).await {
            Ok(page) => {
                self.take(&page);
            }
            Err(error) => self.failed(&error),
        }
    }

    /// Follows a page. Returns whether it continued the copy.
    fn take(&self, page: &Changes<'_>) -> bool {
        let followed = match &mut *self.replica.write() {
            Some(replica) => replica.follow(page),
            None => return false,
        };
        match followed {
            Ok(followed) => {
                self.tell_syncer(|syncer, now| syncer.on_page(now, &followed));
                if followed.events > 0 {
                    self.to_save.notify_one();
                }
                true
            }
            Err(error) => {
                tracing::warn!(%error, "central's log does not continue this copy; a snapshot is taken");
                self.tell_syncer(|syncer, now| syncer.on_diverged(now));
                false
            }
        }
    }

    /// Follows a stream until it ends. Events are taken a request at a time.
    async fn stream(&self, from: &Position) {
        let mut events = match self.central.stream(&asked(from)).await {
            Ok(stream) => stream,
            Err(error) => return self.failed(&error),
        };
        let mut request: Vec<WireEvent<'static>> = Vec::new();
        loop {
            match events.next().await {
                Some(Ok(StreamItem::Event { event, .. })) => request.push(*event),
                // Central is there: an empty page says so.
                Some(Ok(StreamItem::Heartbeat)) if request.is_empty() => {}
                Some(Ok(StreamItem::Heartbeat)) => continue,
                Some(Err(error)) => return self.failed(&error),
                // Central has ended it in good order, to stop or to start again.
                None => return self.tell_syncer(|syncer, now| syncer.on_error(now, None)),
            }
            let whole = request.last().is_none_or(|event| {
                event.seq
                    == event
                        .request_seq
                        .plus(event.request_events.saturating_sub(1))
            });
            if !whole {
                continue;
            }
            let at = self
                .replica
                .read()
                .as_ref()
                .map_or(*from, Replica::position);
            let page = Changes {
                next_offset: request.last().map_or(at.offset, |event| event.seq),
                head_offset: request.last().map_or(at.offset, |event| event.seq),
                events: std::mem::take(&mut request),
                has_more: false,
                epoch: from.epoch,
            };
            if !self.take(&page) {
                return;
            }
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
                if self.is_connected() {
                    tracing::warn!(error = %Chain(error), "central is away; the copy is served");
                }
                let retry_after = error.retry_after();
                self.tell_syncer(|syncer, now| syncer.on_error(now, retry_after));
            }
        }
    }
}

/// Where the replica stands, as central is asked.
fn asked(from: &Position) -> client::Position {
    client::Position {
        offset: from.offset,
        epoch: Some(from.epoch),
        chain: Some(from.chain),
    }
}
