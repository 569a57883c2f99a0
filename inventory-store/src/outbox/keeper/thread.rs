//! What the outbox's thread does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use inventory_core::ports::Clock;
use inventory_core::vocabulary::{ProductId, Timestamp, Uptime};
use inventory_http::Causes;
use parking_lot::Mutex;
use tokio::sync::{oneshot, watch};

use super::super::change::{Change, Changed};
use super::super::durable::DurableOutbox;
use super::super::error::ChangeError;
use super::super::intent::Intent;
use super::ask::Ask;
use super::trouble::Trouble;

/// Changes that are made durable together: some 300 KB.
const GROUP_MAX: usize = 1_024;

/// How often a file that has failed is tried anew.
const HEAL_EVERY: Duration = Duration::from_secs(1);

/// How often the clock is compared with the time that has passed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the clock may differ from the time that has passed without having been set.
const DRIFT_MS_MAX: u64 = 1_000;

/// What the thread has to itself.
pub(super) struct Thread {
    pub(super) outbox: DurableOutbox,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) asked: Receiver<Ask>,
    pub(super) trouble: Arc<Mutex<Option<Trouble>>>,
    /// Counted before and after each visit to the disk.
    pub(super) visits: Arc<AtomicU64>,
    pub(super) changed: watch::Sender<()>,
    /// When the file was last tried anew.
    pub(super) healed_at: Option<Instant>,
    /// Both clocks, when they were last compared.
    pub(super) looked_at: (Timestamp, Uptime),
}

type Waiting = oneshot::Sender<Vec<Result<Changed, ChangeError>>>;

impl Thread {
    /// Serves until nobody can ask any more.
    pub(super) fn run(mut self) {
        loop {
            let first = self.asked.recv_timeout(LOOK_EVERY);
            self.look_at_clock();
            match first {
                Ok(ask) => self.serve(ask),
                Err(RecvTimeoutError::Timeout) => self.heal(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Somebody may have set the clock: what is queued is no older or younger for it.
    fn look_at_clock(&mut self) {
        let (now, uptime) = (self.clock.now(), self.clock.uptime());
        let (then, uptime_then) = self.looked_at;
        let passed = uptime.millis_since(uptime_then);
        let shown = now.millis() as i64 - then.millis() as i64;
        let by_ms = shown.saturating_sub_unsigned(passed);
        if by_ms.unsigned_abs() <= DRIFT_MS_MAX {
            // Small differences add up to a drift that is found later.
            return;
        }
        match self.on_disk(|outbox| outbox.redate(by_ms)) {
            Ok(()) => {
                self.looked_at = (now, uptime);
                tracing::warn!(
                    by_ms,
                    "the clock was set; what is queued is as old as before"
                );
            }
            // It is tried again at the next look.
            Err(_) => self.note(),
        }
    }

    /// Serves one ask, and with it the changes that wait behind it.
    fn serve(&mut self, first: Ask) {
        let mut next = Some(first);
        let mut changes = Vec::new();
        let mut replies: Vec<(usize, Waiting)> = Vec::new();
        while let Some(Ask::Change(more, reply)) =
            next.take_if(|ask| matches!(ask, Ask::Change(..)))
        {
            replies.push((more.len(), reply));
            changes.extend(more);
            if changes.len() >= GROUP_MAX {
                break;
            }
            next = self.asked.try_recv().ok();
        }
        if !replies.is_empty() {
            self.commit(changes, replies);
        }
        match next {
            Some(Ask::Start { most, aside, reply }) => {
                self.heal();
                let now = self.clock.now();
                let parked = self.outbox.outbox().parked_count();
                let is_aside = |product: &ProductId| aside.contains(product);
                let started = self.on_disk(|outbox| outbox.start(most, now, is_aside));
                if self.outbox.outbox().parked_count() != parked {
                    self.changed.send_replace(());
                }
                self.note();
                if let Err(Ok(intents)) = reply.send(started) {
                    // Who asked has gone, and sends nothing.
                    self.outbox.stop(intents.iter().map(Intent::key));
                }
            }
            Some(Ask::Stop(keys)) => self.outbox.stop(&keys),
            Some(Ask::Hear(heard)) => self.outbox.hear(heard),
            Some(Ask::Change(..)) | None => {}
        }
    }

    fn commit(&mut self, mut changes: Vec<Change>, replies: Vec<(usize, Waiting)>) {
        self.heal();
        let now = self.clock.now();
        for change in &mut changes {
            // The clock may have been set since it was made.
            if let Change::Enqueue(intent) = change {
                intent.set_queued_at(now);
            }
        }
        let answers = self.on_disk(|outbox| outbox.change_all(&changes, now));
        let mut answers = answers.into_iter();
        self.note();
        self.changed.send_replace(());
        for (count, reply) in replies {
            // Whoever asked may have gone.
            let _ = reply.send(answers.by_ref().take(count).collect());
        }
    }

    /// Waits for the disk, and lets everybody see that it does.
    fn on_disk<T>(&mut self, work: impl FnOnce(&mut DurableOutbox) -> T) -> T {
        self.visits.fetch_add(1, Ordering::AcqRel);
        let done = work(&mut self.outbox);
        self.visits.fetch_add(1, Ordering::AcqRel);
        done
    }

    /// Tries a file anew that has failed, now and then.
    fn heal(&mut self) {
        let is_due = self.healed_at.is_none_or(|at| at.elapsed() >= HEAL_EVERY);
        if self.outbox.failure().is_none() || !is_due {
            return;
        }
        self.healed_at = Some(Instant::now());
        let healed = self.on_disk(DurableOutbox::heal);
        self.note();
        if healed.is_ok() {
            self.changed.send_replace(());
        }
    }

    /// Says once that the outbox has failed, and once that it works again.
    fn note(&self) {
        let failure = self.outbox.failure();
        let mut trouble = self.trouble.lock();
        match (&*trouble, failure) {
            (None, Some(error)) => {
                tracing::error!(error = %Causes(&error), "nothing is queued or sent until the outbox can be written anew");
                let since = self.clock.now();
                let message = Causes(&error).to_string();
                *trouble = Some(Trouble { message, since });
            }
            (Some(_), None) => {
                tracing::info!("the outbox was written anew, and is used again");
                *trouble = None;
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
}
