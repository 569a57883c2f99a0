//! Finds a position by its time: times never go back from one line to the next.

use std::io;

use inventory_core::ports::{LogReader, ReadError};
use inventory_core::vocabulary::{Sequence, Timestamp};

use super::place::bisect;
use super::{FileLogReader, failed};
use crate::file::lines::Lines;
use crate::file::record::Line;
use crate::file::segment::Segment;

/// Events that are read at once, once the place is nearly found.
const PAGE_EVENTS: usize = 256;

impl FileLogReader {
    /// The last position that was recorded at or before a time.
    pub(super) fn last_until(&self, time: Timestamp) -> Result<Sequence, ReadError> {
        let mut position = self.last_before(time)?;
        // The last steps are those of any reader, who notices what is missing.
        loop {
            let page = self.read(position, PAGE_EVENTS)?;
            let early = page.iter().take_while(|entry| entry.recorded_at <= time);
            position = early.last().map_or(position, |entry| entry.last());
            if page.last().is_none_or(|last| last.last() > position) {
                return Ok(position);
            }
        }
    }

    /// A position that is not far before that one, and not after it.
    fn last_before(&self, time: Timestamp) -> Result<Sequence, ReadError> {
        let (floor, firsts) = {
            let layout = self.layout.read();
            let sealed = layout.sealed.iter().map(|sealed| sealed.first);
            let active = Some(&layout.active).filter(|active| active.first <= active.last);
            let firsts: Vec<_> = sealed.chain(active.map(|active| active.first)).collect();
            (layout.floor, firsts)
        };
        let (mut early, mut late) = (None, firsts.len());
        let mut from = 0;
        while from < late {
            let middle = from + (late - from) / 2;
            let segment = self.segment_at(firsts[middle])?;
            let begins_early =
                begins_early(&segment, time).map_err(|error| failed(&segment, error))?;
            match begins_early {
                true => {
                    early = Some(segment);
                    from = middle + 1;
                }
                false => late = middle,
            }
        }
        let Some(segment) = early else {
            return Ok(floor);
        };
        let start = bisect(&segment, |line| is_early(line, time));
        let start = start.map_err(|error| failed(&segment, error))?;
        Ok(Sequence::new(start.next.number() - 1))
    }
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
