//! A start, and whether it may be refused.

use std::fmt;
use std::sync::Arc;

use inventory_core::engine::{Engine, Leap, OpenError, Opened};
use inventory_core::ports::{Clock, EventLog, LoadError, Ports, ReadError};
use inventory_core::vocabulary::Span;

use super::{Live, Progress, World};
use crate::file::{self, FileStore, open_on};
use crate::testing::simulation::letters::Listed;
use crate::testing::simulation::violation::ensure;
use crate::testing::simulation::witness::Recovered;
use crate::testing::simulation::{Check, Situation, Violation};

impl World {
    /// Starts an engine and compares it with what is known. Faults strike while it starts; then they are disarmed, unless
    /// the directory is new, so that there was nothing to compare.
    ///
    /// # Errors
    ///
    /// A promise is broken.
    pub fn open(&mut self) -> Result<Progress, Violation> {
        self.observer.disarm();
        let Some(store) = self.open_store()? else {
            return Ok(Progress::Stopped);
        };
        let (log, findings, listed) = (store.log.reader(), store.findings, Listed::default());
        let ports = Ports {
            log: Box::new(store.log),
            snapshots: Box::new(store.snapshots),
            dead_letters: listed.watch(store.dead_letters),
            clock: Arc::new(self.clock.clone()),
            observer: Arc::clone(&self.observer) as _,
        };
        let Opened {
            engine,
            snapshotter,
            report,
            ..
        } = match Engine::open(ports, self.setup.settings) {
            Ok(opened) => opened,
            Err(OpenError::ClockAhead(leap)) => return self.clock_is_ahead(&leap),
            Err(error) => return self.refused(is_failure(&error), &error),
        };
        let reader = engine.reader();
        if !self.witness.expects_nothing() {
            self.disarm();
        }
        let recovered = Recovered {
            findings: &findings,
            report: &report,
            letters: listed.take(),
            log: &*log,
            reader: &reader,
            full: self.is_full(),
        };
        self.witness.recovered(recovered, &mut self.tally)?;
        self.live = Some(Live {
            engine,
            snapshotter,
            feed: reader.subscribe(reader.head().sequence),
            reader,
            was_full: false,
        });
        Ok(Progress::Running)
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
    fn clock_is_ahead(&mut self, leap: &Leap) -> Result<Progress, Violation> {
        let excused = leap.ahead > Span::YEAR && leap.clock == self.clock.now();
        ensure(excused, Check::HealthyDiskIsOpened, || format!("{leap:?}"))?;
        self.tally.saw(Situation::ClockAheadAtStart);
        self.put_clock_right();
        self.open()
    }

    /// Only a fault may keep an engine from starting; a full disk may where there is nothing yet, or where something has to be
    /// buried that no start has buried before.
    fn refused(&mut self, is_failure: bool, error: &dyn fmt::Debug) -> Result<Progress, Violation> {
        let needs_room = self.witness.expects_nothing() || self.witness.has_unburied_poison();
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
        OpenError::Storage(_) | OpenError::Log(ReadError::Failed(_) | ReadError::GivenUp) => true,
        OpenError::Snapshot { cause, .. } => matches!(cause, LoadError::Failed(_)),
        OpenError::Log(ReadError::Purged { .. } | ReadError::Damaged { .. })
        | OpenError::Missing { .. }
        | OpenError::LogEndsBeforeSnapshot { .. }
        | OpenError::OtherHistory { .. }
        | OpenError::ForeignSnapshot { .. }
        | OpenError::ClockAhead(_) => false,
    }
}
