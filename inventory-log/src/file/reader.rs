//! Reads the log, also while it is appended to.

use std::io;
use std::sync::Arc;

use inventory_core::machine::Entry;
use inventory_core::ports::{LogReader, ReadError, StorageError};
use inventory_core::vocabulary::Sequence;
use parking_lot::{Mutex, RwLock};

use super::disk::Disk;
use super::interner::Interner;
use super::lines::Lines;
use super::record::{self, Line};
use super::segment::{Layout, Segment};

/// Places that are remembered: about as many as there are followers of one log, each at its own.
const PLACES_MAX: usize = 16;

/// A range of a file that is short enough to be searched line by line.
const SEARCH_BYTES: u64 = 64 * 1024;

/// A reader of a [`FileLog`](super::FileLog).
///
/// A page that follows another starts where that one ended; any other place is found by bisection, since every line tells
/// its position. So there is no index to keep, and none to go wrong. No lock is held while a file is read; nor the lock
/// of the directory, since a reader that outlives its log harms nobody.
#[derive(Debug)]
pub(super) struct FileLogReader {
    disk: Arc<dyn Disk>,
    layout: Arc<RwLock<Layout>>,
    places: Mutex<Vec<Place>>,
}

/// Where a page ended.
#[derive(Debug)]
struct Place {
    /// The position that comes next.
    next: Sequence,
    segment: Segment,
    lines: Lines,
    ids: Interner,
}

impl LogReader for FileLogReader {
    fn floor(&self) -> Sequence {
        self.layout.read().floor
    }

    fn read(&self, after: Sequence, events_max: usize) -> Result<Vec<Arc<Entry>>, ReadError> {
        let (floor, head) = {
            let layout = self.layout.read();
            (layout.floor, layout.active.last)
        };
        if after < floor {
            return Err(ReadError::Purged { floor });
        }
        if after >= head {
            return Ok(Vec::new());
        }
        let mut place = self.take_place(after.next())?;
        let page = self.read_page(&mut place, head, events_max)?;
        self.keep_place(place);
        Ok(page)
    }
}

impl FileLogReader {
    pub(super) fn new(disk: Arc<dyn Disk>, layout: Arc<RwLock<Layout>>) -> Self {
        Self {
            disk,
            layout,
            places: Mutex::default(),
        }
    }

    fn read_page(
        &self,
        place: &mut Place,
        head: Sequence,
        events_max: usize,
    ) -> Result<Vec<Arc<Entry>>, ReadError> {
        let mut page = Vec::new();
        let mut events = 0;
        while events < events_max.max(1) && place.next <= head {
            if let Some(entry) = place.next_entry()? {
                events += entry.events.len();
                page.push(Arc::new(entry));
                continue;
            }
            let last = place.segment.last;
            if place.next <= last {
                place.miss(&format!("positions {} to {last} are missing", place.next))?;
                place.next = last.next();
            }
            if place.next <= head {
                place.segment = self.segment_at(place.next)?;
                place.lines.seek(0);
            }
        }
        Ok(page)
    }

    /// The place where the page before `position` ended, or a new one.
    fn take_place(&self, position: Sequence) -> Result<Place, ReadError> {
        let known = {
            let mut places = self.places.lock();
            let at = places.iter().position(|place| place.next == position);
            at.map(|at| places.remove(at))
        };
        if let Some(mut place) = known
            && self.layout.read().refresh(&mut place.segment)
        {
            return Ok(place);
        }
        let segment = self.segment_at(position)?;
        let offset = bisect(&segment, position).map_err(|error| failed(&segment, error))?;
        Ok(Place {
            next: position,
            segment,
            lines: Lines::from(offset),
            ids: Interner::default(),
        })
    }

    fn keep_place(&self, place: Place) {
        let mut places = self.places.lock();
        if places.len() == PLACES_MAX {
            places.remove(0);
        }
        places.push(place);
    }

    /// The segment that holds `position`, which is not above the head.
    fn segment_at(&self, position: Sequence) -> Result<Segment, ReadError> {
        let located = self.layout.read().locate(position);
        located.open(&*self.disk).map_err(|error| {
            // It may have been purged since it was located.
            let floor = self.floor();
            if position <= floor {
                return ReadError::Purged { floor };
            }
            ReadError::Failed(StorageError::new(
                format!("opening {}", located.name),
                error,
            ))
        })
    }
}

impl Place {
    /// The next entry of the segment; `None` at its end.
    fn next_entry(&mut self) -> Result<Option<Entry>, ReadError> {
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
            let (first, last) = (line.first, line.last);
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
                    return Ok(Some(entry));
                }
                Err(error) => self.miss(&format!(
                    "the record at position {first} cannot be read: {error}"
                ))?,
            }
        }
    }

    /// Refuses to go on, unless the log was opened to be salvaged.
    fn miss(&self, what: &str) -> Result<(), ReadError> {
        if self.segment.gaps {
            return Ok(());
        }
        let (name, offset) = (&self.segment.name, self.lines.offset());
        Err(ReadError::Damaged {
            after: Sequence::new(self.next.number() - 1),
            cause: format!("{name}, before byte {offset}: {what}").into(),
        })
    }
}

/// Where a search for `position` may start: at a line of the segment before which all positions are smaller.
fn bisect(segment: &Segment, position: Sequence) -> io::Result<u64> {
    let (mut low, mut high) = (0, segment.end);
    let mut lines = Lines::from(0);
    while high - low > SEARCH_BYTES {
        let middle = low + (high - low) / 2;
        lines.seek(middle);
        match first_line(&mut lines, segment, high)? {
            Some((offset, first)) if first <= position => low = offset,
            Some(_) | None => high = middle,
        }
    }
    Ok(low)
}

/// The first record that starts and ends before `limit`.
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

fn failed(segment: &Segment, error: io::Error) -> ReadError {
    ReadError::Failed(StorageError::new(
        format!("reading {}", segment.name),
        error,
    ))
}
