//! Recovery in a simulation: a start, and whether it may be refused.

use std::fmt;
use std::sync::Arc;

use inventory_core::engine::{Engine, Leap, OpenError, Opened, Reader};
use inventory_core::ports::{Clock, DeadLetter, EventLog, LoadError, LogReader, Ports};
use inventory_core::vocabulary::Span;

use super::{Live, Progress, World};
use crate::file::{self, FileStore, Finding, open_on};
use crate::testing::simulation::letters::Listed;
use crate::testing::simulation::violation::ensure;
use crate::testing::simulation::witness::Recovered;
use crate::testing::simulation::{Check, Situation, Violation};

/// An engine that has started, and what the start has shown.
pub(super) struct Started {
    opened: Opened,
    reader: Reader,
    log: Arc<dyn LogReader>,
    findings: Vec<Finding>,
    letters: Vec<DeadLetter>,
}

impl Started {
    /// What there is to be judged. On a full disk, what was torn may stay where it is.
    pub(super) fn recovered(&self, full: bool) -> Recovered<'_> {
        Recovered {
            findings: &self.findings,
            report: &self.opened.report,
            letters: self.letters.clone(),
            log: &*self.log,
            reader: &self.reader,
            full,
        }
    }

    pub(super) fn into_live(self) -> Live {
        Live {
            engine: self.opened.engine,
            snapshotter: Some(self.opened.snapshotter),
            saved_beside: false,
            feed: self.reader.subscribe(self.reader.head().sequence),
            reader: self.reader,
            was_full: false,
        }
    }
}

impl World {
    /// Starts an engine and compares it with what is known. Faults strike while it starts; then they are disarmed, unless
    /// the directory is new, so that there was nothing to compare.
    ///
    /// # Errors
    ///
    /// A promise is broken.
    pub fn open(&mut self) -> Result<Progress, Violation> {
        let Some(started) = self.start()? else {
            return Ok(Progress::Stopped);
        };
        let full = self.is_full();
        let recovered = started.recovered(full);
        self.witness.recovered(recovered, &mut self.tally)?;
        self.live = Some(started.into_live());
        Ok(Progress::Running)
    }

    /// Starts an engine; `None` when a fault struck.
    pub(super) fn start(&mut self) -> Result<Option<Started>, Violation> {
        self.observer.disarm();
        let Some(store) = self.open_store()? else {
            return Ok(None);
        };
        let (log, findings, listed) = (store.log.reader(), store.findings, Listed::default());
        let ports = Ports {
            log: Box::new(store.log),
            snapshots: Box::new(store.snapshots),
            dead_letters: listed.watch(store.dead_letters),
            clock: Arc::new(self.clock.clone()),
            observer: Arc::clone(&self.observer) as _,
        };
        let opened = match Engine::open(ports, self.setup.settings) {
            Ok(opened) => opened,
            Err(OpenError::ClockAhead(leap)) => return self.clock_is_ahead(&leap),
            Err(error) => {
                return self
                    .refused(is_failure(&error), &error)
                    .map(|_stopped| None);
            }
        };
        if !self.witness.expects_nothing() {
            self.disarm();
        }
        Ok(Some(Started {
            reader: opened.engine.reader(),
            opened,
            log,
            findings,
            letters: listed.take(),
        }))
    }

    /// Opens the directory without an engine; `None` when a fault struck.
    pub(super) fn open_store(&mut self) -> Result<Option<FileStore>, Violation> {
        match open_on(Arc::new(self.disk.clone()), &self.clock, self.setup.files) {
            Ok(store) => Ok(Some(store)),
            Err(error) => self
                .refused(matches!(error, file::OpenError::Io(_)), &error)
                .map(|_stopped| None),
        }
    }

    /// An engine does not start more than a year after what it last wrote; somebody puts the clock right, and starts it again.
    fn clock_is_ahead(&mut self, leap: &Leap) -> Result<Option<Started>, Violation> {
        let excused = leap.ahead > Span::YEAR && leap.clock == self.clock.now();
        ensure(excused, Check::HealthyDiskIsOpened, || format!("{leap:?}"))?;
        self.tally.saw(Situation::ClockAheadAtStart);
        self.put_clock_right();
        self.start()
    }

    /// Only a fault may keep an engine from starting; a full disk may where there is nothing yet.
    fn refused(&mut self, is_failure: bool, error: &dyn fmt::Debug) -> Result<Progress, Violation> {
        let needs_room = self.witness.expects_nothing();
        let excused = is_failure && (self.struck() > 0 || (self.is_full() && needs_room));
        ensure(excused, Check::HealthyDiskIsOpened, || {
            format!("{error:?}, with {:?}", self.disk)
        })?;
        Ok(Progress::Stopped)
    }
}

/// Whether an engine did not start since storage failed, rather than for what it found.
fn is_failure(error: &OpenError) -> bool {
    match error {
        OpenError::Storage(_) => true,
        OpenError::Log(_) => !error.is_damage(),
        OpenError::Snapshot { cause, .. } => matches!(cause, LoadError::Failed(_)),
        OpenError::Missing { .. }
        | OpenError::LogEndsBeforeSnapshot { .. }
        | OpenError::OtherHistory { .. }
        | OpenError::ForeignSnapshot { .. }
        | OpenError::ClockAhead(_) => false,
        _ => false,
    }
}
