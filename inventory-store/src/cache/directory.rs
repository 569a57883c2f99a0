//! The data directory: its lock, and files that are replaced in one step.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A directory that is ours as long as a clone of this value lives.
///
/// The lock is on the directory itself, so that there is no file that somebody could remove. It belongs to an open handle, and
/// ends with the process, however that ends.
#[derive(Debug, Clone)]
pub struct DataDirectory(Arc<Locked>);

#[derive(Debug)]
struct Locked {
    path: PathBuf,
    /// Open and locked. Syncing it makes the names in it durable.
    handle: File,
}

/// Why a directory is not ours. No file that was in it has changed.
#[derive(Debug, thiserror::Error)]
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
pub(crate) enum ReplaceError {
    /// The file is what it was.
    NotReplaced(io::Error),
    /// The new file is in place, but a crash may bring the old one back.
    NotDurable(io::Error),
}

impl From<ReplaceError> for io::Error {
    fn from(error: ReplaceError) -> Self {
        match error {
            ReplaceError::NotReplaced(source) | ReplaceError::NotDurable(source) => source,
        }
    }
}

impl DataDirectory {
    /// Opens and locks a directory, and creates it, with its parents, when it is missing.
    ///
    /// # Errors
    ///
    /// The directory is not ours; it may have been created, and nothing else has changed.
    pub fn open(path: &Path) -> Result<Self, DirectoryError> {
        let io = |source| DirectoryError::Io {
            path: path.to_owned(),
            source,
        };
        create_durably(path).map_err(io)?;
        let handle = File::open(path).map_err(io)?;
        match handle.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let path = path.to_owned();
                return Err(DirectoryError::InUse { path });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        Ok(Self(Arc::new(Locked {
            path: path.to_owned(),
            handle,
        })))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The bytes of a file; `None` when there is none.
    pub(crate) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path().join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    /// Replaces a file by what `write` writes, and returns it, open at its end. A crash leaves the old file or the new one.
    pub(crate) fn replace(
        &self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<File, ReplaceError> {
        let temporary = self.path().join(format!("{name}.tmp"));
        let written = write_aside(&temporary, write).and_then(|file| {
            fs::rename(&temporary, self.path().join(name))?;
            Ok(file)
        });
        let file = written.map_err(|error| {
            // Best effort: what is left of it is never read, and the next attempt starts it anew.
            let _ = fs::remove_file(&temporary);
            ReplaceError::NotReplaced(error)
        })?;
        self.0.handle.sync_all().map_err(ReplaceError::NotDurable)?;
        Ok(file)
    }
}

fn write_aside(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<File> {
    let mut buffer = BufWriter::with_capacity(256 * 1024, File::create(path)?);
    write(&mut buffer)?;
    let file = buffer
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(file)
}

/// Creates the missing directories of a path. A directory is only durable once its parent was synced.
fn create_durably(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) | None => Path::new("."),
    };
    create_durably(parent)?;
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        outcome => outcome?,
    }
    File::open(parent)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_one_owner_at_a_time() {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("a/b");
        let owner = DataDirectory::open(&path).unwrap();
        let second = owner.clone();
        drop(owner);
        let refused = DataDirectory::open(&path);
        assert!(matches!(refused, Err(DirectoryError::InUse { .. })));
        drop(second);
        assert!(DataDirectory::open(&path).is_ok());
    }

    #[test]
    fn no_file_that_is_removed_lets_a_second_owner_in() {
        let temporary = tempfile::tempdir().unwrap();
        let owner = DataDirectory::open(temporary.path()).unwrap();
        owner.replace("file", |out| out.write_all(b"ours")).unwrap();
        fs::write(temporary.path().join("lock"), b"").unwrap();
        for entry in fs::read_dir(temporary.path()).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        let refused = DataDirectory::open(temporary.path());
        assert!(matches!(refused, Err(DirectoryError::InUse { .. })));
    }

    #[test]
    fn a_replacement_that_fails_leaves_the_file() {
        let temporary = tempfile::tempdir().unwrap();
        let directory = DataDirectory::open(temporary.path()).unwrap();
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
}
