//! Reading beside the writer: the published ledger, and the feed of what happens to it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::RwLock;

use super::feed::{Feed, Found};
use super::look::{Look, is_committing_to, is_looking_at};
use super::settings::LIMITS;
use super::time::Time;
use super::timekeeper::EngineTime;
use crate::machine::{self, DeadLettered, Entry, Event, Head, Image, Ledger};
use crate::ports::{LogReader, ReadError, Wanted};
use crate::vocabulary::{Epoch, Sequence};

/// What engine, readers, subscriptions and snapshotter share.
pub(super) struct Published {
    /// Held by a thread as long as it looks at the ledger, however often it looks while it does; write-held with the ledger.
    /// So a look within a look does not wait for a writer that waits for the outer one, and others take their turn behind
    /// that writer.
    turn: RwLock<()>,
    /// Write-held only to assign what is durable.
    ledger: RwLock<Ledger>,
    time: Time,
    pub(super) feed: Feed,
    pub(super) log: Arc<dyn LogReader>,
    pub(super) epoch: Epoch,
    snapshot: AtomicU64,
    purge_through: AtomicU64,
    stopped: AtomicBool,
    /// How often an append or a purge has begun or ended: odd while one is under way.
    appends: AtomicU64,
}

/// An append, or what is given up after it, until it is dropped.
pub(super) struct Append<'a>(&'a AtomicU64);

impl Drop for Append<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// Entries that are being assigned. When a panic unwinds through it the engine stops: the ledger has some of them, or a part of
/// one.
struct Applying<'a> {
    published: &'a Published,
    ended: bool,
}

impl<'a> Applying<'a> {
    fn begin(published: &'a Published) -> Self {
        Self {
            published,
            ended: false,
        }
    }
}

impl Drop for Applying<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.published.stop();
        }
    }
}

impl Published {
    pub(super) fn new(
        ledger: Ledger,
        snapshot: Sequence,
        purge_through: Sequence,
        time: Time,
        log: Arc<dyn LogReader>,
        epoch: Epoch,
    ) -> Self {
        Self {
            time,
            feed: Feed::new(ledger.head().sequence),
            turn: RwLock::new(()),
            ledger: RwLock::new(ledger),
            log,
            epoch,
            snapshot: AtomicU64::new(snapshot.number()),
            purge_through: AtomicU64::new(purge_through.number()),
            stopped: AtomicBool::new(false),
            appends: AtomicU64::new(0),
        }
    }

    pub(super) fn read<R>(&self, read: impl FnOnce(&Ledger) -> R) -> R {
        let look = Look::at(self);
        let _turn = (!look.is_within_another).then(|| self.turn.read());
        read(&self.ledger.read())
    }

    pub(super) fn time(&self) -> EngineTime {
        let head = self.read(Ledger::head);
        self.time.read(head)
    }

    /// Assigns entries that are durable and were decided on this very ledger.
    pub(super) fn publish(&self, entries: &[Arc<Entry>]) {
        let mut rest = entries;
        while !rest.is_empty() {
            let _turn = self.turn.write();
            let mut ledger = self.ledger.write();
            // Dropped before the ledger can be looked at again: nobody takes half of an entry for all of it.
            let mut applying = Applying::begin(self);
            let mut events = 0;
            while let [entry, later @ ..] = rest {
                machine::apply_decided(&mut ledger, entry);
                events += entry.events.len();
                rest = later;
                if events >= LIMITS.publish_events {
                    break;
                }
            }
            applying.ended = true;
        }
        self.feed.grow(entries);
    }

    /// The position up to which the newest durable snapshot covers the log.
    pub(super) fn snapshot(&self) -> Sequence {
        Sequence::new(self.snapshot.load(Ordering::Acquire))
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// The engine takes nothing any more.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    /// An append begins, or a purge; there is one at a time.
    pub(super) fn append_begins(&self) -> Append<'_> {
        self.appends.fetch_add(1, Ordering::Release);
        Append(&self.appends)
    }

    /// The position through which the log may be given up: a start needs none of it, whatever snapshot it has to use.
    pub(super) fn purge_through(&self) -> Sequence {
        Sequence::new(self.purge_through.load(Ordering::Acquire))
    }

    pub(super) fn snapshot_saved(&self, at: Sequence, purge_through: Sequence) {
        self.snapshot.store(at.number(), Ordering::Release);
        self.purge_through
            .store(purge_through.number(), Ordering::Release);
    }
}

/// Reads what is durable, from any thread. Clones are cheap.
#[derive(Clone)]
pub struct Reader {
    pub(super) published: Arc<Published>,
    /// Whether somebody waits for what it looks for in the past.
    pub(super) wanted: Wanted,
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("head", &self.head())
            .finish()
    }
}

impl Reader {
    /// The end of what is published.
    pub fn head(&self) -> Head {
        self.read(Ledger::head)
    }

    /// The identity of the log's history.
    pub fn epoch(&self) -> Epoch {
        self.published.epoch
    }

    /// Looks at the ledger. The writer waits for `look` to return, so it should only look: it must not wait for answers, and
    /// must not submit to an engine of its own.
    pub fn read<R>(&self, look: impl FnOnce(&Ledger) -> R) -> R {
        self.published.read(look)
    }

    /// Whether this thread is within [`Reader::read`].
    pub(crate) fn is_looking(&self) -> bool {
        is_looking_at(&*self.published)
    }

    /// Whether the writer waits for this thread: within [`Reader::read`], or called by the engine for a reply, a wake-up or an
    /// observation.
    pub(crate) fn is_waited_for(&self) -> bool {
        self.is_looking() || is_committing_to(&*self.published)
    }

    /// The ledger as it is now, to be looked at for as long as it takes.
    pub fn image(&self) -> Image {
        self.read(Ledger::freeze)
    }

    /// The position of the newest snapshot that is durable.
    pub fn snapshot(&self) -> Sequence {
        self.published.snapshot()
    }

    /// What the time is for the engine, and how the clock stands to it.
    pub fn time(&self) -> EngineTime {
        self.published.time()
    }

    /// Whether a deadline has passed that no event tells yet, and the engine takes requests: to submit nothing writes a portion
    /// of what is due.
    pub fn is_overdue(&self) -> bool {
        let next = self.read(Ledger::next_deadline);
        next.is_some_and(|deadline| {
            let time = self.time();
            deadline < time.now && !time.leap.is_some_and(|leap| leap.is_refused())
        })
    }

    /// Whether an append has failed in a way that only opening the log again can settle.
    pub fn is_stopped(&self) -> bool {
        self.published.is_stopped()
    }

    /// The number of the append that is under way, if one is; a purge after one has a number of its own. As long as it stays the
    /// same storage has not answered: who has a clock can tell for how long, and that the disk hangs.
    pub fn append_under_way(&self) -> Option<u64> {
        let appends = self.published.appends.load(Ordering::Acquire);
        (appends % 2 == 1).then_some(appends)
    }

    /// The position before the oldest one that a subscription can still get.
    pub fn floor(&self) -> Sequence {
        self.published.log.floor()
    }

    /// Everything after a position: first what the log has, then what comes.
    pub fn subscribe(&self, after: Sequence) -> Subscription {
        Subscription {
            published: Arc::clone(&self.published),
            position: after,
        }
    }
}

/// A position in the log that moves forward as its entries are taken.
pub struct Subscription {
    published: Arc<Published>,
    position: Sequence,
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("position", &self.position)
            .finish()
    }
}

impl Subscription {
    /// The last position that was taken.
    pub fn position(&self) -> Sequence {
        self.position
    }

    /// The next entries, without waiting: whole ones, until `events_max` events are reached or passed. Empty at the
    /// head of the log. An event that could not be applied is shown as [`Event::DeadLettered`].
    ///
    /// # Errors
    ///
    /// The position is no longer kept, or the log cannot be read there; the subscription stays where it was.
    pub fn take(&mut self, events_max: usize) -> Result<Vec<Arc<Entry>>, ReadError> {
        let mut entries = match self.published.feed.after(self.position, events_max) {
            Found::Entries(entries) => entries,
            Found::InLog => self.published.log.read(self.position, events_max)?,
        };
        if let Some(last) = entries.last() {
            self.position = last.last();
            self.published
                .read(|ledger| show_buried(ledger, &mut entries));
        }
        Ok(entries)
    }

    /// Blocks until there is something to take. Returns `false` when nothing will come: the engine is gone. So it does, at once,
    /// when there is nothing and this thread would wait for itself, since it looks at the ledger or is called by the engine:
    /// for a reply, a wake-up or an observation.
    pub fn wait(&self) -> bool {
        let published = &*self.published;
        match is_looking_at(published) || is_committing_to(published) {
            true => published.feed.has_grown(self.position),
            false => published.feed.wait(self.position),
        }
    }

    /// Calls `wake` once when there is something to take or nothing will come any more: at once when that is so now, else
    /// from the thread that commits, which goes on when it returns. So it should only pass the word on, and must not wait
    /// for answers.
    pub fn when_ready(&self, wake: impl FnOnce() + Send + 'static) {
        self.published
            .feed
            .when_grown(self.position, Box::new(wake));
    }
}

/// Shows what could not be applied as such.
pub(super) fn show_buried(ledger: &Ledger, entries: &mut [Arc<Entry>]) {
    if ledger.buried().is_empty() {
        return;
    }
    for entry in entries {
        if ledger
            .buried()
            .range(entry.first..=entry.last())
            .next()
            .is_none()
        {
            continue;
        }
        let mut shown = Entry::clone(entry);
        for (event, at) in shown.events.iter_mut().zip(entry.first.number()..) {
            show_buried_event(ledger, Sequence::new(at), event);
        }
        *entry = Arc::new(shown);
    }
}

/// As [`show_buried`], for the event at a position.
pub(super) fn show_buried_event(ledger: &Ledger, at: Sequence, event: &mut Event) {
    if let Some(buried) = ledger.buried().get(&at) {
        *event = Event::DeadLettered(DeadLettered {
            product: event.product().cloned(),
            version: event.version(),
            raw: Arc::clone(&buried.reason),
        });
    }
}
