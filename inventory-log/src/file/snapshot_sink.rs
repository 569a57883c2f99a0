//! Where a snapshot is written to: a document of named lists, with a checksum at its end.

use std::io;

use super::disk::{DiskFile, write_all_at};
use super::text::push_hex32;

/// Bytes written at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// Bytes after which the file is synced. What is written and not on the disk yet is in the way of the syncs of the log: with a
/// million keys in the window, all of it at once holds up a group by a tenth of a second.
const SYNC_BYTES: u64 = 1024 * 1024;

/// A buffer in front of a file, and the checksum of what went through.
pub(super) struct Sink<'a> {
    file: &'a dyn DiskFile,
    /// What is written next.
    pub(super) buffer: Vec<u8>,
    offset: u64,
    synced: u64,
    crc: crc32fast::Hasher,
}

impl<'a> Sink<'a> {
    /// A sink into an empty file.
    pub(super) fn new(file: &'a dyn DiskFile) -> Self {
        Self {
            file,
            buffer: Vec::new(),
            offset: 0,
            synced: 0,
            crc: crc32fast::Hasher::new(),
        }
    }

    /// Appends a named array with one element per line.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        elements: impl Iterator<Item = T>,
        mut push: impl FnMut(&mut Vec<u8>, T),
    ) -> io::Result<()> {
        self.buffer.push(b'"');
        self.buffer.extend_from_slice(name.as_bytes());
        self.buffer.extend_from_slice(b"\":[\n");
        for (at, element) in elements.enumerate() {
            if at > 0 {
                self.buffer.extend_from_slice(b",\n");
            }
            push(&mut self.buffer, element);
            if self.buffer.len() >= CHUNK_BYTES {
                self.flush()?;
            }
        }
        if !self.buffer.ends_with(b"[\n") {
            self.buffer.push(b'\n');
        }
        self.buffer.extend_from_slice(b"],\n");
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.crc.update(&self.buffer);
        write_all_at(self.file, &self.buffer, self.offset)?;
        self.offset += self.buffer.len() as u64;
        self.buffer.clear();
        if self.offset - self.synced >= SYNC_BYTES {
            self.file.sync_data()?;
            self.synced = self.offset;
        }
        Ok(())
    }

    /// Ends the document with its checksum, and returns its size. What was written last is not synced yet.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        self.flush()?;
        self.buffer.extend_from_slice(b"\"crc\":\"");
        push_hex32(&mut self.buffer, self.crc.clone().finalize());
        self.buffer.extend_from_slice(b"\"}\n");
        write_all_at(self.file, &self.buffer, self.offset)?;
        Ok(self.offset + self.buffer.len() as u64)
    }
}
