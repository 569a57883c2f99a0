//! The outbox's own thread: who asks does not wait for who was first, and who looks waits for nobody.
//!
//! ```text
//!  callers ──▶ bounded inbox ──▶ thread: change_all, ONE append ──▶ replies
//!     └─────────── look ──▶ what is durable ◀──┘
//! ```
//!
//! **Invariant**: what was taken is done, in the order in which it was taken, whether or not its caller is still there.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use inventory_core::ports::Clock;
use inventory_core::vocabulary::{ProductId, Timestamp, Uptime};
use inventory_http::kit::Causes;
use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use tokio::sync::{oneshot, watch};

use super::change::{Change, Changed};
use super::durable::DurableOutbox;
use super::error::{ChangeError, OutboxFailed};
use super::intent::Intent;
use super::key::IntentKey;
use super::machine::{Heard, Outbox};
use super::tally::Tally;

/// Askers that may wait: more than any store has tills, so that a slow disk shows as refusals and not as ever longer waits.
const INBOX_MAX: usize = 1_024;

/// Changes that are made durable together: some 300 KB.
const GROUP_MAX: usize = 1_024;

/// How often a file that has failed is tried anew.
const HEAL_EVERY: Duration = Duration::from_secs(1);

/// How often the clock is compared with the time that has passed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the clock may differ from the time that has passed without having been set.
const DRIFT_MS_MAX: u64 = 1_000;

/// The outbox was not asked: nothing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Too many wait for the disk.
    #[error("too many updates wait for the disk")]
    Full,
    /// Its thread has ended.
    #[error("the outbox has been closed")]
    Closed,
}

/// Why nothing is taken or sent, and since when.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// Why.
    pub error: OutboxFailed,
    /// Since when.
    pub since: Timestamp,
}

enum Ask {
    Change(
        Vec<Change>,
        oneshot::Sender<Vec<Result<Changed, ChangeError>>>,
    ),
    Start {
        most: usize,
        aside: BTreeSet<ProductId>,
        reply: oneshot::Sender<Result<Vec<Intent>, OutboxFailed>>,
    },
    Stop(Vec<IntentKey>),
    Hear(Heard),
}

/// The outbox on its thread. Dropped, it finishes what was taken.
pub struct Keeper {
    /// `None` once it ends.
    inbox: Option<SyncSender<Ask>>,
    thread: Option<JoinHandle<()>>,
    outbox: Arc<RwLock<Outbox>>,
    trouble: Arc<Mutex<Option<Trouble>>>,
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
    /// Gives an outbox a thread.
    ///
    /// # Errors
    ///
    /// The operating system refuses another thread.
    pub fn start(outbox: DurableOutbox, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let (inbox, asked) = mpsc::sync_channel(INBOX_MAX);
        let (changes, changed) = watch::channel(());
        let (shared, tally) = (outbox.shared(), outbox.tally());
        let trouble = Arc::default();
        let thread = Thread {
            outbox,
            asked,
            trouble: Arc::clone(&trouble),
            changed: changes,
            healed_at: None,
            looked_at: (clock.now(), clock.uptime()),
            clock,
        };
        let thread = Builder::new()
            .name("outbox".into())
            .spawn(move || thread.run())?;
        Ok(Self {
            inbox: Some(inbox),
            thread: Some(thread),
            outbox: shared,
            trouble,
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
        self.trouble.lock().clone()
    }

    /// What has become of intents.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Waits until the thread has ended, which it does before this value only by a panic.
    pub async fn ended(&self) {
        let mut changed = self.changed.clone();
        while changed.changed().await.is_ok() {}
    }

    /// Is notified of every change.
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.clone()
    }

    /// Makes changes in their order, together with those of others, and answers each on its own.
    ///
    /// # Errors
    ///
    /// Nothing was done.
    pub async fn change_all(
        &self,
        changes: Vec<Change>,
    ) -> Result<Vec<Result<Changed, ChangeError>>, NotTaken> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Change(changes, reply))?;
        answer.await.map_err(|_| NotTaken::Closed)
    }

    /// Takes intents to be sent together, as [`DurableOutbox::start`].
    ///
    /// # Errors
    ///
    /// Nothing was done.
    pub async fn start_batch(
        &self,
        most: usize,
        aside: BTreeSet<ProductId>,
    ) -> Result<Result<Vec<Intent>, OutboxFailed>, NotTaken> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Start { most, aside, reply })?;
        answer.await.map_err(|_| NotTaken::Closed)
    }

    /// Takes back intents that have no answer.
    ///
    /// # Errors
    ///
    /// Nothing was done.
    pub fn stop(&self, keys: Vec<IntentKey>) -> Result<(), NotTaken> {
        self.ask(Ask::Stop(keys))
    }

    /// Takes what central says of time.
    ///
    /// # Errors
    ///
    /// Nothing was done.
    pub fn hear(&self, heard: Heard) -> Result<(), NotTaken> {
        self.ask(Ask::Hear(heard))
    }

    fn ask(&self, ask: Ask) -> Result<(), NotTaken> {
        let inbox = self.inbox.as_ref().ok_or(NotTaken::Closed)?;
        inbox.try_send(ask).map_err(|error| match error {
            TrySendError::Full(_) => NotTaken::Full,
            TrySendError::Disconnected(_) => NotTaken::Closed,
        })?;
        #[cfg(test)]
        self.asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok(())
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.inbox = None;
        if let Some(thread) = self.thread.take() {
            // A panic was printed, and is nobody's to answer here.
            let _ = thread.join();
        }
    }
}

/// What the thread has to itself.
struct Thread {
    outbox: DurableOutbox,
    clock: Arc<dyn Clock>,
    asked: Receiver<Ask>,
    trouble: Arc<Mutex<Option<Trouble>>>,
    changed: watch::Sender<()>,
    /// When the file was last tried anew.
    healed_at: Option<Instant>,
    /// Both clocks, when they were last compared.
    looked_at: (Timestamp, Uptime),
}

type Waiting = oneshot::Sender<Vec<Result<Changed, ChangeError>>>;

impl Thread {
    fn run(mut self) {
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
        match self.outbox.redate(by_ms) {
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
                let started = self
                    .outbox
                    .start(most, now, |product| aside.contains(product));
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
        let mut answers = self.outbox.change_all(&changes, now).into_iter();
        self.note();
        self.changed.send_replace(());
        for (count, reply) in replies {
            // Whoever asked may have gone.
            let _ = reply.send(answers.by_ref().take(count).collect());
        }
    }

    /// Tries a file anew that has failed, now and then.
    fn heal(&mut self) {
        let is_due = self.healed_at.is_none_or(|at| at.elapsed() >= HEAL_EVERY);
        if self.outbox.failure().is_none() || !is_due {
            return;
        }
        self.healed_at = Some(Instant::now());
        let healed = self.outbox.heal();
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
                *trouble = Some(Trouble { error, since });
            }
            (Some(_), None) => {
                tracing::info!("the outbox was written anew, and is used again");
                *trouble = None;
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests;
