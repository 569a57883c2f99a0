//! A snapshot store that fails on demand.

use super::plan::{Call, Fault, Faults};
use crate::ports::{LoadError, Loaded, Saved, Snapshot, SnapshotStore, StorageError};

pub(super) struct FaultySnapshots {
    store: Box<dyn SnapshotStore>,
    faults: Faults,
}

impl FaultySnapshots {
    pub(super) fn new(store: Box<dyn SnapshotStore>, faults: Faults) -> Self {
        Self { store, faults }
    }
}

impl SnapshotStore for FaultySnapshots {
    fn save(&mut self, snapshot: &Snapshot) -> Result<Saved, StorageError> {
        if self.faults.next(Call::Save) {
            return Err(Fault::while_doing("saving a snapshot"));
        }
        self.store.save(snapshot)
    }

    fn load(&mut self) -> Result<Option<Loaded>, LoadError> {
        if self.faults.next(Call::Load) {
            return Err(LoadError::Failed(Fault::while_doing("loading a snapshot")));
        }
        self.store.load()
    }
}
