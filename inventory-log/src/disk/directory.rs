//! Locked directory, with files in it that are replaced in one step.

use std::any::Any;
use std::fmt;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use inventory_core::defect;

use super::bytes::read_onto;
use super::{Appender, Disk, DiskFile, FileWriter, OsDisk};

/// Bytes of a file that is being replaced, written at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// A directory that is ours as long as a clone of this value lives.
///
/// The lock is on the directory itself, so that there is no file that somebody could remove. It ends with the process, however
/// that ends.
#[derive(Clone)]
pub struct Directory {
    disk: Arc<dyn Disk>,
    _lock: Arc<dyn Any + Send + Sync>,
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.disk.fmt(f)
    }
}

/// Why a directory is not ours. No file that was in it has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// Another process, or another part of this one, has it.
    #[error("{} is in use: stop the other process, or choose another directory", path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// It cannot be created, opened or locked.
    #[error("{} cannot be opened as a data directory", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Why a file was not replaced.
#[derive(Debug)]
pub enum ReplaceError {
    /// The file is what it was.
    NotReplaced(io::Error),
    /// The new file may be in place, and a crash may bring the old one back.
    NotDurable(io::Error),
}

impl From<ReplaceError> for io::Error {
    fn from(error: ReplaceError) -> Self {
        match error {
            ReplaceError::NotReplaced(source) | ReplaceError::NotDurable(source) => source,
        }
    }
}

impl Directory {
    /// Opens and locks a directory of the file system, and creates it, with its parents, when it is missing.
    ///
    /// # Errors
    ///
    /// The directory is not ours; it may have been created, and nothing else has changed.
    pub fn open(path: &Path) -> Result<Self, DirectoryError> {
        let io = |source| DirectoryError::Io {
            path: path.to_owned(),
            source,
        };
        let disk = OsDisk::open(path).map_err(io)?;
        let locked = Self::lock(Arc::new(disk)).map_err(io)?;
        locked.ok_or_else(|| DirectoryError::InUse {
            path: path.to_owned(),
        })
    }

    /// Locks the directory that a disk stands for. `None` when somebody else has it.
    ///
    /// # Errors
    ///
    /// The lock was not taken.
    pub fn lock(disk: Arc<dyn Disk>) -> io::Result<Option<Self>> {
        let lock = disk.lock()?;
        Ok(lock.map(|lock| Self {
            disk,
            _lock: Arc::from(lock),
        }))
    }

    /// The disk.
    pub(crate) fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    /// All bytes of a file; `None` when there is none.
    ///
    /// # Errors
    ///
    /// The file cannot be read; nothing has changed.
    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let file = match self.disk.open(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let size = usize::try_from(file.size()?).map_err(io::Error::other)?;
        let mut bytes = Vec::new();
        read_onto(&*file, &mut bytes, 0, size)?;
        Ok(Some(bytes))
    }

    /// Replaces a file by what `write` writes, and returns it, to be appended to. A crash leaves the old file or the new one.
    ///
    /// # Errors
    ///
    /// See [`ReplaceError`].
    pub fn replace(
        &self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Appender, ReplaceError> {
        let temporary = format!("{name}.tmp");
        let (file, size) = self.write_aside(&temporary, write).map_err(|error| {
            // Best effort: what is left of it is never read, and the next attempt starts it anew.
            let _ = self.disk.remove(&temporary);
            ReplaceError::NotReplaced(error)
        })?;
        if let Err(error) = self.disk.rename(&temporary, name) {
            // A rename that fails may have happened.
            return match self.disk.remove(&temporary) {
                Ok(()) => Err(ReplaceError::NotReplaced(error)),
                Err(_) => Err(ReplaceError::NotDurable(error)),
            };
        }
        sync_names(&*self.disk).map_err(ReplaceError::NotDurable)?;
        Ok(Appender::new(file, size))
    }

    fn write_aside(
        &self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<(Box<dyn DiskFile>, u64)> {
        let file = self.disk.create(name)?;
        let mut buffer = BufWriter::with_capacity(CHUNK_BYTES, FileWriter::new(&*file));
        write(&mut buffer)?;
        let size = buffer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .size();
        file.sync_data()?;
        Ok((file, size))
    }
}

/// Renames a file, and makes that durable.
pub(crate) fn rename_durably(disk: &dyn Disk, from: &str, to: &str) -> io::Result<()> {
    disk.rename(from, to)?;
    sync_names(disk)
}

fn sync_names(disk: &dyn Disk) -> io::Result<()> {
    if defect!(NoDirectorySyncAfterRename) {
        return Ok(());
    }
    disk.sync_dir()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    #[cfg(feature = "testing")]
    use crate::testing::{Call, Fault, SimDisk};

    #[test]
    fn a_directory_has_one_owner_at_a_time() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("a/b");
        let owner = Directory::open(&path).unwrap();
        let second = owner.clone();
        drop(owner);
        let refused = Directory::open(&path);
        assert!(matches!(refused, Err(DirectoryError::InUse { .. })));
        drop(second);
        assert!(Directory::open(&path).is_ok());
    }

    #[test]
    fn no_file_that_is_removed_lets_a_second_owner_in() {
        let temporary = tempfile::tempdir().unwrap();
        let owner = Directory::open(temporary.path()).unwrap();
        owner.replace("file", |out| out.write_all(b"ours")).unwrap();
        fs::write(temporary.path().join("lock"), b"").unwrap();
        for entry in fs::read_dir(temporary.path()).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        let refused = Directory::open(temporary.path());
        assert!(matches!(refused, Err(DirectoryError::InUse { .. })));
    }

    #[test]
    fn a_replacement_that_fails_leaves_the_file() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = Directory::open(temporary.path()).unwrap();
        directory
            .replace("file", |out| out.write_all(b"old"))
            .unwrap();
        let failed = directory.replace("file", |out| {
            out.write_all(b"new")?;
            Err(io::Error::other("no more"))
        });
        assert!(matches!(failed, Err(ReplaceError::NotReplaced(_))));
        assert_eq!(directory.read("file").unwrap().unwrap(), b"old");
        assert_eq!(directory.read("file.tmp").unwrap(), None);
    }

    /// At every call, with every fault, and then a power cut: the file is the old one or the new one, and it is the one that
    /// the outcome says.
    #[cfg(feature = "testing")]
    #[test]
    fn a_file_that_is_replaced_is_the_old_one_or_the_new_one_and_the_outcome_says_which() {
        let faults = [
            Fault::Crash,
            Fault::Eio,
            Fault::SyncLosesPages,
            Fault::NoSpace,
            Fault::NoDescriptors,
            Fault::Short,
            Fault::ShortThenNoSpace,
        ];
        let (old, new) = (vec![1; 3_000], vec![2; 5_000]);
        let (mut replaced, mut not_replaced, mut not_durable) = (0, 0, 0);
        for (fault, seed) in faults
            .iter()
            .flat_map(|fault| (0..8).map(move |seed| (*fault, seed)))
        {
            for nth in 1.. {
                let disk = SimDisk::new(seed);
                let directory = Directory::lock(Arc::new(disk.clone())).unwrap().unwrap();
                directory
                    .replace("file", |out| out.write_all(&old))
                    .unwrap();
                let calls = disk.calls();
                disk.arm(None::<Call>, nth, fault);
                let outcome = directory.replace("file", |out| out.write_all(&new));
                let reached = disk.calls() - calls >= nth;
                disk.disarm();
                let is_seen = disk.content("file").unwrap();
                let mut unit = seed;
                let after = disk.power_cut(|_| {
                    unit = unit.wrapping_mul(5).wrapping_add(1);
                    unit.is_multiple_of(2)
                });
                let is_found = after.content("file").unwrap();
                match outcome {
                    Ok(_) => {
                        assert_eq!((&is_seen, &is_found), (&new, &new), "{fault:?} at {nth}");
                        replaced += 1;
                    }
                    Err(ReplaceError::NotReplaced(_)) => {
                        assert_eq!((&is_seen, &is_found), (&old, &old), "{fault:?} at {nth}");
                        not_replaced += 1;
                    }
                    Err(ReplaceError::NotDurable(_)) => {
                        assert!(is_found == old || is_found == new, "{fault:?} at {nth}");
                        not_durable += 1;
                    }
                }
                if !reached {
                    break;
                }
            }
        }
        assert!(replaced > 0 && not_replaced > 0 && not_durable > 0);
    }
}
