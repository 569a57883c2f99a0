//! Reference adapters that keep everything in memory: the plainest code that honours the contracts of
//! [`ports`](crate::ports), for tests and for trying the engine out. What they hold ends with the process.

mod clock;
mod dead_letters;
mod log;
mod snapshots;

use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

pub use clock::StoppedClock;
pub use dead_letters::MemoryDeadLetters;
pub use log::{MemoryLog, MemoryLogReader};
pub use snapshots::MemorySnapshots;

use crate::ports::{DeadLetter, Ports, Snapshot, Unobserved};
use crate::vocabulary::{Epoch, Timestamp};
use log::Contents;

/// What a disk is to a file: survives its adapters, so that an engine can be dropped and opened again. Clones are the
/// same storage.
///
/// Any number of adapters may be open at once; what one has made durable, all see. Two engines on one storage fence each
/// other, as two on a shared database would.
#[derive(Debug, Clone)]
pub struct MemoryStorage {
    log: Arc<RwLock<Contents>>,
    snapshot: Arc<Mutex<Option<Snapshot>>>,
    dead_letters: Arc<Mutex<Vec<DeadLetter>>>,
}

impl MemoryStorage {
    /// An empty storage, whose log has the epoch zero: tests want the same bytes each time.
    pub fn new() -> Self {
        Self::with_epoch(Epoch::from_random(0))
    }

    /// An empty storage, whose log has the given epoch. Followers tell it from another storage by that.
    pub fn with_epoch(epoch: Epoch) -> Self {
        Self {
            log: Arc::new(RwLock::new(Contents::new(epoch))),
            snapshot: Arc::default(),
            dead_letters: Arc::default(),
        }
    }

    /// All ports on this storage. Nobody observes, and the clock stands at 1970: replace `clock` where ages matter.
    pub fn ports(&self) -> Ports {
        Ports {
            log: Box::new(self.log()),
            snapshots: Box::new(self.snapshots()),
            dead_letters: Box::new(self.dead_letters()),
            clock: Arc::new(StoppedClock(Timestamp::UNIX_EPOCH)),
            observer: Arc::new(Unobserved),
        }
    }

    /// Opens the log.
    pub fn log(&self) -> MemoryLog {
        MemoryLog::new(Arc::clone(&self.log))
    }

    /// Opens the snapshots.
    pub fn snapshots(&self) -> MemorySnapshots {
        MemorySnapshots::new(Arc::clone(&self.snapshot))
    }

    /// Opens the dead letters.
    pub fn dead_letters(&self) -> MemoryDeadLetters {
        MemoryDeadLetters::new(Arc::clone(&self.dead_letters))
    }
}

impl Default for MemoryStorage {
    fn default() -> Self {
        Self::new()
    }
}
