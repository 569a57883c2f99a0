//! Files as streams for reading and writing, and files that are appended to.

use std::io::{self, Read, Write};

use inventory_core::defect;

use super::DiskFile;
use super::bytes::{write_all_at, write_some};

/// A file that only grows. Nothing else writes to it.
#[derive(Debug)]
pub struct Appender {
    file: Box<dyn DiskFile>,
    size: u64,
}

impl Appender {
    /// Appends to a file of so many bytes.
    pub(super) fn new(file: Box<dyn DiskFile>, size: u64) -> Self {
        Self { file, size }
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends bytes, and makes them durable.
    ///
    /// # Errors
    ///
    /// Any part of the bytes may be there, durable or not. The file should be [replaced](super::Directory::replace): another
    /// append would write over it, and another sync prove nothing.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        write_all_at(&*self.file, bytes, self.size)?;
        if !defect!(AcknowledgeBeforeSync) {
            self.file.sync_data()?;
        }
        self.size += bytes.len() as u64;
        Ok(())
    }
}

/// Writes to a file from its start on, and syncs it now and then.
#[derive(Debug)]
pub(crate) struct FileWriter<'a> {
    file: &'a dyn DiskFile,
    offset: u64,
    synced: u64,
}

impl<'a> FileWriter<'a> {
    /// Bytes after which the file is synced. What is written and not on the disk yet is in the way of the syncs of others: with a
    /// snapshot of a million keys, all of it at once holds up a group of the log by a tenth of a second.
    const SYNC_BYTES: u64 = 1024 * 1024;

    /// A writer into an empty file.
    pub(crate) fn new(file: &'a dyn DiskFile) -> Self {
        Self {
            file,
            offset: 0,
            synced: 0,
        }
    }

    /// Bytes that were written. The last of them are not synced.
    pub(crate) fn size(&self) -> u64 {
        self.offset
    }
}

impl Write for FileWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let written = write_some(self.file, bytes, self.offset)?;
        self.offset += written as u64;
        if self.offset - self.synced >= Self::SYNC_BYTES {
            self.file.sync_data()?;
            self.synced = self.offset;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a file from its start on.
#[derive(Debug)]
pub(crate) struct FileReader<'a> {
    file: &'a dyn DiskFile,
    offset: u64,
}

impl<'a> FileReader<'a> {
    pub(crate) fn new(file: &'a dyn DiskFile) -> Self {
        Self { file, offset: 0 }
    }
}

impl Read for FileReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.file.read_at(buffer, self.offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => {
                    self.offset += *outcome.as_ref().unwrap_or(&0) as u64;
                    return outcome;
                }
            }
        }
    }
}
