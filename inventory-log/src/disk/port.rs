//! The trait `Disk`: one directory of plain files, and nothing that a test disk could not imitate.

use std::any::Any;
use std::fmt;
use std::io;

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
