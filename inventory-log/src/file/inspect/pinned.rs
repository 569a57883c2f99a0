//! Pinned files: all files of a directory, opened at one moment.

use std::any::Any;
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::disk::{Disk, DiskFile, FileId};
use crate::file::names::{
    ACTIVE, ACTIVE_TMP, DEAD_LETTERS, SNAPSHOT, SNAPSHOT_OLDER, is_aside, sealed_first,
    sidecar_name,
};

/// How often the directory is looked at again because it has changed meanwhile. A segment is sealed, or a snapshot saved,
/// far less often than a directory can be listed.
const ATTEMPTS_MAX: usize = 1_000;

/// A disk that has what the directory had at one moment, and takes nothing.
#[derive(Debug)]
pub(super) struct Pinned {
    path: PathBuf,
    files: BTreeMap<String, File>,
    /// Names that only have to be known.
    others: Vec<String>,
}

impl Pinned {
    /// Opens the files of a directory that is there. None of them was renamed, replaced or removed while they were opened.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        for _ in 0..ATTEMPTS_MAX {
            let names = names(path)?;
            if let Some(files) = open_all(path, &names)?
                && self::names(path)? == names
                && is_same(path, SNAPSHOT_OLDER, &files)?
                && is_same(path, SNAPSHOT, &files)?
                && is_same(path, ACTIVE, &files)?
            {
                let others = names.into_iter().filter(|name| is_aside(name)).collect();
                let path = path.to_owned();
                return Ok(Self {
                    path,
                    files,
                    others,
                });
            }
        }
        Err(io::Error::other(
            "its files change faster than they can be opened",
        ))
    }

    pub(super) fn file(&self, name: &str) -> Option<&File> {
        self.files.get(name)
    }

    /// Whether somebody has the lock of the directory.
    pub(super) fn is_locked(&self) -> io::Result<bool> {
        is_locked(&self.path)
    }
}

/// Whether somebody has the lock of a directory. To know it, the lock is shared for some microseconds, which who wants it for
/// himself waits for.
fn is_locked(path: &Path) -> io::Result<bool> {
    match File::open(path)?.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The names that count, in their order: what is on its way to another name does not.
fn names(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        // A name that is not UTF-8 is none of ours.
        let Ok(name) = entry?.file_name().into_string() else {
            continue;
        };
        let counts = is_read(&name) || is_aside(&name);
        names.extend(counts.then_some(name));
    }
    names.sort();
    Ok(names)
}

fn is_read(name: &str) -> bool {
    let one = [ACTIVE, ACTIVE_TMP, SNAPSHOT, SNAPSHOT_OLDER, DEAD_LETTERS];
    one.contains(&name) || sealed_first(name).is_some()
}

/// Opens what is read, snapshots first: the log goes at least as far as a snapshot that was there before. `None` when a file
/// is no longer there.
fn open_all(path: &Path, names: &[String]) -> io::Result<Option<BTreeMap<String, File>>> {
    let mut files = BTreeMap::new();
    let snapshots_first = names.iter().rev();
    for name in snapshots_first.filter(|name| is_read(name)) {
        match File::open(path.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => drop(files.insert(name.clone(), opened?)),
        }
        // Indexes come later than their segments, and may be absent.
        if let Some(first) = sealed_first(name)
            && let Ok(file) = File::open(path.join(sidecar_name(first)))
        {
            files.insert(sidecar_name(first), file);
        }
    }
    Ok(Some(files))
}

/// Whether a name is still of the file that was opened by it.
fn is_same(path: &Path, name: &str, files: &BTreeMap<String, File>) -> io::Result<bool> {
    let Some(file) = files.get(name) else {
        return Ok(true);
    };
    let opened = file.metadata()?;
    match fs::metadata(path.join(name)) {
        Ok(named) => Ok((named.dev(), named.ino()) == (opened.dev(), opened.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn refused() -> io::Error {
    io::Error::new(
        io::ErrorKind::ReadOnlyFilesystem,
        "the directory is only looked at",
    )
}

impl Disk for Pinned {
    fn list(&self) -> io::Result<Vec<String>> {
        let names = self.files.keys().chain(&self.others);
        Ok(names.cloned().collect())
    }

    fn create(&self, _name: &str) -> io::Result<Box<dyn DiskFile>> {
        Err(refused())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let file = self.files.get(name);
        let file = file.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(Box::new(file.try_clone()?))
    }

    fn rename(&self, _from: &str, _to: &str) -> io::Result<()> {
        Err(refused())
    }

    fn remove(&self, _name: &str) -> io::Result<()> {
        Err(refused())
    }

    fn sync_dir(&self) -> io::Result<()> {
        Err(refused())
    }

    fn identity(&self, name: &str) -> io::Result<FileId> {
        let file = self.files.get(name);
        file.ok_or(io::ErrorKind::NotFound)?.identity()
    }

    /// Nothing is written.
    fn free_bytes(&self) -> io::Result<u64> {
        Ok(0)
    }

    fn lock(&self) -> io::Result<Option<Box<dyn Any + Send + Sync>>> {
        Err(refused())
    }

    /// What is made up for a log that is not there is not shown to anybody.
    fn random(&self) -> io::Result<u128> {
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_only_looked_at_takes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        fs::write(path.join(ACTIVE), "the log").unwrap();
        let pinned = Pinned::open(path).unwrap();
        let refusals = [
            pinned.create(SNAPSHOT).map(drop),
            pinned.rename(ACTIVE, SNAPSHOT),
            pinned.remove(ACTIVE),
            pinned.sync_dir(),
            pinned.lock().map(drop),
        ];
        for (at, refused) in refusals.into_iter().enumerate() {
            let kind = refused.map_err(|error| error.kind());
            assert_eq!(kind, Err(io::ErrorKind::ReadOnlyFilesystem), "{at}");
        }
        assert_eq!(names(path).unwrap(), [ACTIVE]);
        assert_eq!(fs::read(path.join(ACTIVE)).unwrap(), b"the log");
    }

    #[test]
    fn a_directory_that_changes_while_it_is_opened_is_looked_at_again_and_one_that_fails_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        fs::write(path.join(ACTIVE), "the log").unwrap();
        let listed = [ACTIVE.to_owned(), SNAPSHOT.to_owned()];
        assert!(open_all(path, &listed).unwrap().is_none(), "one has gone");
        let files = open_all(path, &listed[..1]).unwrap().unwrap();
        assert_eq!(files.len(), 1);
        assert!(is_same(path, ACTIVE, &files).unwrap());
        assert!(is_same(path, SNAPSHOT, &files).unwrap(), "there was none");
        fs::write(path.join(SNAPSHOT), "another file").unwrap();
        fs::rename(path.join(SNAPSHOT), path.join(ACTIVE)).unwrap();
        assert!(!is_same(path, ACTIVE, &files).unwrap());
        fs::remove_file(path.join(ACTIVE)).unwrap();
        assert!(!is_same(path, ACTIVE, &files).unwrap());
        // A file has no files.
        fs::write(path.join(ACTIVE), "no directory").unwrap();
        let failing = path.join(ACTIVE);
        let kind = |error: io::Error| error.kind();
        assert_eq!(
            open_all(&failing, &listed).map_err(kind).err(),
            Some(io::ErrorKind::NotADirectory)
        );
        let same = is_same(&failing, ACTIVE, &files).map_err(kind);
        assert_eq!(same, Err(io::ErrorKind::NotADirectory));
    }
}
