//! Snapshot writer: a document of named lists, with a checksum at its end.

use std::io::{self, Write};

use crate::codec::text::push_hex32;

/// Bytes written at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// A buffer in front of a writer, and the checksum of what went through.
pub(super) struct Sink<W> {
    out: W,
    /// What is written next.
    pub(super) buffer: Vec<u8>,
    crc: crc32fast::Hasher,
}

impl<W: Write> Sink<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            out,
            buffer: Vec::new(),
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
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// Ends the document with its checksum.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        self.buffer.extend_from_slice(b"\"crc\":\"");
        push_hex32(&mut self.buffer, self.crc.clone().finalize());
        self.buffer.extend_from_slice(b"\"}\n");
        self.out.write_all(&self.buffer)
    }
}
