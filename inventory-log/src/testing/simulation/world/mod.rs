//! World of a simulation: a disk, the engine that lives on it, and the witness that watches.

mod newer_writer;
mod panicky;
mod rival;
mod salvage;
mod save;
mod start;
mod submit;
mod wound;

use std::fmt;
use std::sync::Arc;

use inventory_core::engine::{Engine, Reader, Snapshotter, Subscription};
use inventory_core::ports::Clock;
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::Timestamp;
use panicky::Panicky;

use super::witness::Aftermath;
use super::{Setup, Situation, Tally, Witness};
use crate::testing::{Call, Fault, SimDisk};

/// Late enough that the clock can go back.
const START_MS: u64 = 1_000_000;

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
    /// Away while it writes.
    snapshotter: Option<Snapshotter>,
    /// Whether a snapshot was saved while a group was under way.
    saved_beside: bool,
    reader: Reader,
    /// Follows from where the engine started.
    feed: Subscription,
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
    observer: Arc<Panicky>,
    /// Whether the last life ended with a power cut, so that all that can be read is on the disk.
    pub(super) power_was_cut: bool,
    live: Option<Live>,
    /// What is known once something was lost.
    pub(super) aftermath: Option<Aftermath>,
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
            clock: ManualClock::at(Timestamp::UNIX_EPOCH.plus_millis(START_MS)),
            setup,
            witness: Witness::new(setup),
            tally: Tally::default(),
            armed: Vec::new(),
            full: false,
            observer: Arc::default(),
            power_was_cut: true,
            live: None,
            aftermath: None,
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
            full: self.full,
            observer: Arc::default(),
            power_was_cut: self.power_was_cut,
            live: None,
            aftermath: self.aftermath.clone(),
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

    /// Whether the disk is full.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Makes the disk full, or gives it room again. It stays full from life to life.
    pub fn set_full(&mut self, full: bool) {
        self.full = full;
        self.disk.set_full(full);
    }

    /// Lets who observes the engine panic at the `nth` observation from now on.
    pub fn panic_at(&self, nth: u64) {
        self.observer.arm(nth);
    }

    /// Lets time pass.
    pub fn pass(&mut self, millis: u64) {
        self.clock.advance_millis(millis);
    }

    /// Lets time pass that the clock does not show.
    pub fn stand(&mut self, millis: u64) {
        self.clock.stand_millis(millis);
    }

    /// Sets the clock, ahead or back, while no time passes.
    pub fn leap(&mut self, millis: i64) {
        let now = self.clock.now().millis();
        let then = Timestamp::from_millis(now.saturating_add_signed(millis));
        self.clock.leap_to(then.unwrap_or(Timestamp::UNIX_EPOCH));
        self.tally.saw_if(millis < 0, Situation::ClockWentBack);
    }

    /// Sets the clock to what it would show had nobody ever set it.
    pub fn put_clock_right(&mut self) {
        let passed = self.clock.uptime().millis();
        self.clock
            .leap_to(Timestamp::UNIX_EPOCH.plus_millis(START_MS + passed));
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
        let renamed = |name: &&String| !name.ends_with(".tmp");
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
        self.disarm();
        let names = self.disk.names();
        let has = |name: &str| names.iter().any(|other| other.starts_with(name));
        let interrupted = names.iter().all(|name| name != "events.log.jsonl")
            && has("events-")
            && has("events.log");
        self.tally.saw_if(interrupted, Situation::SealInterrupted);
    }
}
