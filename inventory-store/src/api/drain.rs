//! Sends what is queued, by batches, when central is there.

use std::sync::Arc;
use std::time::Duration;

use inventory_core::vocabulary::Timestamp;
use inventory_http::Causes;
use inventory_http::client::RowAnswer;
use tokio::time::{Instant, sleep_until};

use super::service::Store;
use crate::outbox::{Change, Intent, Reason};
use crate::replica::Replica;
use crate::sending::{About, Judged, Row, Trouble};

/// How often the queue is looked at when nobody says that something has changed: its intents grow old.
const LOOK: Duration = Duration::from_secs(5);

/// How long it is taken for true since when central remembers keys: it forgets by days, or by the million.
const HEARD_FOR: Duration = Duration::from_secs(10);

/// Sends until the store is stopped.
pub(super) async fn drain(store: Arc<Store>) -> Result<(), String> {
    tokio::select! {
        () = rounds(&store) => {}
        () = store.stopping.begun() => {}
    }
    Ok(())
}

/// Watches the thread of the outbox, and its disk, until the outbox was closed and the thread has ended: who is answered while
/// the store stops may wait for the disk, too.
pub(super) async fn watch(store: Arc<Store>) -> Result<(), String> {
    let watch_disk = async {
        loop {
            store.outbox.watch_disk().await;
            store.to_send.notify_one();
        }
    };
    tokio::select! {
        ended = store.outbox.ended() => ended.map_err(|panicked| panicked.to_string()),
        () = watch_disk => Ok(()),
    }
}

async fn rounds(store: &Store) {
    let mut changed = store.outbox.subscribe();
    loop {
        if store.is_connected() {
            while store.send_batch().await {}
        } else if store.outbox.outbox().has_overdue(store.clock.now()) {
            // What cannot be parked now is tried again at the next look, and was logged.
            let _ = store.change(Change::Expire).await;
        }
        let look = Instant::now() + LOOK;
        let due = store.next_sending().map_or(look, |due| due.min(look));
        tokio::select! {
            () = store.to_send.notified() => {}
            Ok(()) = changed.changed() => {}
            () = sleep_until(due) => {}
        }
    }
}

impl Store {
    /// When something that waits may be sent.
    fn next_sending(&self) -> Option<Instant> {
        let now = self.now();
        let sending = self.sending.lock();
        let until = sending
            .waits_until(now)
            .or_else(|| sending.aside_until(now));
        until.map(|until| Instant::now() + until.since(now))
    }

    /// Sends what may be sent together. Returns whether there may be more.
    async fn send_batch(&self) -> bool {
        let now = self.now();
        let (most, turns) = {
            let sending = self.sending.lock();
            if sending.waits_until(now).is_some() {
                return false;
            }
            (sending.batch(), sending.turns(now))
        };
        if self.outbox.outbox().queued_count() == 0 {
            return false;
        }
        if !self.hears_of_time().await {
            return false;
        }
        let mut batch = Vec::new();
        for aside in turns {
            // Why it was not taken is known already: the outbox has failed, or the store is stopping.
            let Ok(Ok(started)) = self.outbox.start_batch(most, aside).await else {
                return false;
            };
            batch = started;
            if !batch.is_empty() {
                break;
            }
        }
        if batch.is_empty() {
            return false;
        }
        let updates = batch.iter().map(Intent::row).collect();
        // A call is part of one trace: what is sent together is not told apart.
        let trace = match &batch[..] {
            [alone] => alone.trace(),
            _ => None,
        };
        let sent = self.central.batch(updates, trace).await;
        let now = self.now();
        let judged = match sent {
            Ok(answers) => {
                let rows = self.show_rows(answers);
                self.tell_sending(|sending| sending.answered(now, &batch, &rows))
            }
            Err(error) => {
                self.doubt(&error);
                let at = self.clock.now();
                let trouble = Trouble::from(&error);
                tracing::debug!(error = %Causes(&error), "a batch has no answer");
                self.tell_sending(|sending| sending.failed(now, at, &batch, trouble))
            }
        };
        self.settle(&batch, judged).await;
        true
    }

    /// Asks central since when it remembers keys, before anything is sent that may have been sent before. Returns whether
    /// that is known.
    async fn hears_of_time(&self) -> bool {
        let now = self.now();
        let heard_at = *self.heard_at.lock();
        let is_recent = heard_at.is_some_and(|at| now.since(at) < HEARD_FOR);
        if is_recent || !self.outbox.outbox().has_attempted() {
            return true;
        }
        match self.central.readiness().await {
            Ok(readiness) => self.hears(&readiness),
            Err(error) => {
                let at = self.clock.now();
                let trouble = Trouble {
                    about: About::Queue,
                    ..Trouble::from(&error)
                };
                self.tell_sending(|sending| sending.failed(now, at, &[], trouble));
                false
            }
        }
    }

    /// How far central's own time is known to be.
    pub(super) fn central_time(&self) -> Option<Timestamp> {
        self.replica.read().as_ref().map(Replica::recorded_at)
    }

    /// Shows what was applied, and says what becomes of each row.
    fn show_rows(&self, answers: Vec<RowAnswer>) -> Vec<Row> {
        if let Some(replica) = &mut *self.replica.write() {
            for answer in &answers {
                if let RowAnswer::Applied(updated) = answer {
                    replica.answered(updated);
                }
            }
        }
        answers.into_iter().map(row).collect()
    }

    /// Has the outbox do what was judged. What it does not do is sent again.
    async fn settle(&self, batch: &[Intent], judged: Judged) {
        let Judged {
            changes,
            mut back,
            aside,
        } = judged;
        for product in aside {
            tracing::warn!(%product, "an intent fails at central; its product waits, and no other");
        }
        for change in &changes {
            if let Change::Park { key, reason } = change {
                tracing::warn!(%key, %reason, "central refuses an intent, which waits for a person");
            }
        }
        let keys: Vec<_> = changes.iter().filter_map(Change::key).cloned().collect();
        match self.outbox.change_all(changes).await {
            Ok(answers) => {
                let answered = keys.into_iter().zip(answers);
                let failed = answered.filter(|(_, answer)| answer.is_err());
                back.extend(failed.map(|(key, _)| key));
            }
            Err(_) => back = batch.iter().map(|intent| intent.key().clone()).collect(),
        }
        // A closed outbox forgets what is in flight by itself.
        let _ = self.outbox.stop(back);
        let outbox = self.outbox.outbox();
        self.sending
            .lock()
            .forget(|product| outbox.has_queued(product));
    }
}

fn row(answer: RowAnswer) -> Row {
    match answer {
        RowAnswer::Applied(_) => Row::Applied,
        RowAnswer::Refused {
            status,
            code,
            message,
        } => {
            let reason = Reason::new(code, message);
            match status {
                409 if reason.code() == "conflict" => Row::Conflict(reason),
                400..500 => Row::Refused(reason),
                _ => Row::Failed(reason),
            }
        }
    }
}
