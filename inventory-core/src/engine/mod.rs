//! The engine: the only code that both calls ports and runs the machine.
//!
//! ```text
//!  submit(requests) ── decide each over one draft ── append: ONE write + sync ── publish ── answers
//!                            refusals drop out                │
//!                                                             └─ failed: nothing was shown, nothing changes
//! ```
//!
//! **Invariant**: what [`Reader`] shows is durable. An answer, a refusal included, is given only after all that it was
//! decided on is durable and readable.

mod decide;
mod error;
mod feed;
mod growth;
mod look;
mod pages;
mod past;
mod reader;
mod receipt;
mod recover;
mod set_back;
mod settings;
mod snapshotter;
mod time;
mod timekeeper;

use std::fmt;
use std::sync::Arc;

pub use error::{EngineError, OpenError};
pub use past::{
    BasisError, HistoryPage, HistoryQuery, PastError, PastEvent, PastPage, ProductState,
};
pub use reader::{Reader, Subscription};
pub use receipt::{Answer, Receipt};
pub use recover::{Loss, RecoveryReport};
pub use set_back::{SetBack, SetBackError, set_back};
pub use settings::{Recovery, Settings};
pub use snapshotter::Snapshotter;
pub use timekeeper::{Awaits, EngineTime, Leap};

use crate::defect;
use crate::machine::{self, Head, Request, Staging};
use crate::ports::{AppendError, DeadLetters, EventLog, Observation, Observer, Ports, Wanted};
use crate::vocabulary::Sequence;
use decide::Group;
use look::Committing;
use reader::Published;
use time::Time;

/// An engine that has just started.
#[non_exhaustive]
pub struct Opened {
    /// Takes requests.
    pub engine: Engine,
    /// Takes snapshots, on a thread of its own where there are threads.
    pub snapshotter: Snapshotter,
    /// What could not be used, for who lists and resolves it while the engine runs.
    pub dead_letters: Box<dyn DeadLetters>,
    /// What the start has found.
    pub report: RecoveryReport,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("engine", &self.engine)
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}

/// The authority over stock: one at a time may write to a log.
pub struct Engine {
    log: Box<dyn EventLog>,
    observer: Arc<dyn Observer>,
    retain_events: Option<u64>,
    published: Arc<Published>,
    staging: Staging,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("epoch", &self.published.epoch)
            .field("head", &self.log.head())
            .field("stopped", &self.is_stopped())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts from what the ports hold: the newest valid snapshot, then the log after it.
    ///
    /// ```
    /// use inventory_core::engine::{Engine, Opened, Settings};
    /// use inventory_core::memory::MemoryStorage;
    ///
    /// let ports = MemoryStorage::new().ports();
    /// let Opened { engine, report, .. } = Engine::open(ports, Settings::default())?;
    /// assert!(!report.is_degraded());
    /// assert_eq!(engine.reader().head().sequence.number(), 0);
    /// # Ok::<(), inventory_core::engine::OpenError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`OpenError`]: acknowledged data is damaged, the clock is a year ahead of the log, or storage failed.
    pub fn open(mut ports: Ports, settings: Settings) -> Result<Opened, OpenError> {
        // Before anything is changed.
        Time::start(&ports.clock, ports.log.head(), &settings)?;
        let recovered = recover::recover(&mut ports, &settings)?;
        let time = Time::start(&ports.clock, recovered.ledger.head(), &settings)?;
        let published = Arc::new(Published::new(
            recovered.ledger,
            recovered.snapshot,
            recovered.purge_through,
            time,
            ports.log.reader(),
            ports.log.epoch(),
        ));
        let snapshotter = Snapshotter {
            published: Arc::clone(&published),
            store: ports.snapshots,
            observer: Arc::clone(&ports.observer),
        };
        let engine = Self {
            log: ports.log,
            observer: ports.observer,
            retain_events: settings.retain_events,
            published,
            staging: Staging::default(),
        };
        Ok(Opened {
            engine,
            snapshotter,
            dead_letters: ports.dead_letters,
            report: recovered.report,
        })
    }

    /// A reader of what is durable, for any thread.
    pub fn reader(&self) -> Reader {
        Reader {
            published: Arc::clone(&self.published),
            wanted: Wanted::default(),
        }
    }

    /// Whether an append has failed in a way that only opening the log again can settle.
    pub fn is_stopped(&self) -> bool {
        self.published.is_stopped()
    }

    /// Decides requests in order and makes them durable together, with one append. Each is answered on its own: a
    /// refused one does not keep the others from being applied.
    ///
    /// What reservations hold whose deadline has passed is free for every request, whether or not an event says so yet; of
    /// those events, the same append has what the requests see, and a portion of the others. So the end of a reservation is
    /// exact without a timer; to have it seen by readers while nobody asks for anything, submit nothing
    /// while there is something [overdue](Reader::is_overdue).
    ///
    /// # Errors
    ///
    /// No request of the group is answered. See [`EngineError`]: either nothing was written, or nobody knows yet.
    pub fn submit<'a>(
        &mut self,
        requests: impl IntoIterator<Item = &'a Request>,
    ) -> Result<Vec<Answer>, EngineError> {
        self.submit_first(std::iter::once(requests), usize::MAX)
    }

    /// As [`Engine::submit`], of one request. `??` is the receipt, or the first reason that there is none.
    ///
    /// # Errors
    ///
    /// As for [`Engine::submit`].
    pub fn submit_one(&mut self, request: &Request) -> Result<Answer, EngineError> {
        let mut answers = self.submit([request])?;
        Ok(answers.pop().expect("every request is answered"))
    }

    /// As [`Engine::submit`], for submissions of several callers: for the first of them, up to the one with which they write
    /// `events_max` events. The answers are those of the requests that were taken.
    pub(crate) fn submit_first<'a>(
        &mut self,
        submissions: impl Iterator<Item: IntoIterator<Item = &'a Request>>,
        events_max: usize,
    ) -> Result<Vec<Answer>, EngineError> {
        if self.is_stopped() {
            return Err(EngineError::Stopped);
        }
        let _committing = Committing::to(&*self.published);
        let mut under_way = UnderWay::begin(&self.published);
        let answers = self.submit_group(submissions, events_max);
        under_way.ended = true;
        answers
    }

    /// Answers who has submitted: what it calls knows that it would wait for itself.
    pub(crate) fn answering(&self, answer: impl FnOnce()) {
        let _committing = Committing::to(&*self.published);
        answer();
    }

    fn submit_group<'a>(
        &mut self,
        submissions: impl Iterator<Item: IntoIterator<Item = &'a Request>>,
        events_max: usize,
    ) -> Result<Vec<Answer>, EngineError> {
        let EngineTime { now, leap, .. } = self.published.time();
        if let Some(leap) = leap.filter(Leap::is_refused) {
            return Err(self.refuse(submissions.flatten().count(), leap));
        }
        let staging = &mut self.staging;
        let group = Group::decide(&self.published, staging, submissions, events_max, now);
        self.observer.observe(&group.observation());
        let Group {
            after,
            answers,
            entries,
        } = group;
        let Some(last) = entries.last() else {
            return Ok(answers);
        };
        let head = Head::after(last);
        if defect!(RefusalAnsweredEarly) {
            crate::testing::answer_early(answers.iter().filter_map(|answer| answer.as_ref().err()));
        }
        if defect!(DirtyRead) {
            self.published.publish(&entries);
        }
        let under_way = self.published.append_begins();
        let appended = self.log.append(after, &entries);
        drop(under_way);
        self.observer.observe(&Observation::GroupAppended {
            failure: appended.as_ref().err(),
        });
        appended.map_err(|error| self.fail(error))?;
        if !defect!(DirtyRead) {
            self.published.publish(&entries);
        }
        self.observer.observe(&Observation::GroupPublished {
            head,
            keys_evicted_early: self.published.read(machine::Ledger::keys_evicted_early),
        });
        self.purge(head.sequence);
        self.staging.give_back();
        Ok(answers)
    }

    fn refuse(&self, requests: usize, leap: Leap) -> EngineError {
        let ahead = leap.ahead;
        self.observer
            .observe(&Observation::ClockLeapt { requests, ahead });
        EngineError::ClockLeapt(leap)
    }

    fn fail(&self, error: AppendError) -> EngineError {
        match error {
            AppendError::NotWritten { cause } => EngineError::NotWritten {
                cause: cause.into(),
            },
            AppendError::OutcomeUnknown { cause } => {
                self.published.stop();
                EngineError::OutcomeUnknown {
                    cause: cause.into(),
                }
            }
            AppendError::Conflict { head } => {
                self.published.stop();
                EngineError::Fenced { head }
            }
        }
    }

    /// Lets the log give up what no start can need, whatever snapshot it uses, and nobody asked to keep.
    fn purge(&mut self, head: Sequence) {
        let Some(retain) = self.retain_events else {
            return;
        };
        let surplus = head.number().saturating_sub(retain);
        let through = match defect!(LogPurgedBeforeSnapshot) {
            true => Sequence::new(surplus),
            false => self.published.purge_through().min(Sequence::new(surplus)),
        };
        if through <= self.published.log.floor() {
            return;
        }
        let under_way = self.published.append_begins();
        let purged = self.log.purge(through);
        drop(under_way);
        self.observer.observe(&match &purged {
            Ok(()) => Observation::Purged,
            Err(reason) => Observation::PurgeSkipped { reason },
        });
    }
}

impl Drop for Engine {
    /// Tells subscribers that nothing will come any more.
    fn drop(&mut self) {
        self.published.feed.close();
    }
}

/// A group that is being submitted. One that a panic unwinds through stops the engine: nobody knows how much of it is durable.
struct UnderWay {
    published: Arc<Published>,
    /// What counts is how the group ends, not whether the thread panics: a destructor may submit while its thread unwinds
    /// for another reason.
    ended: bool,
}

impl UnderWay {
    fn begin(published: &Arc<Published>) -> Self {
        Self {
            published: Arc::clone(published),
            ended: false,
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if !self.ended && !defect!(PanicForgotten) {
            self.published.stop();
        }
    }
}
