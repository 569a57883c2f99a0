//! Line reader: the pieces of a file between its padding, read in large chunks.

use std::io;
use std::ops::Range;

use crate::disk::{DiskFile, read_onto};

/// Bytes read at once: enough that the call itself costs nothing beside the copy.
const CHUNK_BYTES: usize = 256 * 1024;

/// Bytes read at once by who wants a line or two.
const SPARING_BYTES: usize = 4 * 1024;

/// A run of bytes that are not padding.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    /// Where it starts in the file.
    pub(super) offset: u64,
    pub(super) bytes: &'a [u8],
    /// Whether a newline follows, as it does after everything that was written whole.
    pub(super) ended: bool,
}

impl Piece<'_> {
    /// Where it ends, its newline not included.
    pub(super) fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }
}

/// Goes through the pieces of a file. The file comes with each call, so that a position can be kept without it.
///
/// ```text
///        base             base + at        base + buffer.len()     limit
///  ────────┤ buffer: passed   │   next piece ...   ├ not read yet ───┤
/// ```
#[derive(Debug)]
pub(super) struct Lines {
    buffer: Vec<u8>,
    base: u64,
    at: usize,
    chunk_bytes: usize,
}

impl Lines {
    /// Starts at `offset`.
    pub(super) fn from(offset: u64) -> Self {
        Self {
            buffer: Vec::new(),
            base: offset,
            at: 0,
            chunk_bytes: CHUNK_BYTES,
        }
    }

    /// As [`Lines::from`], to read a line or two.
    pub(super) fn sparing(offset: u64) -> Self {
        Self {
            chunk_bytes: SPARING_BYTES,
            ..Self::from(offset)
        }
    }

    /// Where the search for the next piece starts.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Goes on at another offset, and keeps the memory.
    pub(super) fn seek(&mut self, offset: u64) {
        self.buffer.clear();
        self.base = offset;
        self.at = 0;
    }

    /// Forgets what was passed, and gives back the memory that a long piece took.
    pub(super) fn rest(&mut self) {
        self.buffer.drain(..self.at);
        self.base += self.at as u64;
        self.at = 0;
        self.buffer.shrink_to(self.chunk_bytes);
    }

    /// The next piece that starts below `limit`, and passes it and one newline. Nothing beyond `limit` is read.
    pub(super) fn next(
        &mut self,
        file: &dyn DiskFile,
        limit: u64,
    ) -> io::Result<Option<Piece<'_>>> {
        let Some(range) = self.find(file, limit)? else {
            return Ok(None);
        };
        let ended = self.buffer.get(range.end) == Some(&b'\n');
        self.at = range.end + usize::from(ended);
        Ok(Some(Piece {
            offset: self.base + range.start as u64,
            bytes: &self.buffer[range],
            ended,
        }))
    }

    fn find(&mut self, file: &dyn DiskFile, limit: u64) -> io::Result<Option<Range<usize>>> {
        loop {
            let padding = self.buffer[self.at..]
                .iter()
                .position(|&byte| !is_padding(byte));
            match padding {
                Some(length) => self.at += length,
                None => {
                    self.at = self.buffer.len();
                    if !self.fill(file, limit)? {
                        return Ok(None);
                    }
                    continue;
                }
            }
            let mut searched = 0;
            loop {
                let rest = &self.buffer[self.at + searched..];
                if let Some(length) = memchr::memchr2(b'\n', 0, rest) {
                    return Ok(Some(self.at..self.at + searched + length));
                }
                searched = self.buffer.len() - self.at;
                if !self.fill(file, limit)? {
                    return Ok(Some(self.at..self.buffer.len()));
                }
            }
        }
    }

    /// Reads the next chunk, and forgets what was passed. `false` when there is no more.
    fn fill(&mut self, file: &dyn DiskFile, limit: u64) -> io::Result<bool> {
        let end = self.base + self.buffer.len() as u64;
        let most = usize::try_from(limit.saturating_sub(end)).unwrap_or(usize::MAX);
        if most == 0 {
            return Ok(false);
        }
        self.buffer.drain(..self.at);
        self.base += self.at as u64;
        self.at = 0;
        let before = self.buffer.len();
        // A piece that is longer than a chunk doubles the step, so that it is copied a few times and not often.
        read_onto(
            file,
            &mut self.buffer,
            end,
            most.min(self.chunk_bytes.max(before)),
        )?;
        Ok(self.buffer.len() > before)
    }
}

/// Whether a byte separates records: newlines that were written, zeros that were only reserved.
pub(super) fn is_padding(byte: u8) -> bool {
    byte == b'\n' || byte == 0
}
