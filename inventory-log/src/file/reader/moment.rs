//! Search by time: finds a position by its time, because times never go back from one line to the next.

use std::io;

use inventory_core::ports::{ReadError, Wanted};
use inventory_core::vocabulary::{Sequence, Timestamp};

use super::lookup::Lookup;
use super::{FileLogReader, Place};
use crate::codec::record::Line;
use crate::file::index::Finder;
use crate::file::lines::Lines;
use crate::file::segment::Segment;

impl FileLogReader {
    /// The last position that was recorded at or before a time.
    pub(super) fn last_until(&self, time: Timestamp) -> Result<Sequence, ReadError> {
        let (mut position, firsts) = {
            let layout = self.layout.read();
            let sealed = layout.sealed.iter().map(|sealed| sealed.first);
            let active = Some(&layout.active).filter(|active| active.first <= active.last);
            let firsts: Vec<_> = sealed.chain(active.map(|active| active.first)).collect();
            (layout.floor, firsts)
        };
        let (mut early, mut late) = (0, firsts.len());
        while early < late {
            let middle = early + (late - early) / 2;
            let segment = self.segment_at(firsts[middle])?;
            let begins_early = begins_early(&segment, time);
            match begins_early.map_err(|error| segment.failed(error))? {
                true => early = middle + 1,
                false => late = middle,
            }
        }
        let wanted = Wanted::default();
        let mut lookup = Lookup::new(self, &wanted);
        // A segment that begins early has an early line, unless it is missing in a log that was opened to be salvaged.
        for &first in firsts[..early].iter().rev().take(1) {
            let finder = lookup.finder(first)?;
            position = last_early(&finder, time)?.unwrap_or(position);
        }
        Ok(position)
    }
}

/// The last position of the last line of a segment that was recorded at or before a time.
fn last_early(finder: &Finder<'_>, time: Timestamp) -> Result<Option<Sequence>, ReadError> {
    let segment = finder.segment()?;
    let marks = finder.marks();
    let mut lines = Lines::sparing(0);
    let (mut early, mut late) = (0, marks.len());
    while early < late {
        let middle = early + (late - early) / 2;
        lines.seek(marks[middle].offset);
        let piece = lines.next(&*segment.file, segment.end);
        let piece = piece.map_err(|error| segment.failed(error))?;
        let line = piece.and_then(|piece| Line::parse(piece.bytes));
        match line.is_some_and(|line| is_early(&line, time)) {
            true => early = middle + 1,
            false => late = middle,
        }
    }
    // From the last mark that is early up to the one that is not, which need not be read again. What is missing between
    // them is noticed.
    let (next, offset) = match early.checked_sub(1).map(|last| marks[last]) {
        Some(mark) => (Sequence::new(mark.first), mark.offset),
        None => (segment.first, 0),
    };
    let end = marks
        .get(early)
        .map_or_else(|| segment.last.next(), |mark| Sequence::new(mark.first));
    let mut place = Place::sparing(segment.clone(), next, offset);
    let mut last = None;
    while place.next < end {
        match place.next_extent()? {
            Some((_, extent)) if extent.recorded_at <= time => last = Some(extent.last),
            Some(_) => return Ok(last),
            None => {
                place.pass_end()?;
                return Ok(last);
            }
        }
    }
    Ok(last)
}

/// Whether the first record of a segment was recorded at or before a time.
fn begins_early(segment: &Segment, time: Timestamp) -> io::Result<bool> {
    let mut lines = Lines::sparing(0);
    while let Some(piece) = lines.next(&*segment.file, segment.end)? {
        if let Some(line) = Line::parse(piece.bytes) {
            return Ok(is_early(&line, time));
        }
    }
    Ok(false)
}

fn is_early(line: &Line<'_>, time: Timestamp) -> bool {
    line.head().is_some_and(|head| head.recorded_at <= time)
}
