//! `state.json`: the newest snapshot, replaced in one step.

use std::io;
use std::sync::Arc;

use inventory_core::defect;
use inventory_core::ports::{LoadError, Snapshot, SnapshotStore, StorageError};
use inventory_core::vocabulary::{Epoch, Sequence};

use super::directory::{Directory, SNAPSHOT, SNAPSHOT_TMP};
use super::disk::rename_durably;
use super::index::Indexes;
use super::snapshot_codec::{self, Fault};

/// Snapshots as one JSON document, written aside and renamed. Saving one also writes the indexes of segments that were sealed
/// meanwhile: whoever saves does so beside the writer, and now and then.
#[derive(Debug)]
pub struct FileSnapshots {
    directory: Directory,
    indexes: Arc<Indexes>,
    /// Epoch and position of the snapshot that was last saved or loaded.
    kept: Option<(Epoch, Sequence)>,
    /// Bytes that it takes.
    size: u64,
}

impl FileSnapshots {
    pub(super) fn new(directory: Directory, indexes: Arc<Indexes>) -> Self {
        Self {
            directory,
            indexes,
            kept: None,
            size: 0,
        }
    }

    fn write(&self, snapshot: &Snapshot) -> io::Result<u64> {
        let disk = &*self.directory.disk;
        let name = if defect!(SnapshotInPlace) {
            SNAPSHOT
        } else {
            SNAPSHOT_TMP
        };
        let file = disk.create(name)?;
        let bytes = snapshot_codec::write(&*file, snapshot)?;
        if !defect!(SnapshotNotSynced) {
            file.sync_data()?;
        }
        if name == SNAPSHOT {
            return Ok(bytes);
        }
        rename_durably(disk, SNAPSHOT_TMP, SNAPSHOT)?;
        Ok(bytes)
    }
}

impl SnapshotStore for FileSnapshots {
    fn save(&mut self, snapshot: &Snapshot) -> Result<u64, StorageError> {
        if let Some(kept) = self.kept {
            snapshot.check_replaces(kept)?;
        }
        let bytes = self.write(snapshot).map_err(|error| {
            // Best effort: what is left of it is removed by the next open, and never read.
            let _ = self.directory.disk.remove(SNAPSHOT_TMP);
            StorageError::new(format!("saving {SNAPSHOT}"), error)
        })?;
        self.kept = Some(place(snapshot));
        self.size = bytes;
        self.indexes.write_unwritten();
        Ok(bytes)
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn load(&mut self) -> Result<Option<Snapshot>, LoadError> {
        let reading =
            |error| LoadError::Failed(StorageError::new(format!("reading {SNAPSHOT}"), error));
        let file = match self.directory.disk.open(SNAPSHOT) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(reading)?,
        };
        match snapshot_codec::read(&*file) {
            Ok(snapshot) => {
                self.kept = Some(place(&snapshot));
                self.size = file.size().map_err(reading)?;
                Ok(Some(snapshot))
            }
            Err(Fault::Io(error)) => Err(reading(error)),
            Err(Fault::Newer { found, known }) => Err(LoadError::NewerFormat { found, known }),
            Err(Fault::Damaged { offset, what }) => Err(LoadError::Damaged {
                cause: format!("{SNAPSHOT}, byte {offset}: {what}").into(),
            }),
        }
    }
}

fn place(snapshot: &Snapshot) -> (Epoch, Sequence) {
    (snapshot.epoch, snapshot.image.head().sequence)
}
