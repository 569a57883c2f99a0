//! The indexes of all segments, as the writer and its readers share them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::{io, mem};

use inventory_core::machine::Entry;
use inventory_core::ports::{ReadError, StorageError};
use inventory_core::vocabulary::Sequence;
use parking_lot::{Mutex, RwLock};

use super::sidecar::{Identity, Sidecar};
use super::source::Source;
use super::table::Table;
use super::tail::{Found, Tail};
use super::unwritten::Unwritten;
use crate::disk::{Disk, write_all_at};
use crate::file::handle::Handle;
use crate::file::lines::Lines;
use crate::file::names::{sidecar_name, sidecar_tmp_name};
use crate::file::segment::{Layout, Located, Sealed, Segment, SegmentId};

/// Sidecars that are kept open: those of the newest segments. Each takes a descriptor and some forty kilobytes.
pub(super) const OPENED_MAX: usize = 256;

/// Where the lines of a subject are, segment by segment.
///
/// In memory are the index of the active segment, those of the segments that were sealed since a snapshot was saved, and of
/// others that were searched the keys that the blocks of their sidecars begin with. No lock is held while a file is read or
/// written.
#[derive(Debug)]
pub(in crate::file) struct Indexes {
    disk: Arc<dyn Disk>,
    layout: Arc<RwLock<Layout>>,
    tail: Mutex<Tail>,
    unwritten: Unwritten,
    opened: Mutex<BTreeMap<SegmentId, Arc<Sidecar>>>,
    /// Segments whose sidecar somebody is writing: nobody else does meanwhile.
    writing: Mutex<BTreeSet<SegmentId>>,
}

impl Indexes {
    /// The indexes of a log that was just opened.
    pub(in crate::file) fn new(disk: Arc<dyn Disk>, layout: Arc<RwLock<Layout>>) -> Self {
        let tail = {
            let layout = layout.read();
            let active = &layout.active;
            let found = match active.last < active.first {
                true => Found::Read { whole: true },
                false => Found::Unread {
                    last: active.last,
                    end: active.end,
                },
            };
            Tail::of(active.first, layout.generation, found)
        };
        Self {
            disk,
            layout,
            tail: Mutex::new(tail),
            unwritten: Unwritten::default(),
            opened: Mutex::default(),
            writing: Mutex::default(),
        }
    }

    /// Takes entries of the active segment that are durable, with the offsets of their lines.
    pub(in crate::file) fn feed(&self, entries: &[Arc<Entry>], offsets: &[u64]) {
        self.tail.lock().feed(entries, offsets);
    }

    /// Sets the index of the segment aside that was the active one until now, and begins the next.
    pub(in crate::file) fn seal(&self) {
        if let Some(oldest) = self.unwritten.keep(|| self.begin()) {
            self.write_tail(oldest);
        }
    }

    /// Writes the indexes of the segments that were sealed since the last time.
    pub(in crate::file) fn write_unwritten(&self) {
        while let Some(oldest) = self.unwritten.oldest() {
            self.write_tail(oldest);
        }
    }

    /// Writes the index of a sealed segment, if it is there still, and forgets what was in memory of it.
    fn write_tail(&self, id: SegmentId) {
        let located = self.layout.read().locate(id.1);
        if let Some(tail) = self.unwritten.get(id)
            && let Ok(segment) = located.open(&*self.disk)
            && segment.id() == id
        {
            self.keep(&segment, &tail.table());
        }
        self.unwritten.remove(id);
    }

    /// Forgets a history that was set aside, and begins the next one. `sealed` are the segments that it had.
    pub(in crate::file) fn restart(&self, sealed: &[Sealed]) {
        self.unwritten.clear();
        self.opened.lock().clear();
        for sealed in sealed {
            // A sidecar that stays is removed by the next open, and is of no segment of the new history.
            let _ = self.disk.remove(&sidecar_name(sealed.first));
        }
        drop(self.begin());
    }

    /// Removes the index of a segment that was purged.
    pub(in crate::file) fn purge(&self, first: Sequence) {
        let generation = self.layout.read().generation;
        self.unwritten.remove((generation, first));
        self.opened.lock().remove(&(generation, first));
        // As with a history that was set aside.
        let _ = self.disk.remove(&sidecar_name(first));
    }

    /// Begins the index of the segment that is the active one now, and returns that of the one before.
    fn begin(&self) -> Tail {
        let next = {
            let layout = self.layout.read();
            let found = Found::Read { whole: true };
            Tail::of(layout.active.first, layout.generation, found)
        };
        mem::replace(&mut *self.tail.lock(), next)
    }

    /// A segment that is opened when it is read.
    pub(super) fn handle(&self, located: Located) -> Handle<'_> {
        Handle::new(&*self.disk, &self.layout, located)
    }

    /// The keys of a segment.
    pub(super) fn source(&self, handle: &Handle<'_>) -> Result<Source, ReadError> {
        match self.tail_source(handle)? {
            Some(source) => Ok(source),
            None => self.sealed_source(handle),
        }
    }

    /// The keys of a segment that is the active one still.
    fn tail_source(&self, handle: &Handle<'_>) -> Result<Option<Source>, ReadError> {
        loop {
            let (view, found) = {
                let tail = self.tail.lock();
                if tail.id() != handle.located.id() {
                    return Ok(None);
                }
                (tail.view(), tail.found())
            };
            match found {
                Found::Read { .. } => return Ok(Some(Source::from(view))),
                Found::Unread { last, end } => {
                    let found = Segment {
                        last,
                        end,
                        ..handle.segment()?.clone()
                    };
                    let table = Table::read(&found)?;
                    let mut tail = self.tail.lock();
                    if tail.id() == found.id() {
                        tail.take_found(&table);
                    }
                }
            }
        }
    }

    /// The keys of a sealed segment: in memory still, or in its sidecar, which is made when there is none.
    fn sealed_source(&self, handle: &Handle<'_>) -> Result<Source, ReadError> {
        let id = handle.located.id();
        if let Some(tail) = self.unwritten.get(id) {
            return Ok(Source::from(tail.view()));
        }
        if let Some(sidecar) = self.opened.lock().get(&id) {
            return Ok(Source::Sidecar(Arc::clone(sidecar)));
        }
        let segment = &self.sealed(handle.segment()?)?;
        let Ok(file) = self.disk.open(&sidecar_name(segment.first)) else {
            return self.made_anew(segment);
        };
        let sidecar = match identity(segment).map_err(|error| segment.failed(error))? {
            Some(identity) => Sidecar::open(Arc::from(file), &identity).ok().flatten(),
            None => None,
        };
        match sidecar {
            Some(sidecar) => {
                let sidecar = Arc::new(sidecar);
                self.remember(segment, Arc::clone(&sidecar));
                Ok(Source::Sidecar(sidecar))
            }
            None => self.made_anew(segment),
        }
    }

    /// The keys of a sealed segment, out of the segment itself. Its sidecar is written again, if it can be.
    pub(super) fn made_anew(&self, segment: &Segment) -> Result<Source, ReadError> {
        let segment = &self.sealed(segment)?;
        let table = Table::read(segment)?;
        self.keep(segment, &table);
        Ok(Source::Runs {
            runs: vec![table.keys],
            marks: table.marks,
        })
    }

    /// All of a segment that may have been the active one when it was located.
    fn sealed(&self, segment: &Segment) -> Result<Segment, ReadError> {
        let mut sealed = segment.clone();
        let layout = self.layout.read();
        if layout.refresh(&mut sealed) {
            return Ok(sealed);
        }
        let floor = layout.floor;
        match layout.generation == segment.generation {
            true => Err(ReadError::Purged { floor }),
            false => Err(ReadError::Failed(StorageError::new(
                format!("reading {}", segment.name),
                "its history was set aside meanwhile",
            ))),
        }
    }

    /// Writes a sidecar. A disk that does not take it is no harm: it is made again when it is needed.
    fn keep(&self, segment: &Segment, table: &Table) {
        // Where positions are missing, a log that is to be whole must find that out.
        if !table.whole || !self.writing.lock().insert(segment.id()) {
            return;
        }
        if let Ok(sealed) = self.sealed(segment) {
            // What is not written is made again when it is needed.
            let _ = self.write(&sealed, table);
        }
        self.writing.lock().remove(&segment.id());
    }

    fn write(&self, segment: &Segment, table: &Table) -> io::Result<()> {
        let Some(identity) = identity(segment)? else {
            return Ok(());
        };
        let bytes = Sidecar::encode(table, &identity);
        let (tmp, name) = (sidecar_tmp_name(segment.first), sidecar_name(segment.first));
        // The old file keeps its content for those who read it.
        let written = (self.disk.create(&tmp))
            .and_then(|file| write_all_at(&*file, &bytes, 0))
            .and_then(|()| self.disk.rename(&tmp, &name));
        if let Err(error) = written {
            // Half a sidecar would be known as such, but it takes up room.
            let _ = self.disk.remove(&tmp);
            return Err(error);
        }
        Ok(())
    }

    /// Keeps what was opened, unless its segment has been purged meanwhile.
    fn remember(&self, segment: &Segment, sidecar: Arc<Sidecar>) {
        let mut opened = self.opened.lock();
        let there = self.layout.read().refresh(&mut segment.clone());
        if there {
            opened.insert(segment.id(), sidecar);
            if opened.len() > OPENED_MAX {
                opened.pop_first();
            }
        }
    }

    /// Forgets a sidecar that is not what was written.
    pub(super) fn forget(&self, segment: &Segment) {
        self.opened.lock().remove(&segment.id());
    }

    /// Says why a line is not where an index has it: the segment is damaged, or the index is, which is then removed.
    pub(in crate::file) fn doubt(&self, segment: &Segment) -> ReadError {
        if let Err(error) = Table::read(segment) {
            return error;
        }
        self.forget(segment);
        let _ = self.disk.remove(&sidecar_name(segment.first));
        ReadError::Failed(StorageError::new(
            format!("searching {}", segment.name),
            "its index was wrong, and has to be made anew",
        ))
    }
}

/// Which segment an index has to be of; `None` when its first line cannot be read.
fn identity(segment: &Segment) -> io::Result<Option<Identity>> {
    let mut lines = Lines::sparing(0);
    let header = lines.next(&*segment.file, segment.end)?;
    let header = header.filter(|piece| piece.offset == 0 && piece.ended);
    let Some(header) = header.map(|piece| piece.bytes.to_vec()) else {
        return Ok(None);
    };
    Ok(Some(Identity {
        header,
        last: segment.last.number(),
        size: segment.file.size()?,
    }))
}

/// The bytes of the index that a segment makes; `None` when it is not whole.
pub(in crate::file) fn bytes_of(segment: &Segment) -> io::Result<Option<Vec<u8>>> {
    let (Ok(table), Some(identity)) = (Table::read(segment), identity(segment)?) else {
        return Ok(None);
    };
    Ok(table.whole.then(|| Sidecar::encode(&table, &identity)))
}
