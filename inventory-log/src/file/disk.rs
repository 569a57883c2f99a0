//! What the file adapter asks of a disk: one directory of plain files, and nothing that a test disk could not imitate.

use std::any::Any;
use std::fmt;
use std::io;
use std::ops::Range;

use inventory_core::defect;
use inventory_core::ports::StorageError;
use rustix::io::Errno;

/// A file, whatever its name is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId {
    /// The device that it is on.
    pub device: u64,
    /// Its number there, which no other file has while it is open.
    pub inode: u64,
}

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

    /// Which file a name is of.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotFound`] when it is of none; nothing has changed.
    fn identity(&self, name: &str) -> io::Result<FileId>;

    /// How many bytes can still be written, as far as anybody can tell.
    ///
    /// # Errors
    ///
    /// Nobody can.
    fn free_bytes(&self) -> io::Result<u64>;

    /// Takes an exclusive lock on the directory itself, so that there is nothing that somebody could remove. The lock goes
    /// with the value that is returned, or with the process. `None` when somebody else has it.
    ///
    /// # Errors
    ///
    /// The lock was not taken.
    fn lock(&self) -> io::Result<Option<Box<dyn Any + Send + Sync>>>;

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

    /// Which file it is.
    ///
    /// # Errors
    ///
    /// Nobody knows.
    fn identity(&self) -> io::Result<FileId>;

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
    /// Any of the bytes may be there. [`io::ErrorKind::StorageFull`], `QuotaExceeded` and `FileTooLarge`
    /// promise that none is.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Extends a file of `from` bytes with zeros to `to` bytes, and reserves the room for them where the system can.
    ///
    /// # Errors
    ///
    /// The length is somewhere from the old to the new one.
    fn extend(&self, from: u64, to: u64) -> io::Result<()>;

    /// Makes the file shorter, or as long as it is.
    ///
    /// # Errors
    ///
    /// The length is the old or the new one.
    fn cut(&self, size: u64) -> io::Result<()>;

    /// Makes the content and the length durable.
    ///
    /// # Errors
    ///
    /// Any part of what was written since the last sync may be durable, and reading it back proves nothing.
    fn sync_data(&self) -> io::Result<()>;
}

/// Whether a call has failed for want of something that comes back: room on the disk, in a quota or in a file of the largest size,
/// or descriptors, of the process or of the machine. Nothing was written.
pub(super) fn is_shortage(error: &io::Error) -> bool {
    let kind = error.kind();
    let is_limit = matches!(
        kind,
        io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    );
    let descriptors = [Errno::MFILE, Errno::NFILE].map(Errno::raw_os_error);
    let code = error.raw_os_error();
    kind == io::ErrorKind::StorageFull
        || (is_limit && !defect!(QuotaIsNotFull))
        || code.is_some_and(|code| descriptors.contains(&code))
}

/// As [`is_shortage`], of an error that was put in words already.
pub(super) fn is_storage_shortage(error: &StorageError) -> bool {
    error.cause.downcast_ref().is_some_and(is_shortage)
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

/// Writes a part of a file again as it is: what can be read, and may not be on the disk since a sync has failed, is synced
/// with the next one. Where it is on the disk, nothing changes, whenever the power fails.
pub(super) fn write_again(file: &dyn DiskFile, part: Range<u64>) -> io::Result<()> {
    /// Bytes that are in memory at once.
    const CHUNK_BYTES: u64 = 1 << 20;

    let mut buffer = Vec::new();
    let mut at = part.start;
    while at < part.end {
        let bytes = (part.end - at).min(CHUNK_BYTES);
        buffer.clear();
        read_onto(file, &mut buffer, at, bytes as usize)?;
        if buffer.len() as u64 != bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        write_all_at(file, &buffer, at)?;
        at += bytes;
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

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::testing::{Call, Fault, SimDisk};

    #[test]
    fn what_a_failed_sync_has_lost_is_on_the_disk_once_it_was_written_again() {
        let disk = SimDisk::new(1);
        let file = disk.create("file").unwrap();
        let bytes: Vec<u8> = (0..2_600_000_u32).map(|at| (at % 251) as u8).collect();
        let end = bytes.len() as u64;
        write_all_at(&*file, &bytes, 0).unwrap();
        disk.sync_dir().unwrap();
        disk.arm(Some(Call::Sync), 1, Fault::SyncLosesPages);
        file.sync_data().unwrap_err();
        let lost = |disk: SimDisk| disk.content("file").unwrap() != bytes;
        assert!(!lost(disk.clone()), "it can be read");
        assert!(lost(disk.fork().power_cut(|_| true)));
        write_again(&*file, 0..end).unwrap();
        let beyond = write_again(&*file, end - 1..end + 1).unwrap_err();
        assert_eq!(beyond.kind(), io::ErrorKind::UnexpectedEof);
        file.sync_data().unwrap();
        assert!(!lost(disk.power_cut(|_| false)));
    }
}
