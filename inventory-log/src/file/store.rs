//! File store: an open directory.

use std::path::Path;
use std::sync::Arc;

use inventory_core::ports::{Clock, Ports, StorageError, Unobserved};

use super::recovery::recover;
use super::{FileDeadLetters, FileLog, FileOptions, FileSnapshots, Finding, OpenError};
use crate::SystemClock;
use crate::disk::{Directory, DirectoryError, Disk};

/// The adapters of one directory. It is locked as long as any of them lives.
#[derive(Debug)]
#[non_exhaustive]
pub struct FileStore {
    /// The log.
    pub log: FileLog,
    /// The snapshots.
    pub snapshots: FileSnapshots,
    /// The dead letters.
    pub dead_letters: FileDeadLetters,
    /// What was found that a person should know. All of it is among the dead letters; what could not be buried yet, since the
    /// disk is full, is found again.
    pub findings: Vec<Finding>,
}

impl FileStore {
    /// The adapters as ports, with the system's clock and nobody watching.
    pub fn into_ports(self) -> Ports {
        Ports {
            log: Box::new(self.log),
            snapshots: Box::new(self.snapshots),
            dead_letters: Box::new(self.dead_letters),
            clock: Arc::new(SystemClock),
            observer: Arc::new(Unobserved),
        }
    }
}

/// Opens a directory, and creates it when it is missing.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("data");
/// let store = inventory_log::file::open(&path, inventory_log::file::FileOptions::default())?;
/// for finding in &store.findings {
///     eprintln!("{finding}");
/// }
/// let ports = store.into_ports();
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// See [`OpenError`]. Damage, a lock and a later format leave the directory as it was.
pub fn open(path: impl AsRef<Path>, options: FileOptions) -> Result<FileStore, OpenError> {
    open_in(Directory::open(path.as_ref())?, &SystemClock, options)
}

/// Opens the dead letters of a directory that is there, for who resolves them while no engine runs. The directory is locked, and
/// nothing else in it is looked at.
///
/// # Errors
///
/// [`OpenError::InUse`] or [`OpenError::Io`]; nothing was changed.
pub fn open_dead_letters(path: impl AsRef<Path>) -> Result<FileDeadLetters, OpenError> {
    let path = path.as_ref();
    if !path.is_dir() {
        let (path, source) = (path.to_owned(), std::io::ErrorKind::NotFound.into());
        return Err(DirectoryError::Io { path, source }.into());
    }
    Ok(FileDeadLetters::new(Directory::open(path)?))
}

/// Opens the directory that a disk stands for.
///
/// # Errors
///
/// As [`open`].
pub fn open_on(
    disk: Arc<dyn Disk>,
    clock: &dyn Clock,
    options: FileOptions,
) -> Result<FileStore, OpenError> {
    let locking = |error| OpenError::Io(StorageError::new("locking the directory", error));
    let directory = Directory::lock(disk).map_err(locking)?;
    open_in(directory.ok_or(OpenError::InUse)?, clock, options)
}

fn open_in(
    directory: Directory,
    clock: &dyn Clock,
    options: FileOptions,
) -> Result<FileStore, OpenError> {
    let mut dead_letters = FileDeadLetters::new(directory.clone());
    let (opened, mut findings) =
        recover(&directory, &mut dead_letters, options.recovery, clock.now())?;
    let mut log = FileLog::new(directory.clone(), dead_letters.clone(), options, opened);
    if !log.settle_at_start()? {
        findings.clear();
    }
    Ok(FileStore {
        snapshots: FileSnapshots::new(
            directory,
            log.layout(),
            log.indexes(),
            dead_letters.clone(),
            options.reserve_bytes,
        ),
        log,
        dead_letters,
        findings,
    })
}
