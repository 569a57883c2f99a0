//! What the file adapter asks of a disk: one directory of plain files, and nothing that a test disk could not imitate.

use std::any::Any;
use std::fmt;
use std::io;

use inventory_core::defect;

/// One data directory. Names are plain file names inside it.
///
/// What is assumed of an implementation, as of a real file system:
///
/// - Data is durable after [`DiskFile::sync_data`], and entries of the directory after [`Disk::sync_dir`]; before that, a
///   power cut keeps any part of it.
/// - A rename replaces its target in one step.
/// - An open file stays readable when its name is renamed or removed.
pub trait Disk: fmt::Debug + Send + Sync {
    /// The names of all files.
    ///
    /// # Errors
    ///
    /// The directory could not be read; nothing has changed.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Creates a file, or empties the one that has the name.
    ///
    /// # Errors
    ///
    /// The file may be there, empty or as it was.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a file.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotFound`] when there is none; nothing has changed.
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Gives a file another name, and removes the file that had it.
    ///
    /// # Errors
    ///
    /// The rename has happened or not.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// The file is there or not.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes creations, renames and removals durable.
    ///
    /// # Errors
    ///
    /// Any of them may be lost by a power cut.
    fn sync_dir(&self) -> io::Result<()>;

    /// Takes an exclusive lock on a file, which is created when it is missing. The lock goes with the value that is
    /// returned, or with the process. `None` when somebody else has it.
    ///
    /// # Errors
    ///
    /// The lock was not taken.
    fn lock(&self, name: &str) -> io::Result<Option<Box<dyn Any + Send + Sync>>>;

    /// Random bits, for the identity of a new log.
    ///
    /// # Errors
    ///
    /// The system has no randomness to give.
    fn random(&self) -> io::Result<u128>;
}

/// One open file. All access is positional, so that a reader and the writer can share it.
pub trait DiskFile: fmt::Debug + Send + Sync {
    /// Length in bytes.
    ///
    /// # Errors
    ///
    /// The length is unknown.
    fn size(&self) -> io::Result<u64>;

    /// Reads some of the bytes from `offset` on and says how many; 0 at the end of the file.
    ///
    /// # Errors
    ///
    /// The content of `buffer` means nothing.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes some of `bytes` at `offset`, says how many, and extends the file when needed.
    ///
    /// # Errors
    ///
    /// Any of the bytes may be there. [`io::ErrorKind::StorageFull`] promises that none is.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Cuts the file, or extends it with zeros.
    ///
    /// # Errors
    ///
    /// The length is the old or the new one.
    fn set_len(&self, size: u64) -> io::Result<()>;

    /// Makes the content and the length durable.
    ///
    /// # Errors
    ///
    /// Any part of what was written since the last sync may be durable, and reading it back proves nothing.
    fn sync_data(&self) -> io::Result<()>;
}

/// Renames a file, and makes that durable.
pub(super) fn rename_durably(disk: &dyn Disk, from: &str, to: &str) -> io::Result<()> {
    disk.rename(from, to)?;
    if defect!(NoDirectorySyncAfterRename) {
        return Ok(());
    }
    disk.sync_dir()
}

/// Writes all of `bytes`.
pub(super) fn write_all_at(
    file: &dyn DiskFile,
    mut bytes: &[u8],
    mut offset: u64,
) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = write_some(file, bytes, offset)?;
        bytes = &bytes[written..];
        offset += written as u64;
    }
    Ok(())
}

/// Writes at least one byte, so that a loop over it ends.
pub(super) fn write_some(file: &dyn DiskFile, bytes: &[u8], offset: u64) -> io::Result<usize> {
    match file.write_at(bytes, offset) {
        Ok(0) => Err(io::ErrorKind::WriteZero.into()),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => write_some(file, bytes, offset),
        outcome => outcome,
    }
}

/// Appends up to `most` bytes from `offset` on to `buffer`, less only at the end of the file.
pub(super) fn read_onto(
    file: &dyn DiskFile,
    buffer: &mut Vec<u8>,
    offset: u64,
    most: usize,
) -> io::Result<()> {
    let start = buffer.len();
    buffer.resize(start + most, 0);
    let mut at = start;
    while at < buffer.len() {
        match file.read_at(&mut buffer[at..], offset + (at - start) as u64) {
            Ok(0) => break,
            Ok(read) => at += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                buffer.truncate(start);
                return Err(error);
            }
        }
    }
    buffer.truncate(at);
    Ok(())
}
