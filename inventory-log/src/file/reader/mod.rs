//! Reads the log, also while it is appended to.

mod extent;
mod moment;
mod place;
mod search;

use std::io;
use std::sync::Arc;

pub(super) use place::Place;
use place::bisect;

use inventory_core::machine::Entry;
use inventory_core::ports::{LogReader, ReadError, StorageError, Trail};
use inventory_core::vocabulary::{ProductId, Sequence, Timestamp};
use parking_lot::{Mutex, RwLock};

use super::disk::Disk;
use super::index::Indexes;
use super::segment::{Layout, Segment};

/// Places that are remembered: about as many as there are followers of one log, each at its own.
const PLACES_MAX: usize = 16;

/// A reader of a [`FileLog`](super::FileLog).
///
/// A page that follows another starts where that one ended; any other place is found by bisection, since every line tells
/// its position, and its time. So pages need no index. What belongs together is found by one, and then read where it is
/// found: an index that went wrong is made anew and never believed. No lock is held while a file is read; nor the lock of
/// the directory, since a reader that outlives its log harms nobody.
#[derive(Debug)]
pub(super) struct FileLogReader {
    disk: Arc<dyn Disk>,
    layout: Arc<RwLock<Layout>>,
    indexes: Arc<Indexes>,
    places: Mutex<Vec<Place>>,
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

    fn bytes_after(&self, after: Sequence) -> Result<u64, ReadError> {
        self.extent_after(after)
    }

    fn position_at(&self, time: Timestamp) -> Result<Sequence, ReadError> {
        self.last_until(time)
    }

    fn trail(
        &self,
        trail: &Trail,
        through: Sequence,
        entries_max: usize,
    ) -> Result<Vec<Arc<Entry>>, ReadError> {
        self.newest_of_trail(trail, through, entries_max)
    }

    fn last_touches(
        &self,
        product: &ProductId,
        through: Sequence,
    ) -> Result<Vec<Arc<Entry>>, ReadError> {
        self.touches_back(product, through)
    }

    fn first_touches(
        &self,
        product: &ProductId,
        after: Sequence,
    ) -> Result<Vec<Arc<Entry>>, ReadError> {
        self.touches_on(product, after)
    }
}

impl FileLogReader {
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        layout: Arc<RwLock<Layout>>,
        indexes: Arc<Indexes>,
    ) -> Self {
        Self {
            disk,
            layout,
            indexes,
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
            if let Some((_, entry)) = place.next_entry()? {
                events += entry.events.len();
                page.push(Arc::new(entry));
                continue;
            }
            place.pass_end()?;
            if place.next <= head {
                place.enter(self.segment_at(place.next)?);
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
        let start = bisect(&segment, |line| line.first <= position);
        let start = start.map_err(|error| failed(&segment, error))?;
        Ok(Place::at(segment, position, start.offset))
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

fn failed(segment: &Segment, error: io::Error) -> ReadError {
    ReadError::Failed(StorageError::new(
        format!("reading {}", segment.name),
        error,
    ))
}
