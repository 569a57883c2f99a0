//! Durable files: one directory, its lock, and a disk that tests can replace.
//!
//! The log's file adapter stands on it, and so does everything else that keeps a file: what replaces a file, locks a directory
//! or syncs is written here once, and tried on the simulated disk.

mod bytes;
mod directory;
mod os_disk;
mod port;
mod shortage;
mod streams;

pub use directory::{Directory, DirectoryError, ReplaceError};
pub use os_disk::OsDisk;
pub use port::{Disk, DiskFile, FileId};
pub use streams::Appender;

pub(crate) use bytes::{read_onto, write_again, write_all_at, write_some};
pub(crate) use directory::rename_durably;
pub(crate) use shortage::{is_shortage, is_storage_shortage};
pub(crate) use streams::{FileReader, FileWriter};
