//! What the store does next to follow central: a state machine without I/O.
//!
//! ```text
//!             ┌────────── gone, diverged ───────────┐
//!             ▼                                     │
//!          Snapshot ──snapshot──▶ CatchUp ──page──▶ Follow
//!                                  ▲  │ more          │
//!                                  ├──┘               │ error: the next poll comes back at once
//!                                  └──────────────────┘
//! ```
//!
//! The shell asks [`Syncer::next`], does that one step, says what came of it with one of the `on_` methods, and asks
//! again. Time is an argument, jitter comes from a generator in the state: the same answers at the same times give the
//! same steps.
//!
//! **Invariant**: there is no tight loop, whatever is answered. An answer that leads nowhere is followed by a sleep that
//! doubles from `backoff_min` to `backoff_max`, of which a random half is left out; only a page that leads on makes it
//! short again. With `L` the number of doublings from the least to the most:
//!
//! - in any `t` without progress there are at most `2 (L + 2 + 2t / backoff_max)` steps, and one more for each
//!   [`SyncerSettings::idle_min`] in `t`, which is what central is polled at when nothing happens;
//! - in any `t` at most `(L + 3) (1 + t / backoff_max)` snapshots are fetched, progress or not: a loop through
//!   snapshots that each lead on a little is no progress either.
//!
//! Once answers are good, the syncer follows within `backoff_max`.

mod backoff;
mod millis;
mod settings;

pub use millis::Millis;
pub use settings::SyncerSettings;

use std::time::Duration;

use inventory_core::vocabulary::Sequence;
use inventory_http::wire::Position;

use crate::replica::Followed;
pub(crate) use backoff::{Backoff, Jitter};

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Fetch a snapshot and make it the replica.
    FetchSnapshot,
    /// Ask for the page after a position.
    Poll {
        /// Where the replica stands.
        from: Position,
        /// Whether central may wait for something to happen; not while there is something to catch up with.
        long_poll: bool,
    },
    /// Do nothing until then.
    Sleep {
        /// When to ask again.
        until: Millis,
    },
}

/// What the syncer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// There is no copy that could be followed.
    Snapshot,
    /// Central may have more.
    CatchUp(Position),
    /// Central had no more when it answered last.
    Follow(Position),
}

/// Decides what the store does next to follow central.
#[derive(Debug, Clone)]
pub struct Syncer {
    settings: SyncerSettings,
    jitter: Jitter,
    aim: Aim,
    /// When the next step is due. Never before the last answer.
    due: Millis,
    /// Answers without progress, since the last progress.
    fruitless: Backoff,
    /// Snapshots in quick succession, also when each is followed for a little: only a page that leads on, and comes
    /// `backoff_max` after the last snapshot, ends the succession.
    snapshots: Backoff,
    /// When a snapshot was fetched last.
    snapshot_at: Millis,
    connected: bool,
    /// When the copy was last known to be all that central had, and how much older than that it is.
    current_at: Millis,
    /// `None` when that is not known.
    age_then: Option<Duration>,
    central_offset: Option<Sequence>,
    /// Whether central has written what this version does not know, and nothing else was followed since.
    newer: bool,
}

impl Syncer {
    /// A syncer without a copy, which starts with a snapshot. The seed makes the jitter.
    pub fn new(settings: SyncerSettings, seed: u64, now: Millis) -> Self {
        let backoff = Backoff::new(settings.backoff_min, settings.backoff_max);
        Self {
            fruitless: backoff.clone(),
            snapshots: backoff,
            settings,
            jitter: Jitter::new(seed),
            aim: Aim::Snapshot,
            due: now,
            snapshot_at: now,
            connected: false,
            current_at: now,
            age_then: Some(Duration::ZERO),
            central_offset: None,
            newer: false,
        }
    }

    /// A syncer that goes on from a copy which was saved, and is so old now, if that is known.
    #[must_use]
    pub fn resumed_at(mut self, position: Position, age: Option<Duration>) -> Self {
        self.aim = Aim::CatchUp(position);
        self.age_then = age;
        self.central_offset = Some(position.offset);
        self
    }

    /// What to do now. Says the same until time has come or an answer.
    pub fn next(&self, now: Millis) -> Step {
        if now < self.due {
            return Step::Sleep { until: self.due };
        }
        match self.aim {
            Aim::Snapshot => Step::FetchSnapshot,
            Aim::CatchUp(from) => Step::Poll {
                from,
                long_poll: false,
            },
            Aim::Follow(from) => Step::Poll {
                from,
                long_poll: true,
            },
        }
    }

    /// A page was followed.
    pub fn on_page(&mut self, now: Millis, page: &Followed) {
        let waited = now.since(self.due);
        let was = self.aim;
        let before = match was {
            // Whoever asked for this page does not want it any more.
            Aim::Snapshot => return self.back_off(now, Duration::ZERO),
            Aim::CatchUp(position) | Aim::Follow(position) => position,
        };
        self.connected = true;
        let head = page.head.max(page.position.offset);
        // Not the furthest ever: a history that was set back may go on where the copy stands.
        self.central_offset = Some(head);
        self.aim = match page.has_more {
            true => Aim::CatchUp(page.position),
            false => Aim::Follow(page.position),
        };
        if !page.has_more {
            self.current_at = now;
            self.age_then = Some(Duration::ZERO);
        }
        let progress = page.position.offset > before.offset;
        let idle = matches!(was, Aim::Follow(_)) && waited >= self.settings.idle_min();
        let caught_up = matches!(was, Aim::CatchUp(_));
        if progress {
            self.newer = false;
            self.fruitless.reset();
            if now.since(self.snapshot_at) >= self.settings.backoff_max {
                self.snapshots.reset();
            }
            self.due = now;
        } else if !page.has_more && (idle || caught_up) {
            self.due = now;
        } else {
            self.back_off(now, Duration::ZERO);
        }
    }

    /// A snapshot has become the replica.
    pub fn on_snapshot(&mut self, now: Millis, position: Position) {
        if self.aim != Aim::Snapshot {
            // Nobody wanted one: it must not be a way round the backoff.
            self.back_off(now, Duration::ZERO);
        } else {
            self.due = now;
        }
        self.connected = true;
        self.snapshot_at = now;
        self.central_offset = Some(position.offset);
        self.aim = Aim::CatchUp(position);
    }

    /// Central does not have the log that was followed any more.
    pub fn on_gone(&mut self, now: Millis) {
        self.connected = true;
        self.start_again(now);
    }

    /// What central has sent does not continue the copy, or is no snapshot.
    pub fn on_diverged(&mut self, now: Millis) {
        self.connected = true;
        self.start_again(now);
    }

    /// Central has written what this version does not know. Only a snapshot leads past it, and the next event may be of that
    /// kind again: one every few minutes keeps the copy from standing still, and central from doing nothing else.
    pub fn on_newer(&mut self, now: Millis) {
        self.connected = true;
        self.newer = true;
        self.start_again(now);
        self.due = self
            .due
            .max(self.snapshot_at.plus(self.settings.newer_every));
    }

    /// The step has failed: no answer, or one that says that there is none. What central asks to wait for is heeded up
    /// to `backoff_max`.
    pub fn on_error(&mut self, now: Millis, retry_after: Option<Duration>) {
        self.connected = false;
        // A poll that comes back at once tells whether central is there again; one that is parked would not.
        if let Aim::Follow(position) = self.aim {
            self.aim = Aim::CatchUp(position);
        }
        self.back_off(now, retry_after.unwrap_or_default());
    }

    fn start_again(&mut self, now: Millis) {
        self.aim = Aim::Snapshot;
        self.back_off(now, Duration::ZERO);
    }

    fn back_off(&mut self, now: Millis, at_least: Duration) {
        let mut pause = self.fruitless.next(&mut self.jitter).max(at_least);
        if self.aim == Aim::Snapshot {
            pause = pause.max(self.snapshots.next(&mut self.jitter));
        }
        self.due = now.plus(pause.min(self.settings.backoff_max));
    }

    /// Whether central has answered the last step.
    pub fn connected(&self) -> bool {
        self.connected
    }

    /// How long ago the copy was last proved to be all that central had; `None` when that is not known.
    pub fn age(&self, now: Millis) -> Option<Duration> {
        Some(now.since(self.current_at) + self.age_then?)
    }

    /// Whether the copy may be old: not while it follows, so that central would say at once if there was more, and has said
    /// something lately.
    pub fn is_stale(&self, now: Millis) -> bool {
        let follows = matches!(self.aim, Aim::Follow(_)) && now >= self.due;
        let stale_after = self.settings.stale_after();
        let is_recent = self.age(now).is_some_and(|age| age <= stale_after);
        !self.connected || !follows || !is_recent
    }

    /// Whether central has written what this version does not know.
    pub fn central_is_newer(&self) -> bool {
        self.newer
    }

    /// The furthest that central is known to have been, in the history that is followed; `None` before the first copy.
    pub fn central_offset(&self) -> Option<Sequence> {
        self.central_offset
    }
}

#[cfg(test)]
mod tests;
