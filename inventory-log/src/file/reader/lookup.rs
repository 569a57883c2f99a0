//! Indexed search: goes from segment to segment, and reads the lines that their indexes name.

use inventory_core::ports::{Excerpt, Extent, ReadError, StorageError, Wanted};
use inventory_core::vocabulary::Sequence;

use super::{FileLogReader, Place};
use crate::codec::interner::Interner;
use crate::codec::record::{self, Line};
use crate::file::index::Finder;
use crate::file::lines::Lines;

/// One search of the log.
pub(super) struct Lookup<'a> {
    reader: &'a FileLogReader,
    wanted: &'a Wanted,
    lines: Lines,
    ids: Interner,
    generation: Option<u64>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(reader: &'a FileLogReader, wanted: &'a Wanted) -> Self {
        Self {
            reader,
            wanted,
            lines: Lines::sparing(0),
            ids: Interner::default(),
            generation: None,
        }
    }

    /// Finds lines in the segment that holds `position`, which is not above the head.
    pub(super) fn finder(&mut self, position: Sequence) -> Result<Finder<'a>, ReadError> {
        self.wanted.check()?;
        let located = {
            let layout = self.reader.layout.read();
            if position <= layout.floor {
                let floor = layout.floor;
                return Err(ReadError::Purged { floor });
            }
            layout.locate(position)
        };
        // A search that began in one history must not go on in another.
        if *self.generation.get_or_insert(located.generation) != located.generation {
            return Err(ReadError::Failed(StorageError::new(
                "searching the log",
                "its history was set aside meanwhile",
            )));
        }
        self.reader.indexes.finder(located)
    }

    /// As [`Lookup::finder`]; `None` when the segment is no longer there.
    pub(super) fn finder_back(
        &mut self,
        position: Sequence,
    ) -> Result<Option<Finder<'a>>, ReadError> {
        match self.finder(position) {
            Err(ReadError::Purged { .. }) => Ok(None),
            found => found.map(Some),
        }
    }

    /// What is picked of the line at an offset that an index has named; `None` when it cannot be read in a log that was
    /// opened to be salvaged.
    pub(super) fn select(
        &mut self,
        finder: &Finder<'_>,
        offset: u64,
        picked: impl Fn(&str, Option<&str>) -> bool,
    ) -> Result<Option<Excerpt>, ReadError> {
        self.wanted.check()?;
        let segment = finder.segment()?;
        self.lines.seek(offset);
        let piece = self.lines.next(&*segment.file, segment.end);
        let piece = piece.map_err(|error| segment.failed(error))?;
        let line = piece
            .filter(|piece| piece.offset == offset && piece.ended)
            .and_then(|piece| Line::parse(piece.bytes))
            .filter(|line| segment.first <= line.first && line.last <= segment.last);
        let excerpt = line.and_then(|line| record::select(line.text, &mut self.ids, picked).ok());
        match excerpt {
            Some(excerpt) => Ok(Some(excerpt)),
            None if segment.gaps => Ok(None),
            None => Err(finder.doubt()),
        }
    }
}

impl FileLogReader {
    /// Makes the indexes that are missing, those of the newest segments first: most questions are about them.
    pub(super) fn index_all(&self, wanted: &Wanted) -> Result<(), ReadError> {
        let mut lookup = Lookup::new(self, wanted);
        let mut position = self.head();
        while position > Sequence::START
            && let Some(finder) = lookup.finder_back(position)?
        {
            position = before(&finder);
        }
        Ok(())
    }

    /// Where the entry is that holds a position, or the next one that can be read.
    pub(super) fn extent_of(&self, mut position: Sequence) -> Result<Option<Extent>, ReadError> {
        let head = self.head();
        let wanted = Wanted::default();
        let mut lookup = Lookup::new(self, &wanted);
        while position <= head {
            let finder = lookup.finder(position)?;
            match line_at(&finder, position)? {
                Some((_, extent)) => return Ok(Some(extent)),
                None => position = finder.segment()?.last.next(),
            }
        }
        Ok(None)
    }
}

/// Where the line starts that holds a position, or the next one of the segment that can be read, and its extent.
pub(super) fn line_at(
    finder: &Finder<'_>,
    position: Sequence,
) -> Result<Option<(u64, Extent)>, ReadError> {
    let segment = finder.segment()?.clone();
    let mut place = Place::sparing(segment, position, finder.start_of(position));
    let found = place.next_extent()?;
    if found.is_none() {
        place.pass_end()?;
    }
    Ok(found)
}

/// The offset of the last line that may hold a position or one before it.
pub(super) fn bound_back(finder: &Finder<'_>, position: Sequence) -> Result<u64, ReadError> {
    if position >= finder.located().last {
        return Ok(u64::MAX);
    }
    let line = line_at(finder, position)?;
    Ok(line.map_or(u64::MAX, |(offset, _)| offset))
}

/// The position before a segment.
pub(super) fn before(finder: &Finder<'_>) -> Sequence {
    Sequence::new(finder.located().first.number() - 1)
}
