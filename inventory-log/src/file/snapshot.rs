//! Snapshot store, `state.json` and `state.older.json`: the two newest snapshots, each replaced in one step.

use std::io;
use std::sync::Arc;

use inventory_core::defect;
use inventory_core::ports::{LoadError, Loaded, Saved, Snapshot, SnapshotStore, StorageError};
use inventory_core::vocabulary::{Epoch, Sequence};
use parking_lot::RwLock;

use super::dead_letters::FileDeadLetters;
use super::index::Indexes;
use super::names::{SNAPSHOT, SNAPSHOT_OLDER, SNAPSHOT_TMP};
use super::segment::{Layout, check_ours};
use super::snapshot_file;
use crate::codec::snapshot::Fault;
use crate::disk::{Directory, Disk, rename_durably};

/// Snapshots as JSON documents, each written aside and renamed. Saving one also writes the indexes of segments that were sealed
/// meanwhile: whoever saves does so beside the writer, and now and then.
///
/// ```text
///  state.json.tmp ──▶ state.json ──▶ state.older.json ──▶ gone
///                                         └ the log is kept from here on
/// ```
#[derive(Debug)]
pub struct FileSnapshots {
    directory: Directory,
    layout: Arc<RwLock<Layout>>,
    indexes: Arc<Indexes>,
    /// What of these waits for room is buried before a snapshot covers what it is about.
    dead_letters: FileDeadLetters,
    /// Room that is left to the log.
    reserve_bytes: u64,
    /// Epoch and position of the snapshot that was last saved or loaded.
    kept: Option<(Epoch, Sequence)>,
    /// Whether `state.json` is not what was written, so that it must not take the place of the older one.
    newest_is_damaged: bool,
    /// Bytes that it takes.
    size: u64,
}

impl FileSnapshots {
    pub(super) fn new(
        directory: Directory,
        layout: Arc<RwLock<Layout>>,
        indexes: Arc<Indexes>,
        dead_letters: FileDeadLetters,
        reserve_bytes: u64,
    ) -> Self {
        Self {
            directory,
            layout,
            indexes,
            dead_letters,
            reserve_bytes,
            kept: None,
            newest_is_damaged: false,
            size: 0,
        }
    }

    /// Writes a snapshot, and returns what it takes and through which position the log may be purged.
    fn write(&mut self, snapshot: &Snapshot) -> io::Result<Saved> {
        let disk = Arc::clone(self.directory.disk());
        self.check_room()?;
        check_ours(&*disk, &self.layout)?;
        let place = place(snapshot);
        if defect!(SnapshotInPlace) {
            let bytes = self.write_file(SNAPSHOT, snapshot)?;
            let kept = self.kept.filter(|kept| kept.0 == place.0);
            let purge_through = kept.map_or(Sequence::START, |kept| kept.1);
            return Ok(Saved {
                bytes,
                purge_through,
            });
        }
        let mut bytes = self.write_file(SNAPSHOT_TMP, snapshot)?;
        check_ours(&*disk, &self.layout)?;
        let older = match self.kept {
            Some((epoch, older)) if epoch == snapshot.epoch => {
                // Both renames are durable with one sync: if only one of them survives a power cut, what is there under either
                // name is no older than what was there under the older one.
                if !self.newest_is_damaged && has(&*disk, SNAPSHOT)? {
                    disk.rename(SNAPSHOT, SNAPSHOT_OLDER)?;
                }
                older
            }
            // The one before is of a history that was given up, and of no use to the log that follows.
            Some(_) => {
                rename_durably(&*disk, SNAPSHOT_TMP, SNAPSHOT_OLDER)?;
                bytes = self.write_file(SNAPSHOT_TMP, snapshot)?;
                place.1
            }
            None => Sequence::START,
        };
        rename_durably(&*disk, SNAPSHOT_TMP, SNAPSHOT)?;
        self.newest_is_damaged = false;
        let purge_through = match defect!(PurgedThroughNewest) {
            true => place.1,
            false => older,
        };
        Ok(Saved {
            bytes,
            purge_through,
        })
    }

    fn write_file(&self, name: &str, snapshot: &Snapshot) -> io::Result<u64> {
        let file = self.directory.disk().create(name)?;
        let bytes = snapshot_file::write(&*file, snapshot)?;
        if !defect!(SnapshotNotSynced) {
            file.sync_data()?;
        }
        Ok(bytes)
    }

    /// A snapshot that does not fit would take the log's room until its end, again and again: it is not begun.
    fn check_room(&self) -> io::Result<()> {
        let (free, needed) = (
            self.directory.disk().free_bytes()?,
            self.size + self.reserve_bytes,
        );
        if free >= needed {
            return Ok(());
        }
        let what = format!("{free} bytes are free, the last snapshot and the log need {needed}");
        Err(io::Error::new(io::ErrorKind::StorageFull, what))
    }

    /// What is under a name; `None` when there is no file.
    fn read(&mut self, name: &str) -> Result<Option<Snapshot>, LoadError> {
        let reading =
            |error| LoadError::Failed(StorageError::new(format!("reading {name}"), error));
        let file = match self.directory.disk().open(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(reading)?,
        };
        match snapshot_file::read(&*file) {
            Ok(snapshot) => {
                self.kept = Some(place(&snapshot));
                self.size = file.size().map_err(reading)?;
                Ok(Some(snapshot))
            }
            Err(Fault::Io(error)) => Err(reading(error)),
            Err(Fault::Newer { found, known }) => Err(LoadError::NewerFormat { found, known }),
            Err(Fault::Damaged { offset, what }) => Err(LoadError::Damaged {
                cause: format!("{name}, byte {offset}: {what}").into(),
            }),
        }
    }
}

impl SnapshotStore for FileSnapshots {
    fn save(&mut self, snapshot: &Snapshot) -> Result<Saved, StorageError> {
        if let Some(kept) = self.kept {
            snapshot.check_replaces(kept)?;
        }
        self.dead_letters.bury_waiting()?;
        let saved = self.write(snapshot).map_err(|error| {
            // Best effort: what is left of it is removed by the next open, and never read.
            let _ = self.directory.disk().remove(SNAPSHOT_TMP);
            StorageError::new(format!("saving {SNAPSHOT}"), error)
        })?;
        self.kept = Some(place(snapshot));
        self.size = saved.bytes;
        self.indexes.write_unwritten();
        Ok(saved)
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn load(&mut self) -> Result<Option<Loaded>, LoadError> {
        let newest = self.read(SNAPSHOT);
        let (snapshot, newer_damaged) = match newest {
            Ok(Some(snapshot)) => (snapshot, None),
            // Saving was interrupted between two renames, or somebody has removed it.
            Ok(None) => match self.read(SNAPSHOT_OLDER)? {
                Some(snapshot) => (snapshot, None),
                None => return Ok(None),
            },
            Err(LoadError::Damaged { cause }) => match self.read(SNAPSHOT_OLDER) {
                Ok(Some(snapshot)) => {
                    self.newest_is_damaged = true;
                    (snapshot, Some(cause))
                }
                Err(error @ LoadError::Failed(_)) => return Err(error),
                Ok(None) | Err(_) => return Err(LoadError::Damaged { cause }),
            },
            Err(error) => return Err(error),
        };
        Ok(Some(Loaded {
            snapshot,
            newer_damaged,
            // Nobody has read the older one.
            purge_through: Sequence::START,
        }))
    }
}

fn has(disk: &dyn Disk, name: &str) -> io::Result<bool> {
    match disk.identity(name) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn place(snapshot: &Snapshot) -> (Epoch, Sequence) {
    (snapshot.epoch, snapshot.image.head().sequence)
}
