//! Snapshots in memory.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::ports::{LoadError, Snapshot, SnapshotStore, StorageError};

/// Keeps the newest snapshot, which shares its memory with the ledger that it was taken from.
#[derive(Debug)]
pub struct MemorySnapshots {
    newest: Arc<Mutex<Option<Snapshot>>>,
}

impl MemorySnapshots {
    pub(super) fn new(newest: Arc<Mutex<Option<Snapshot>>>) -> Self {
        Self { newest }
    }
}

impl SnapshotStore for MemorySnapshots {
    fn save(&mut self, snapshot: &Snapshot) -> Result<u64, StorageError> {
        let mut newest = self.newest.lock();
        if let Some(newest) = &*newest {
            snapshot.check_replaces((newest.epoch, newest.image.head().sequence))?;
        }
        *newest = Some(snapshot.clone());
        Ok(0)
    }

    fn load(&mut self) -> Result<Option<Snapshot>, LoadError> {
        Ok(self.newest.lock().clone())
    }
}
