//! Log reader: reads the log, also while it is appended to.

mod excerpts;
mod extent;
mod lookup;
mod moment;
mod place;
mod places;
mod touches;

use std::sync::Arc;

pub(super) use place::Place;
use place::bisect;
pub(super) use places::Places;

use inventory_core::machine::Entry;
use inventory_core::ports::{
    EntryFilter, Excerpt, Extent, Levels, LogReader, ReadError, Touch, Wanted,
};
use inventory_core::vocabulary::{Sequence, Timestamp};
use parking_lot::RwLock;

use super::handle::Handle;
use super::index::Indexes;
use super::segment::{Layout, Segment};
use crate::disk::Disk;

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
    places: Arc<Places>,
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
        let page = self.read_page(&mut place, head, events_max);
        self.places.keep_ids(place.take_ids());
        if page.is_ok() {
            self.places.keep(place, &self.layout);
        }
        page
    }

    fn prepare(&self, wanted: &Wanted) -> Result<(), ReadError> {
        self.index_all(wanted)
    }

    fn extent(&self, position: Sequence) -> Result<Option<Extent>, ReadError> {
        self.extent_of(position)
    }

    fn bytes_after(&self, after: Sequence) -> Result<u64, ReadError> {
        self.extent_after(after)
    }

    fn position_at(&self, time: Timestamp) -> Result<Sequence, ReadError> {
        self.last_until(time)
    }

    fn filtered(
        &self,
        filter: &EntryFilter,
        through: Sequence,
        entries_max: usize,
        wanted: &Wanted,
    ) -> Result<Vec<Excerpt>, ReadError> {
        self.newest_filtered(filter, through, entries_max, wanted)
    }

    fn last_touches(
        &self,
        levels: &Levels,
        through: Sequence,
        wanted: &Wanted,
    ) -> Result<Vec<Touch>, ReadError> {
        self.touches_back(levels, through, wanted)
    }

    fn first_touches(
        &self,
        levels: &Levels,
        after: Sequence,
        wanted: &Wanted,
    ) -> Result<Vec<Touch>, ReadError> {
        self.touches_on(levels, after, wanted)
    }
}

impl FileLogReader {
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        layout: Arc<RwLock<Layout>>,
        indexes: Arc<Indexes>,
        places: Arc<Places>,
    ) -> Self {
        Self {
            disk,
            layout,
            indexes,
            places,
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
        if let Some(mut place) = self.places.take(position)
            && self.layout.read().refresh(&mut place.segment)
        {
            return Ok(place.with_ids(self.places.ids()));
        }
        let segment = self.segment_at(position)?;
        let start = bisect(&segment, position);
        let start = start.map_err(|error| segment.failed(error))?;
        Ok(Place::at(segment, position, start).with_ids(self.places.ids()))
    }

    /// The segment that holds `position`, which is not above the head.
    fn segment_at(&self, position: Sequence) -> Result<Segment, ReadError> {
        let located = self.layout.read().locate(position);
        let handle = Handle::new(&*self.disk, &self.layout, located);
        handle.segment().cloned()
    }

    fn head(&self) -> Sequence {
        self.layout.read().active.last
    }
}
