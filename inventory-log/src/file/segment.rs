//! Segments of the log, as the writer and its readers share them.

use std::io;
use std::sync::Arc;

use inventory_core::defect;
use inventory_core::ports::{ReadError, StorageError};
use inventory_core::vocabulary::Sequence;
use parking_lot::RwLock;

use super::header::Header;
use super::names::{ACTIVE, sealed_name};
use crate::disk::{Disk, DiskFile, write_all_at};

/// A segment that is full. Nothing in it changes any more.
#[derive(Debug, Clone)]
pub(super) struct Sealed {
    /// Its first position.
    pub(super) first: Sequence,
    /// Its last position.
    pub(super) last: Sequence,
    /// Where its last record ends.
    pub(super) end: u64,
}

/// The segment that is appended to.
#[derive(Debug, Clone)]
pub(super) struct Active {
    pub(super) file: Arc<dyn DiskFile>,
    /// Its first position.
    pub(super) first: Sequence,
    /// The last durable position.
    pub(super) last: Sequence,
    /// Where its last durable record ends. Readers go no further.
    pub(super) end: u64,
}

/// All segments.
///
/// ```text
///  floor │ sealed 1 │ sealed 2 │ ... │ active │ last
/// ```
#[derive(Debug)]
pub(super) struct Layout {
    /// The position before the oldest one that is kept.
    pub(super) floor: Sequence,
    /// Oldest first.
    pub(super) sealed: Vec<Sealed>,
    pub(super) active: Active,
    /// Whether readers pass over missing positions, since the log was opened to be salvaged.
    pub(super) gaps: bool,
    /// How often the history was set aside: what a reader remembers of an earlier one is worth nothing.
    pub(super) generation: u64,
    /// Whether the writer is giving the active segment another name right now.
    pub(super) renaming: bool,
    /// Whether the name of the active segment was found to be of another file: somebody else has the directory.
    pub(super) overtaken: bool,
}

/// A segment as a reader needs it: the part of it that was durable when the reader asked.
#[derive(Debug, Clone)]
pub(super) struct Segment<F = Arc<dyn DiskFile>> {
    pub(super) name: String,
    pub(super) first: Sequence,
    pub(super) last: Sequence,
    pub(super) end: u64,
    pub(super) gaps: bool,
    pub(super) generation: u64,
    pub(super) file: F,
}

/// Which segment it is: its first position, in one of the histories that a process sees.
pub(super) type SegmentId = (u64, Sequence);

impl<F> Segment<F> {
    pub(super) fn id(&self) -> SegmentId {
        (self.generation, self.first)
    }

    /// It cannot be read.
    pub(super) fn failed(&self, error: io::Error) -> ReadError {
        let operation = format!("reading {}", self.name);
        ReadError::Failed(StorageError::new(operation, error))
    }
}

/// A segment that was located. A sealed one has to be opened by its name.
pub(super) type Located = Segment<Option<Arc<dyn DiskFile>>>;

impl Layout {
    /// The segment that holds `position`, which is not above the head.
    pub(super) fn locate(&self, position: Sequence) -> Located {
        let active = &self.active;
        let sealed = self.sealed.partition_point(|sealed| sealed.last < position);
        let (name, file, first, last, end) = match self.sealed.get(sealed) {
            Some(sealed) => (
                sealed_name(sealed.first),
                None,
                sealed.first,
                sealed.last,
                sealed.end,
            ),
            None => {
                let file = Some(Arc::clone(&active.file));
                (
                    ACTIVE.to_owned(),
                    file,
                    active.first,
                    active.last,
                    active.end,
                )
            }
        };
        Segment {
            name,
            first,
            last,
            end,
            gaps: self.gaps,
            generation: self.generation,
            file,
        }
    }

    /// Brings what a reader remembers up to date; `false` when the segment is no longer there.
    pub(super) fn refresh<F>(&self, segment: &mut Segment<F>) -> bool {
        let located = self.locate(segment.first);
        let same = (located.generation, located.first) == (segment.generation, segment.first);
        if same {
            segment.name = located.name;
            segment.last = located.last;
            segment.end = located.end;
        }
        same
    }
}

impl Located {
    pub(super) fn open(&self, disk: &dyn Disk) -> io::Result<Segment> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => Arc::from(disk.open(&self.name)?),
        };
        Ok(Segment {
            name: self.name.clone(),
            first: self.first,
            last: self.last,
            end: self.end,
            gaps: self.gaps,
            generation: self.generation,
            file,
        })
    }
}

/// Looks whether the name of the active segment is still that of the file that is open. The lock keeps others away; this is for
/// the case that it does not, since two writers would take back what the other has acknowledged. Once it was found that it is
/// another file, nothing is appended any more.
///
/// # Errors
///
/// It is not, or nobody can tell.
pub(super) fn check_ours(disk: &dyn Disk, layout: &RwLock<Layout>) -> io::Result<()> {
    loop {
        let (file, renaming) = {
            let layout = layout.read();
            (Arc::clone(&layout.active.file), layout.renaming)
        };
        // The writer has looked a moment ago.
        if renaming {
            return Ok(());
        }
        match disk.identity(ACTIVE) {
            Ok(named) if named == file.identity()? => return Ok(()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(_) | Err(_) => {}
        }
        let mut layout = layout.write();
        if !layout.renaming && Arc::ptr_eq(&layout.active.file, &file) {
            layout.overtaken = true;
            return Err(overtaken());
        }
    }
}

/// Somebody else has the directory.
fn overtaken() -> io::Error {
    io::Error::other(format!(
        "{ACTIVE} is not the file any more that this process has open: somebody else uses the directory"
    ))
}

/// Cuts off what follows the last record of a segment, which ends at `end`, but for one newline.
pub(super) fn trim(file: &dyn DiskFile, end: u64) -> io::Result<()> {
    write_all_at(file, b"\n", end)?;
    file.cut(end + 1)?;
    file.sync_data()
}

/// Creates a segment file that holds a header and no record, and makes its content durable. Says where the header ends. A
/// failure leaves no file behind, if that can be helped.
pub(super) fn create_segment(
    disk: &dyn Disk,
    name: &str,
    header: &Header,
) -> io::Result<(Arc<dyn DiskFile>, u64)> {
    let created = write_segment(disk, name, header);
    if created.is_err() {
        // Half a segment would be known as such, but it takes up room.
        let _ = disk.remove(name);
    }
    created
}

fn write_segment(
    disk: &dyn Disk,
    name: &str,
    header: &Header,
) -> io::Result<(Arc<dyn DiskFile>, u64)> {
    let mut bytes = Vec::new();
    header.encode(&mut bytes);
    let end = bytes.len() as u64;
    bytes.push(b'\n');
    let file = disk.create(name)?;
    write_all_at(&*file, &bytes, 0)?;
    if !defect!(SegmentNotSynced) {
        file.sync_data()?;
    }
    Ok((Arc::from(file), end))
}
