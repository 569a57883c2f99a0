//! A disk, the engine that lives on it, and the witness who watches.

use std::fmt;
use std::sync::Arc;

use inventory_core::engine::{Engine, EngineError, OpenError, Opened, Reader, Snapshotter};
use inventory_core::machine::{Rejection, Request};
use inventory_core::ports::{Clock, EventLog, LoadError, Ports, ReadError};
use inventory_core::testing::{ManualClock, Predicted, answered_early};
use inventory_core::vocabulary::Timestamp;

use super::letters::Listed;
use super::violation::ensure;
use super::witness::{Recovered, Unanswered};
use super::{Check, Setup, Situation, Tally, Violation, Witness};
use crate::file::{self, FileStore, open_on};
use crate::testing::{Call, Fault, SimDisk};

/// Whether the engine works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It does.
    Running,
    /// It has to be opened, or opened again.
    Stopped,
}

/// An engine that has started.
struct Live {
    engine: Engine,
    snapshotter: Snapshotter,
    reader: Reader,
    /// Whether the disk was full at the last submit.
    was_full: bool,
}

/// A fault that was armed in this life.
#[derive(Debug, Clone, Copy)]
struct Armed {
    on: Option<Call>,
    /// How many calls there are once it has struck.
    at: u64,
}

/// A disk with a data directory, and what is known of it.
pub struct World {
    pub(super) disk: SimDisk,
    pub(super) clock: ManualClock,
    pub(super) setup: Setup,
    pub(super) witness: Witness,
    pub(super) tally: Tally,
    armed: Vec<Armed>,
    full: bool,
    /// Whether the last life ended with a power cut, so that all that can be read is on the disk.
    pub(super) power_was_cut: bool,
    live: Option<Live>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("disk", &self.disk)
            .field("tally", &self.tally)
            .finish_non_exhaustive()
    }
}

impl World {
    /// An empty directory.
    pub fn new(seed: u64, setup: Setup) -> Self {
        Self {
            disk: SimDisk::new(seed),
            clock: ManualClock::at(Timestamp::UNIX_EPOCH.plus_millis(1_000_000)),
            setup,
            witness: Witness::new(setup),
            tally: Tally::default(),
            armed: Vec::new(),
            full: false,
            power_was_cut: true,
            live: None,
        }
    }

    /// Another world that is as this one. No engine lives in it.
    #[must_use]
    pub fn fork(&self) -> Self {
        Self {
            disk: self.disk.fork(),
            clock: ManualClock::at(self.clock.now()),
            setup: self.setup,
            witness: self.witness.clone(),
            tally: Tally::default(),
            armed: Vec::new(),
            full: false,
            power_was_cut: self.power_was_cut,
            live: None,
        }
    }

    /// The disk.
    pub fn disk(&self) -> &SimDisk {
        &self.disk
    }

    /// Who knows what must be there.
    pub fn witness(&self) -> &Witness {
        &self.witness
    }

    /// What was reached so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Arms a fault, as [`SimDisk::arm`] does.
    pub fn arm(&mut self, on: Option<Call>, nth: u64, fault: Fault) {
        let at = self.calls(on) + nth;
        self.armed.push(Armed { on, at });
        self.disk.arm(on, nth, fault);
    }

    /// Number of faults of this life that have struck.
    pub fn struck(&self) -> usize {
        self.armed
            .iter()
            .filter(|armed| self.calls(armed.on) >= armed.at)
            .count()
    }

    /// Removes the faults that have not struck.
    pub fn disarm(&mut self) {
        self.disk.disarm();
        self.armed.clear();
    }

    fn calls(&self, on: Option<Call>) -> u64 {
        on.map_or_else(|| self.disk.calls(), |call| self.disk.calls_of(call))
    }

    /// Makes the disk full, or gives it room again.
    pub fn set_full(&mut self, full: bool) {
        self.full = full;
        self.disk.set_full(full);
    }

    /// Moves the clock, back as well as forward.
    pub fn tick(&mut self, millis: i64) {
        let now = self.clock.now().millis();
        let then = Timestamp::from_millis(now.saturating_add_signed(millis));
        self.clock.set(then.unwrap_or(Timestamp::UNIX_EPOCH));
        self.tally.saw_if(millis < 0, Situation::ClockWentBack);
    }

    /// Starts an engine and compares it with what is known. Faults strike while it starts; then they are disarmed, unless
    /// the directory is new, so that there was nothing to compare.
    ///
    /// # Errors
    ///
    /// A promise is broken.
    pub fn open(&mut self) -> Result<Progress, Violation> {
        let Some(store) = self.open_store()? else {
            return Ok(Progress::Stopped);
        };
        let (log, findings, listed) = (store.log.reader(), store.findings, Listed::default());
        let ports = Ports {
            log: Box::new(store.log),
            snapshots: Box::new(store.snapshots),
            dead_letters: listed.watch(store.dead_letters),
            clock: Arc::new(self.clock.clone()),
            observer: Arc::new(inventory_core::ports::Unobserved),
        };
        let Opened {
            engine,
            snapshotter,
            report,
        } = match Engine::open(ports, self.setup.settings) {
            Ok(opened) => opened,
            Err(error) => {
                if std::env::var("CRASH_SEED").is_ok() {
                    eprintln!("recover failed {error:?}");
                }
                return self.refused(is_failure(&error), &error);
            }
        };
        let reader = engine.reader();
        if self.witness.head().sequence.number() > 0 {
            self.disarm();
        }
        let recovered = Recovered {
            findings: &findings,
            report: &report,
            letters: listed.take(),
            log: &*log,
            reader: &reader,
        };
        self.witness.recovered(recovered, &mut self.tally)?;
        self.live = Some(Live {
            engine,
            snapshotter,
            reader,
            was_full: false,
        });
        Ok(Progress::Running)
    }

    /// Opens the directory without an engine; `None` when a fault struck.
    pub(super) fn open_store(&mut self) -> Result<Option<FileStore>, Violation> {
        match open_on(Arc::new(self.disk.clone()), &self.clock, self.setup.files) {
            Ok(store) => Ok(Some(store)),
            Err(error) => {
                eprintln!("recover store failed {error:?}");
                self.refused(matches!(error, file::OpenError::Io(_)), &error)
                    .map(|_stopped| None)
            }
        }
    }

    /// Only a fault may keep an engine from starting.
    fn refused(&mut self, is_failure: bool, error: &dyn fmt::Debug) -> Result<Progress, Violation> {
        let excused = is_failure && self.struck() > 0;
        ensure(excused, Check::HealthyDiskIsOpened, || {
            format!("{error:?}, with {:?}", self.disk)
        })?;
        Ok(Progress::Stopped)
    }

    /// Submits a group and compares the answers with the model's.
    ///
    /// # Errors
    ///
    /// A promise is broken.
    pub fn submit(&mut self, group: &[Request]) -> Result<Progress, Violation> {
        let Some(live) = &mut self.live else {
            return Ok(Progress::Stopped);
        };
        let now = self.clock.now();
        let mut after = self.witness.model.clone();
        let predicted: Vec<Predicted> = group
            .iter()
            .map(|request| after.decide(request, now))
            .collect();
        after.publish();
        let was_stopped = live.engine.is_stopped();
        let floor = live.reader.floor();
        let writes = self.disk.calls_of(Call::Write);
        let outcome = live.engine.submit(group);
        self.witness.hear_early(answered_early());
        match outcome {
            Ok(answers) => {
                for ((request, answer), predicted) in group.iter().zip(&answers).zip(&predicted) {
                    let again = matches!(predicted, Predicted::Applied { .. })
                        && self.witness.knows_key_of(request);
                    self.tally.saw_if(again, Situation::KeyForgotten);
                    self.witness.hear(request, answer, predicted, now)?;
                }
                self.witness.model = after;
                self.tally
                    .saw_if(live.reader.floor() > floor, Situation::Purged);
                let wrote = self.disk.calls_of(Call::Write) > writes;
                self.tally.saw_if(
                    wrote && std::mem::take(&mut live.was_full),
                    Situation::FullDiskSurvived,
                );
                count_answers(&mut self.tally, &predicted);
                self.check_reader()
            }
            Err(EngineError::NotWritten { .. }) => {
                live.was_full = true;
                // A group that was begun takes a write that succeeds, one that fails, and one that takes it back.
                let rolled_back = self.disk.calls_of(Call::Write) >= writes + 3;
                self.tally
                    .saw_if(rolled_back, Situation::FullDiskRolledBack);
                self.check_reader()
            }
            Err(EngineError::OutcomeUnknown { .. }) => {
                ensure(self.struck() > 0, Check::FullDiskIsSurvived, || {
                    format!("it stopped: {outcome:?}")
                })?;
                self.witness
                    .look(&self.live.as_ref().expect("it was there above").reader);
                self.witness.unanswered = Some(Unanswered {
                    requests: group.to_vec(),
                    at: now,
                });
                Ok(Progress::Stopped)
            }
            Err(EngineError::Stopped) if was_stopped => Ok(Progress::Stopped),
            Err(error @ (EngineError::Stopped | EngineError::Fenced { .. })) => {
                Err(Violation::new(
                    Check::AnswerIsRight,
                    format!("nobody else writes: {error:?}"),
                ))
            }
        }
    }

    /// After a group that has ended, readers see what is certain and nothing else.
    fn check_reader(&self) -> Result<Progress, Violation> {
        if let Some(live) = &self.live {
            let (shown, known) = (live.reader.head(), self.witness.head());
            ensure(shown == known, Check::OnlyDurableIsShown, || {
                format!("{shown:?} instead of {known:?}")
            })?;
            self.witness.check_ledger(&live.reader)?;
        }
        Ok(Progress::Running)
    }

    /// Saves a snapshot.
    pub fn save(&mut self) {
        let Some(live) = &mut self.live else { return };
        self.witness.saves();
        match live.snapshotter.save() {
            Ok(_) => self.witness.saved(),
            Err(_) => self
                .tally
                .saw_if(!live.engine.is_stopped(), Situation::SnapshotSkipped),
        }
    }

    /// Ends the life in good order.
    pub fn close(&mut self) {
        self.count_end();
        self.tally.saw(Situation::Closed);
        self.live = None;
        // A process that came through opens the directory again itself, which finds it unlocked.
        let disk = if self.struck() == 0 {
            self.disk.clone()
        } else {
            self.disk.kill()
        };
        self.begin_life(disk);
        self.power_was_cut = false;
    }

    /// Kills the process.
    pub fn kill(&mut self) {
        self.count_end();
        self.tally.crashed();
        self.tally.saw(Situation::Killed);
        self.begin_life(self.disk.kill());
        self.power_was_cut = false;
    }

    /// Cuts the power, as [`SimDisk::power_cut`] does.
    pub fn cut_power(&mut self, keep: impl FnMut(usize) -> bool) {
        self.count_end();
        self.tally.crashed();
        self.tally.saw(Situation::PowerCut);
        let before = self.disk.names();
        let disk = self.disk.power_cut(keep);
        let after = disk.names();
        // Files other than these get their names by a rename.
        let renamed = |name: &&String| !name.ends_with(".tmp") && *name != "lock";
        let lost = before
            .iter()
            .filter(renamed)
            .any(|name| !after.contains(name));
        self.tally.saw_if(lost, Situation::RenameLost);
        self.begin_life(disk);
        self.power_was_cut = true;
    }

    fn count_end(&mut self) {
        self.tally.saw_if(self.struck() > 1, Situation::DoubleFault);
    }

    fn begin_life(&mut self, disk: SimDisk) {
        self.disk = disk;
        // A process that has ended cannot write any more, whatever its destructors do.
        self.live = None;
        self.set_full(false);
        self.disarm();
        let names = self.disk.names();
        let has = |name: &str| names.iter().any(|other| other.starts_with(name));
        let interrupted = names.iter().all(|name| name != "events.log.jsonl")
            && has("events-")
            && has("events.log");
        self.tally.saw_if(interrupted, Situation::SealInterrupted);
    }
}

fn count_answers(tally: &mut Tally, predicted: &[Predicted]) {
    let mut applied = false;
    for answer in predicted {
        match answer {
            Predicted::Applied { .. } => applied = true,
            Predicted::Replayed { .. } => tally.saw(Situation::Replayed),
            Predicted::Refused(Rejection::KeyReused { .. }) => tally.saw(Situation::KeyReused),
            Predicted::Refused(_) => tally.saw_if(applied, Situation::RefusedWithinGroup),
        }
    }
}

/// Whether an engine did not start since storage failed, rather than for what it found.
fn is_failure(error: &OpenError) -> bool {
    match error {
        OpenError::Storage(_) | OpenError::Log(ReadError::Failed(_)) => true,
        OpenError::Snapshot { cause, .. } => matches!(cause, LoadError::Failed(_)),
        OpenError::Log(ReadError::Purged { .. } | ReadError::Damaged { .. })
        | OpenError::Missing { .. }
        | OpenError::LogEndsBeforeSnapshot { .. }
        | OpenError::OtherHistory { .. }
        | OpenError::ForeignSnapshot { .. } => false,
    }
}
