//! What is sent of the outbox, when, and what becomes of it: rules without I/O.
//!
//! ```text
//!  queued ──▶ batch ──▶ central ─┬─ a row is applied ────────────▶ settled
//!    ▲                           ├─ a row is refused: the stock ─▶ parked, or sent without its version
//!    ├──── its product waits ◀───┼─ a row, or an intent alone, fails
//!    └──── all wait ◀────────────┴─ anything else: caller, way, version of central
//! ```
//!
//! **Invariant**: an intent is parked only by what central has said of this very intent after it had looked at it. What is
//! said of the caller, the deployment or the way says nothing about an intent: the queue stops, keeps everything, and
//! tries again with a back-off.
//!
//! **Invariant**: trouble with one product holds up no other. A call that fails as a whole, and may have failed for one of
//! its intents, is made again with half of them, until the one is alone. Its product steps aside, and one that has not failed
//! is tried next. When three in a row fail it may be central that fails: each further attempt waits for longer, and still is
//! made with another product.

mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use inventory_core::vocabulary::{ProductId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::outbox::{Change, Intent, IntentKey, Reason};
use crate::syncer::{Backoff, Jitter, Millis};

/// Intents of one call: some 150 KB there and back, so that ten of them drain a day's queue.
pub const BATCH_MAX: usize = 500;

/// Between attempts of a queue that is stopped.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(15));

/// Between attempts at a product that steps aside.
const ASIDE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));

/// Intents that fail alone, one after the other, before it is central that fails and not they.
const STUMBLES_MAX: u32 = 3;

/// What central has said of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// It is applied, now or by an earlier attempt.
    Applied,
    /// The product is at another version than it demands.
    Conflict(Reason),
    /// Central has looked at it, and says no.
    Refused(Reason),
    /// Central fails at it.
    Failed(Reason),
}

/// Why a call has no rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What it is about.
    pub about: About,
    /// What is true.
    pub reason: Reason,
    /// When central wants to be asked again.
    pub retry_after: Option<Duration>,
}

/// What the failure of a call is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The caller, the deployment or the way: no intent.
    Queue,
    /// The call was too much.
    Size,
    /// These rows, by their places: central has read them, and says no.
    Rows(Vec<usize>),
    /// One of the intents: central has looked at it, and says no.
    Intent,
    /// One of the intents, perhaps: central fails.
    Failure,
}

/// What is wrong between this store and central, or with its disk: something that says nothing about any intent, so that all
/// are kept and tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "BlockedStatus")]
pub struct Blocked {
    /// Why.
    #[serde(flatten)]
    pub reason: Reason,
    /// Since when.
    pub since: Timestamp,
}

/// What an answer leads to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged {
    /// What the outbox is asked.
    pub changes: Vec<Change>,
    /// What is sent again.
    pub back: Vec<IntentKey>,
    /// The products that step aside, of which nobody was told yet.
    pub aside: Vec<ProductId>,
}

/// A product whose intents wait, since one of them fails alone.
#[derive(Debug, Clone)]
struct Aside {
    until: Millis,
    backoff: Backoff,
    reason: Reason,
    /// Whether anybody was told: nobody is of what has failed only while it may have been central that failed.
    is_told: bool,
}

/// Decides what is sent of the outbox.
#[derive(Debug, Clone)]
pub struct Sending {
    jitter: Jitter,
    /// From 1 to [`BATCH_MAX`].
    batch: usize,
    pause: Backoff,
    due: Millis,
    blocked: Option<Blocked>,
    aside: BTreeMap<ProductId, Aside>,
    /// Intents that failed alone since anything was answered.
    stumbles: u32,
}

impl Sending {
    /// Nothing was sent yet. The seed makes the jitter.
    pub fn new(seed: u64) -> Self {
        Self {
            jitter: Jitter::new(seed),
            batch: BATCH_MAX,
            pause: Backoff::new(PAUSE.0, PAUSE.1),
            due: Millis::default(),
            blocked: None,
            aside: BTreeMap::new(),
            stumbles: 0,
        }
    }

    /// When something may be sent next, if it is not now.
    pub fn waits_until(&self, now: Millis) -> Option<Millis> {
        (now < self.due).then_some(self.due)
    }

    /// How many intents may be sent together.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// The products to leave out of what is sent now. When nothing is left to be sent without the first of these sets, the
    /// second counts: after an intent has failed alone, what has not failed goes before what has.
    pub fn turns(&self, now: Millis) -> impl Iterator<Item = BTreeSet<ProductId>> + use<> {
        let named = |(product, _): (&ProductId, &Aside)| product.clone();
        let waiting = self.aside.iter().filter(|(_, aside)| now < aside.until);
        let waiting: BTreeSet<_> = waiting.map(named).collect();
        let is_shorter = self.stumbles > 0 && waiting.len() < self.aside.len();
        let all = is_shorter.then(|| self.aside.iter().map(named).collect());
        all.into_iter().chain([waiting])
    }

    /// When the first of the products that step aside is tried again.
    pub fn aside_until(&self, now: Millis) -> Option<Millis> {
        let until = self.aside.values().map(|aside| aside.until);
        until.filter(|until| now < *until).min()
    }

    /// Whether intents of a product are not sent at once: the queue is stopped, or the product steps aside.
    pub fn holds(&self, product: &ProductId) -> bool {
        self.blocked.is_some() || self.aside.contains_key(product)
    }

    /// Why the queue is stopped.
    pub fn blocked(&self) -> Option<&Blocked> {
        self.blocked.as_ref()
    }

    /// The products that step aside, with what central says of them.
    pub fn products_aside(&self) -> impl ExactSizeIterator<Item = (&ProductId, &Reason)> {
        self.aside
            .iter()
            .map(|(product, aside)| (product, &aside.reason))
    }

    /// Central is there again: what stopped the queue is tried at once.
    pub fn connected(&mut self) {
        self.due = Millis::default();
        self.pause.reset();
    }

    /// Central has answered a batch, row by row.
    pub fn answered(&mut self, now: Millis, batch: &[Intent], rows: &[Row]) -> Judged {
        self.goes_on();
        self.stumbles = 0;
        self.batch = (self.batch * 2).min(BATCH_MAX);
        let mut judged = Judged::default();
        for (intent, row) in batch.iter().zip(rows) {
            let key = intent.key().clone();
            let change = match row {
                Row::Applied => Change::Settle(key),
                Row::Conflict(reason) => {
                    let reason = reason.clone();
                    Change::Conflict { key, reason }
                }
                Row::Refused(reason) => {
                    let reason = reason.clone();
                    Change::Park { key, reason }
                }
                Row::Failed(reason) => {
                    let product = intent.product();
                    self.step_aside(now, product, reason.clone());
                    judged.aside.extend(self.tell_of(product));
                    judged.back.push(key);
                    continue;
                }
            };
            self.aside.remove(intent.product());
            judged.changes.push(change);
        }
        judged
    }

    /// A batch has no answer that says anything of each row.
    pub fn failed(
        &mut self,
        now: Millis,
        at: Timestamp,
        batch: &[Intent],
        trouble: Trouble,
    ) -> Judged {
        let Trouble {
            about,
            reason,
            retry_after,
        } = trouble;
        let park = |intent: &Intent| Change::Park {
            key: intent.key().clone(),
            reason: reason.clone(),
        };
        let (mut changes, mut aside) = (Vec::new(), None);
        let is_alone = batch.len() == 1;
        match about {
            About::Rows(rows) => {
                let named = rows.iter().filter_map(|row| batch.get(*row));
                changes.extend(named.map(park));
                self.goes_on();
            }
            About::Intent if is_alone => {
                changes.extend(batch.iter().map(park));
                self.goes_on();
            }
            About::Failure if is_alone => {
                let product = batch[0].product();
                self.stumbles = self.stumbles.saturating_add(1);
                self.step_aside(now, product, reason.clone());
                if self.stumbles < STUMBLES_MAX {
                    aside = self.tell_of(product);
                } else {
                    self.stop(now, at, reason.clone(), retry_after);
                }
            }
            About::Intent | About::Failure | About::Size if !is_alone => {
                self.batch = (batch.len() / 2).max(1);
            }
            About::Queue | About::Size | About::Intent | About::Failure => {
                // It may have been too much for the time: what goes well doubles again.
                if !batch.is_empty() {
                    self.batch = (batch.len() / 2).max(1);
                }
                self.stop(now, at, reason.clone(), retry_after);
            }
        }
        let parked = |intent: &&Intent| {
            let key = intent.key();
            !changes.iter().any(|change| change.key() == Some(key))
        };
        let back = batch.iter().filter(parked);
        Judged {
            back: back.map(|intent| intent.key().clone()).collect(),
            changes,
            aside: aside.into_iter().collect(),
        }
    }

    /// The outbox has nothing of a product any more, so that nothing of it has to wait.
    pub fn forget(&mut self, is_queued: impl Fn(&ProductId) -> bool) {
        self.aside.retain(|product, _| is_queued(product));
    }

    fn goes_on(&mut self) {
        self.blocked = None;
        self.pause.reset();
    }

    fn stop(&mut self, now: Millis, at: Timestamp, reason: Reason, retry_after: Option<Duration>) {
        let pause = self.pause.next(&mut self.jitter);
        let asked = retry_after.unwrap_or_default().min(PAUSE.1);
        self.due = now.plus(pause.max(asked));
        let since = self.blocked.as_ref().map_or(at, |blocked| blocked.since);
        self.blocked = Some(Blocked { reason, since });
    }

    fn step_aside(&mut self, now: Millis, product: &ProductId, reason: Reason) {
        let fresh = || Aside {
            until: now,
            backoff: Backoff::new(ASIDE.0, ASIDE.1),
            reason: reason.clone(),
            is_told: false,
        };
        let aside = self.aside.entry(product.clone()).or_insert_with(fresh);
        aside.until = now.plus(aside.backoff.next(&mut self.jitter));
        aside.reason = reason;
    }

    /// The product, when nobody was told yet that it steps aside.
    fn tell_of(&mut self, product: &ProductId) -> Option<ProductId> {
        let aside = self.aside.get_mut(product)?;
        let was_told = std::mem::replace(&mut aside.is_told, true);
        (!was_told).then(|| product.clone())
    }
}

#[cfg(test)]
mod tests;
