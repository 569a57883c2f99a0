//! A durable inventory in one call: an engine with its writer (group commit), its deadlines and its snapshots.
//!
//! ```text
//!  your threads ──▶ Writer ──▶ Engine ──▶ log
//!                     ▲          │
//!        deadlines ───┘          └──▶ snapshots, as often as the log has grown enough
//! ```

mod deadlines;
mod part;
mod saving;
mod start_error;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

pub use start_error::StartError;

use crate::engine::{Answer, Engine, Opened, Reader, RecoveryReport, Settings};
use crate::machine::Request;
use crate::ports::{DeadLetter, DeadLetters, Ports, Resolution, Resolved, StorageError};
use crate::writer::{NotTaken, SubmitError, Submitted, Writer, WriterLimits};
use part::Part;

/// The least time between two snapshots.
const SNAPSHOT_INTERVAL: Duration = Duration::from_secs(10);

/// The authority over the stock of all products at all stores, for as many threads as there are. Share it by reference or in an
/// `Arc`.
///
/// Reservations end by themselves soon after their deadlines, and snapshots are saved beside the writer. What goes wrong with either
/// is told to the observer of the ports, and tried again.
///
/// Dropped, it finishes what it has taken and saves a last snapshot where that is worth it. Dropped by a reply or within a look
/// at the ledger, it does so without anybody waiting for it.
///
/// # Panics
///
/// Dropping it panics where one of its threads has: what that one did was done no more.
///
/// ```
/// use inventory_core::engine::Settings;
/// use inventory_core::inventory::Inventory;
/// use inventory_core::machine::{Adjust, Request};
/// use inventory_core::memory::MemoryStorage;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let inventory = Inventory::start(MemoryStorage::new().ports(), Settings::default())?;
/// let delivery = Adjust::new("tea", "north", 10)?;
/// let receipt = inventory.submit(Request::new("delivery-1".parse()?, vec![delivery.into()])?)??;
/// for line in receipt.lines() {
///     assert_eq!(line.after.level.available().units(), 10);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Inventory {
    // Dropped in this order: nothing is submitted to a writer that has stopped, and the last snapshot has everything.
    deadlines: Part,
    writer: Arc<Writer>,
    saving: Part,
    report: RecoveryReport,
    dead_letters: Mutex<Box<dyn DeadLetters>>,
}

impl fmt::Debug for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inventory")
            .field("writer", &self.writer)
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}

impl Inventory {
    /// Starts from what the ports hold.
    ///
    /// # Errors
    ///
    /// See [`StartError`]; nothing runs, and what is stored is as it was or as a start has repaired it.
    pub fn start(ports: Ports, settings: Settings) -> Result<Self, StartError> {
        let clock = Arc::clone(&ports.clock);
        let Opened {
            engine,
            snapshotter,
            dead_letters,
            report,
        } = Engine::open(ports, settings)?;
        let writer = Arc::new(Writer::start(engine, WriterLimits::default())?);
        Ok(Self {
            deadlines: deadlines::start(Arc::clone(&writer))?,
            saving: saving::start(snapshotter, clock, SNAPSHOT_INTERVAL)?,
            writer,
            report,
            dead_letters: Mutex::new(dead_letters),
        })
    }

    /// Makes a request durable, or refuses it, and waits for that. `??` is the receipt, or the first reason that there is none.
    ///
    /// # Errors
    ///
    /// See [`SubmitError`]: whether the request may have been applied. The same key settles it.
    pub fn submit(&self, request: Request) -> Result<Answer, SubmitError> {
        self.writer.submit_one_and_wait(request)
    }

    /// Hands requests over without waiting; the answers are there once they are awaited, in order, on any runtime or none.
    ///
    /// # Errors
    ///
    /// [`NotTaken`]: nothing of them was or will be applied.
    pub fn submit_async(&self, requests: Vec<Request>) -> Result<Submitted, NotTaken> {
        self.writer.submit_async(requests)
    }

    /// Reads what is durable, and subscribes to what comes, from any thread.
    pub fn reader(&self) -> Reader {
        self.writer.reader()
    }

    /// What the start has found.
    pub fn report(&self) -> &RecoveryReport {
        &self.report
    }

    /// Shows what was found in the log and has no effect, one letter at a time. `show` must not ask for letters itself.
    ///
    /// # Errors
    ///
    /// The letters that were not shown could not be read.
    pub fn each_dead_letter(&self, mut show: impl FnMut(DeadLetter)) -> Result<(), StorageError> {
        self.dead_letters.lock().each(&mut show)
    }

    /// Says that a person has dealt with a letter, in their words. It stays where it is.
    ///
    /// # Errors
    ///
    /// That may or may not have been written down; saying it again settles it.
    pub fn resolve_dead_letter(&self, id: &str, note: &str) -> Result<Resolved, StorageError> {
        let resolution = Resolution {
            resolved_at: self.reader().time().now,
            note: note.to_owned(),
        };
        self.dead_letters.lock().resolve(id, &resolution)
    }
}

impl Drop for Inventory {
    fn drop(&mut self) {
        if self.writer.reader().is_waited_for() {
            self.deadlines.let_go();
            self.saving.let_go();
        }
    }
}
