//! A place in a segment, from which entries are read one after the other.

use std::io;

use inventory_core::machine::Entry;
use inventory_core::ports::ReadError;
use inventory_core::vocabulary::Sequence;

use super::failed;
use crate::file::interner::Interner;
use crate::file::lines::Lines;
use crate::file::record::{self, Line};
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

    /// Goes on at the start of another segment.
    pub(super) fn enter(&mut self, segment: Segment) {
        self.segment = segment;
        self.lines.seek(0);
    }

    /// The next entry of the segment, and where its line starts; `None` at its end.
    pub(in crate::file) fn next_entry(&mut self) -> Result<Option<(u64, Entry)>, ReadError> {
        loop {
            let segment = &self.segment;
            let piece = self
                .lines
                .next(&*segment.file, segment.end)
                .map_err(|error| failed(segment, error))?;
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
            let decoded = record::decode(line.text, &mut self.ids);
            if first > self.next {
                self.miss(&format!(
                    "positions {} to {} are missing",
                    self.next,
                    first.number() - 1
                ))?;
            }
            match decoded {
                Ok(entry) => {
                    self.next = last.next();
                    return Ok(Some((offset, entry)));
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

/// Where lines of a segment may be read one by one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    pub(super) offset: u64,
    /// The position that comes next there.
    pub(super) next: Sequence,
}

/// The start of a short range that has the last line for which `early` holds, if one does. It must hold for no line after
/// one for which it does not.
pub(super) fn bisect(segment: &Segment, early: impl Fn(&Line<'_>) -> bool) -> io::Result<Start> {
    let mut start = Start {
        offset: 0,
        next: segment.first,
    };
    let mut high = segment.end;
    let mut lines = Lines::sparing(0);
    while high - start.offset > SEARCH_BYTES {
        let middle = start.offset + (high - start.offset) / 2;
        lines.seek(middle);
        match first_line(&mut lines, segment, high, &early)? {
            Some(found) => start = found,
            None => high = middle,
        }
    }
    Ok(start)
}

/// The first record that starts and ends before `limit`, when it is an early one.
fn first_line(
    lines: &mut Lines,
    segment: &Segment,
    limit: u64,
    early: impl Fn(&Line<'_>) -> bool,
) -> io::Result<Option<Start>> {
    while let Some(piece) = lines.next(&*segment.file, limit)? {
        if let Some(line) = Line::parse(piece.bytes) {
            let (offset, next) = (piece.offset, line.first);
            return Ok(early(&line).then_some(Start { offset, next }));
        }
    }
    Ok(None)
}
