//! Read position: a place in a segment, from which entries are read one after the other.

use std::{io, mem};

use inventory_core::machine::Entry;
use inventory_core::ports::{Extent, ReadError};
use inventory_core::vocabulary::Sequence;

use crate::codec::interner::Interner;
use crate::codec::record::{self, Line};
use crate::file::lines::Lines;
use crate::file::segment::Segment;

/// A range of a file that is short enough to be searched line by line.
const SEARCH_BYTES: u64 = 64 * 1024;

/// Where a page ended, or something else that is read begins.
#[derive(Debug)]
pub(in crate::file) struct Place {
    /// The position that comes next.
    pub(super) next: Sequence,
    pub(super) segment: Segment,
    lines: Lines,
    ids: Interner,
    /// Whether a position was passed over.
    missed: bool,
}

impl Place {
    /// The place before all lines of a segment.
    pub(in crate::file) fn before(segment: Segment) -> Self {
        let first = segment.first;
        Self::at(segment, first, 0)
    }

    /// The place at the line that holds `next`; all before `offset` hold smaller positions.
    pub(super) fn at(segment: Segment, next: Sequence, offset: u64) -> Self {
        Self {
            next,
            segment,
            lines: Lines::from(offset),
            ids: Interner::default(),
            missed: false,
        }
    }

    /// As [`Place::at`], to read a line or two.
    pub(super) fn sparing(segment: Segment, next: Sequence, offset: u64) -> Self {
        Self {
            lines: Lines::sparing(offset),
            ..Self::at(segment, next, offset)
        }
    }

    /// The place with ids that were read before.
    pub(super) fn with_ids(self, ids: Interner) -> Self {
        Self { ids, ..self }
    }

    /// Gives up the ids that were read so far.
    pub(super) fn take_ids(&mut self) -> Interner {
        mem::take(&mut self.ids)
    }

    /// Gives back the memory that a long line took.
    pub(super) fn rest(&mut self) {
        self.lines.rest();
    }

    /// Goes on at the start of another segment.
    pub(super) fn enter(&mut self, segment: Segment) {
        self.segment = segment;
        self.lines.seek(0);
    }

    /// The next entry of the segment, and where its line starts; `None` at its end.
    pub(in crate::file) fn next_entry(&mut self) -> Result<Option<(u64, Entry)>, ReadError> {
        self.next_line(|line, ids| record::decode(line.text, ids))
    }

    /// As [`Place::next_entry`], without reading what is in the entry.
    pub(super) fn next_extent(&mut self) -> Result<Option<(u64, Extent)>, ReadError> {
        self.next_line(|line, _| {
            let head = line.head().ok_or("its time or chain is none")?;
            Ok(Extent {
                first: line.first,
                last: line.last,
                recorded_at: head.recorded_at,
            })
        })
    }

    fn next_line<T>(
        &mut self,
        read: impl Fn(&Line<'_>, &mut Interner) -> Result<T, String>,
    ) -> Result<Option<(u64, T)>, ReadError> {
        loop {
            let segment = &self.segment;
            let piece = self
                .lines
                .next(&*segment.file, segment.end)
                .map_err(|error| segment.failed(error))?;
            let Some(piece) = piece else {
                return Ok(None);
            };
            // A piece that is no record is the header, or foreign: nobody misses it unless a position is missing.
            let Some(line) =
                Line::parse(piece.bytes).filter(|line| piece.ended && line.last >= self.next)
            else {
                continue;
            };
            let (offset, first, last) = (piece.offset, line.first, line.last);
            let found = read(&line, &mut self.ids);
            if first > self.next {
                self.miss(&format!(
                    "positions {} to {} are missing",
                    self.next,
                    first.number() - 1
                ))?;
            }
            match found {
                Ok(found) => {
                    self.next = last.next();
                    return Ok(Some((offset, found)));
                }
                Err(error) => self.miss(&format!(
                    "the record at position {first} cannot be read: {error}"
                ))?,
            }
        }
    }

    /// Passes the end of the segment, where positions may be missing as well.
    pub(in crate::file) fn pass_end(&mut self) -> Result<(), ReadError> {
        let last = self.segment.last;
        if self.next <= last {
            self.miss(&format!("positions {} to {last} are missing", self.next))?;
            self.next = last.next();
        }
        Ok(())
    }

    /// Whether a position was passed over, in a log that was opened to be salvaged.
    pub(in crate::file) fn has_missed(&self) -> bool {
        self.missed
    }

    /// Refuses to go on, unless the log was opened to be salvaged.
    fn miss(&mut self, what: &str) -> Result<(), ReadError> {
        if self.segment.gaps {
            self.missed = true;
            return Ok(());
        }
        let (name, offset) = (&self.segment.name, self.lines.offset());
        Err(ReadError::Damaged {
            after: Sequence::new(self.next.number() - 1),
            cause: format!("{name}, before byte {offset}: {what}").into(),
        })
    }
}

/// The start of a short range that has the line which holds a position, or the last line before it: where lines may be read
/// one by one.
pub(super) fn bisect(segment: &Segment, position: Sequence) -> io::Result<u64> {
    let (mut start, mut high) = (0, segment.end);
    let mut lines = Lines::sparing(0);
    while high - start > SEARCH_BYTES {
        let middle = start + (high - start) / 2;
        lines.seek(middle);
        match first_line(&mut lines, segment, high)? {
            Some((offset, first)) if first <= position => start = offset,
            Some(_) | None => high = middle,
        }
    }
    Ok(start)
}

/// Where the first record starts that starts and ends before `limit`, and its first position.
fn first_line(
    lines: &mut Lines,
    segment: &Segment,
    limit: u64,
) -> io::Result<Option<(u64, Sequence)>> {
    while let Some(piece) = lines.next(&*segment.file, limit)? {
        if let Some(line) = Line::parse(piece.bytes) {
            return Ok(Some((piece.offset, line.first)));
        }
    }
    Ok(None)
}
