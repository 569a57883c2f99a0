//! Snapshots in memory.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::ports::{LoadError, Loaded, Saved, Snapshot, SnapshotStore, StorageError};

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
    fn save(&mut self, snapshot: &Snapshot) -> Result<Saved, StorageError> {
        let mut newest = self.newest.lock();
        if let Some(newest) = &*newest {
            snapshot.check_replaces((newest.epoch, newest.image.head().sequence))?;
        }
        *newest = Some(snapshot.clone());
        Ok(Saved {
            bytes: 0,
            purge_through: snapshot.image.head().sequence,
        })
    }

    fn load(&mut self) -> Result<Option<Loaded>, LoadError> {
        let newest = self.newest.lock().clone();
        Ok(newest.map(|snapshot| Loaded {
            newer_damaged: None,
            purge_through: snapshot.image.head().sequence,
            snapshot,
        }))
    }
}
