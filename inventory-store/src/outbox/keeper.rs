//! The outbox's own thread: who asks does not wait for who was first, and who looks waits for nobody.
//!
//! ```text
//!  callers ──▶ bounded inbox ──▶ thread: change_all, ONE append ──▶ replies
//!     └─────────── look ──▶ what is durable ◀──┘
//! ```
//!
//! A disk that hangs keeps the thread, and nobody else: after some seconds all who wait are told, and nobody more is taken.
//!
//! **Invariant**: what was taken is done, in the order in which it was taken, whether or not its caller is still there.

mod ask;
mod thread;
mod trouble;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::thread::Builder;
use std::time::Duration;

use inventory_core::ports::Clock;
use inventory_core::vocabulary::ProductId;
use inventory_http::server::{DiskNews, DiskWatch};
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use tokio::sync::{oneshot, watch};

use ask::Ask;
use thread::Thread;
pub use trouble::Trouble;

use super::change::{Change, Changed};
use super::durable::DurableOutbox;
use super::error::{ChangeError, OutboxFailed};
use super::intent::Intent;
use super::key::IntentKey;
use super::machine::{Heard, Outbox};
use super::tally::Tally;

/// Askers that may wait: more than any store has tills, so that a slow disk shows as refusals and not as ever longer waits.
const INBOX_MAX: usize = 1_024;

/// Why the outbox has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// Too many wait for the disk.
    #[error("too many updates wait for the disk; nothing was done")]
    Full,
    /// The disk hangs, and nothing was taken.
    #[error("the disk does not answer; nothing was done")]
    Silent,
    /// The disk hangs. What was asked was taken, and is done once the disk answers, if the program lives until then.
    #[error("the disk has not answered; the outcome is unknown, and the same key settles it")]
    Unknown,
    /// Its thread has ended. What was asked may be on disk.
    #[error("the outbox has been closed; the same key settles it")]
    Closed,
}

/// The thread of an outbox has ended before it was to. The panic was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its thread has panicked")]
pub struct Panicked;

/// The outbox on its thread. Closed or dropped, it finishes what was taken, and nobody waits for that who does not
/// want to.
pub struct Keeper {
    /// `None` once it is closed.
    inbox: Mutex<Option<SyncSender<Ask>>>,
    outbox: Arc<RwLock<Outbox>>,
    trouble: Arc<Mutex<Option<Trouble>>>,
    disk: DiskWatch,
    /// How often the thread has turned to the disk and back: odd while it waits there.
    visits: Arc<AtomicU64>,
    /// Since when the disk has not answered.
    silent: Mutex<Option<Trouble>>,
    clock: Arc<dyn Clock>,
    tally: Arc<Tally>,
    changed: watch::Receiver<()>,
    /// How often anything was asked.
    #[cfg(test)]
    asked: std::sync::atomic::AtomicUsize,
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}

impl Keeper {
    /// Gives an outbox a thread. Whoever waits for the disk does so for as long as `patience`, while
    /// [`watch_disk`](Self::watch_disk) runs.
    ///
    /// # Errors
    ///
    /// The operating system refuses another thread.
    pub fn start(
        outbox: DurableOutbox,
        clock: Arc<dyn Clock>,
        patience: Duration,
    ) -> io::Result<Self> {
        let (inbox, asked) = mpsc::sync_channel(INBOX_MAX);
        let (changes, changed) = watch::channel(());
        let (shared, tally) = (outbox.shared(), outbox.tally());
        let (trouble, visits) = (Arc::default(), Arc::default());
        let thread = Thread {
            outbox,
            asked,
            trouble: Arc::clone(&trouble),
            changed: changes,
            visits: Arc::clone(&visits),
            healed_at: None,
            looked_at: (clock.now(), clock.uptime()),
            clock: Arc::clone(&clock),
        };
        Builder::new()
            .name("outbox".into())
            .spawn(move || thread.run())?;
        Ok(Self {
            inbox: Mutex::new(Some(inbox)),
            outbox: shared,
            trouble,
            disk: DiskWatch::new(patience),
            visits,
            silent: Mutex::default(),
            clock,
            tally,
            changed,
            #[cfg(test)]
            asked: std::sync::atomic::AtomicUsize::default(),
        })
    }

    /// Looks at what is durable.
    pub fn outbox(&self) -> RwLockReadGuard<'_, Outbox> {
        self.outbox.read()
    }

    /// Why nothing is taken or sent, while that is so.
    pub fn trouble(&self) -> Option<Trouble> {
        let failed = self.trouble.lock().clone();
        failed.or_else(|| self.silent.lock().clone())
    }

    /// Waits until the disk falls silent, or answers again, and says so to all who wait and in the log.
    pub async fn watch_disk(&self) {
        let under_way = || {
            let visits = self.visits.load(Ordering::Acquire);
            (visits % 2 == 1).then_some(visits)
        };
        let news = self.disk.news(under_way).await;
        match news {
            // Whoever sees it finds the line that says so.
            DiskNews::FallsSilent(silence) => {
                tracing::error!(
                    silent_ms = silence.as_millis() as u64,
                    "the disk of the outbox does not answer; until it does, nothing is queued or sent"
                );
                *self.silent.lock() = Some(Trouble {
                    message: "the disk does not answer".to_owned(),
                    since: self.clock.now(),
                });
            }
            DiskNews::AnswersAfter(silence) => {
                tracing::warn!(
                    silent_ms = silence.as_millis() as u64,
                    "the disk of the outbox answers again"
                );
                *self.silent.lock() = None;
            }
        }
        self.disk.announce(news);
    }

    /// What has become of intents.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Takes no more: the thread ends once what was taken is done.
    pub fn close(&self) {
        *self.inbox.lock() = None;
    }

    /// Waits until the thread has ended.
    ///
    /// # Errors
    ///
    /// Nobody has closed it: it has panicked.
    pub async fn ended(&self) -> Result<(), Panicked> {
        let mut changed = self.changed.clone();
        while changed.changed().await.is_ok() {}
        match &*self.inbox.lock() {
            None => Ok(()),
            Some(_) => Err(Panicked),
        }
    }

    /// Is notified of every change.
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.clone()
    }

    /// Makes changes in their order, together with those of others, and answers each on its own.
    ///
    /// # Errors
    ///
    /// See [`NoAnswer`].
    pub async fn change_all(
        &self,
        changes: Vec<Change>,
    ) -> Result<Vec<Result<Changed, ChangeError>>, NoAnswer> {
        let (reply, answer) = oneshot::channel();
        self.ask_disk(Ask::Change(changes, reply))?;
        self.answered(answer).await
    }

    /// Takes intents to be sent together, as [`DurableOutbox::start`].
    ///
    /// # Errors
    ///
    /// Nothing is in flight that was not before, once the disk answers.
    pub async fn start_batch(
        &self,
        most: usize,
        aside: BTreeSet<ProductId>,
    ) -> Result<Result<Vec<Intent>, OutboxFailed>, NoAnswer> {
        let (reply, answer) = oneshot::channel();
        self.ask_disk(Ask::Start { most, aside, reply })?;
        self.answered(answer).await
    }

    /// Takes back intents that have no answer.
    ///
    /// # Errors
    ///
    /// Nothing was done.
    pub fn stop(&self, keys: Vec<IntentKey>) -> Result<(), NoAnswer> {
        self.ask(Ask::Stop(keys))
    }

    /// Takes what central says of time.
    ///
    /// # Errors
    ///
    /// Nothing was done.
    pub fn hear(&self, heard: Heard) -> Result<(), NoAnswer> {
        self.ask(Ask::Hear(heard))
    }

    async fn answered<T>(&self, answer: oneshot::Receiver<T>) -> Result<T, NoAnswer> {
        tokio::select! {
            biased;
            answer = answer => answer.map_err(|_| NoAnswer::Closed),
            () = self.disk.falls_silent() => Err(NoAnswer::Unknown),
        }
    }

    /// Asks what the disk is needed for.
    fn ask_disk(&self, ask: Ask) -> Result<(), NoAnswer> {
        match self.disk.silence() {
            Some(_) => Err(NoAnswer::Silent),
            None => self.ask(ask),
        }
    }

    fn ask(&self, ask: Ask) -> Result<(), NoAnswer> {
        let inbox = self.inbox.lock();
        let sent = inbox.as_ref().ok_or(NoAnswer::Closed)?.try_send(ask);
        sent.map_err(|error| match error {
            TrySendError::Full(_) => NoAnswer::Full,
            TrySendError::Disconnected(_) => NoAnswer::Closed,
        })?;
        #[cfg(test)]
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
