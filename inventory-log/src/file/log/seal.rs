//! Segment rotation: how a segment is sealed and the next one begins.

use std::io;
use std::sync::Arc;

use inventory_core::vocabulary::{Epoch, Sequence};

use super::FileLog;
use crate::disk::{DiskFile, is_shortage, rename_durably};
use crate::file::header::Header;
use crate::file::names::{ACTIVE, ACTIVE_TMP, sealed_name};
use crate::file::segment::{Active, Sealed, create_segment, trim};

impl FileLog {
    /// Starts the next segment, when this one is full. The group that filled it is durable whatever happens here: a full
    /// disk lets the segment grow, anything else shows with the next append.
    pub(super) fn seal_when_full(&mut self) {
        if self.end < self.options.segment_bytes {
            return;
        }
        let first = self.layout.read().active.first;
        if let Err(error) = self.seal(first)
            && !is_shortage(&error)
        {
            self.give_up("sealing", error);
        }
    }

    /// Lets the next segment take the place of this one, which starts at `first` and keeps its records under another name.
    ///
    /// An error that is returned has left the segment as it was, unless it is another one than that there is no room.
    pub(super) fn seal(&mut self, first: Sequence) -> io::Result<()> {
        let disk = Arc::clone(self.directory.disk());
        let (file, end) = self.write_next(None)?;
        self.layout.write().renaming = true;
        if let Err(error) = disk.rename(ACTIVE, &sealed_name(first)) {
            if is_shortage(&error) {
                self.layout.write().renaming = false;
                // Whether the removal succeeds does not matter: the next attempt empties the file first.
                let _ = disk.remove(ACTIVE_TMP);
            }
            return Err(error);
        }
        // From here there is no active segment until both renames are durable: no failure is harmless. What is cut off comes
        // last, when nothing depends on it: a start finds it done or does it.
        let renamed = (disk.sync_dir())
            .and_then(|()| rename_durably(&*disk, ACTIVE_TMP, ACTIVE))
            .and_then(|()| trim(&*self.file, self.end));
        renamed.map_err(harmful)?;
        let sealed = Sealed {
            first,
            last: self.head.sequence,
            end: self.end,
        };
        self.layout.write().sealed.push(sealed);
        self.enter(file, end);
        self.indexes.seal();
        Ok(())
    }

    /// Lets a new segment take the place of this one, which has no record.
    ///
    /// An error that is returned has left the segment as it was, unless it is another one than that there is no room.
    pub(super) fn replace(&mut self, replaces: Option<Epoch>) -> io::Result<()> {
        let disk = Arc::clone(self.directory.disk());
        let (file, end) = self.write_next(replaces)?;
        self.layout.write().renaming = true;
        rename_durably(&*disk, ACTIVE_TMP, ACTIVE).map_err(harmful)?;
        self.enter(file, end);
        Ok(())
    }

    /// Writes the next segment aside, durably.
    fn write_next(&mut self, replaces: Option<Epoch>) -> io::Result<(Arc<dyn DiskFile>, u64)> {
        let header = Header {
            epoch: self.epoch,
            before: self.head,
            replaces,
            salvaged: !self.whole,
        };
        let disk = &**self.directory.disk();
        // Looked at twice: neither is anything created in a directory that is somebody else's, nor anything renamed.
        self.check_ours()?;
        let next = create_segment(disk, ACTIVE_TMP, &header)?;
        disk.sync_dir().map_err(harmful)?;
        self.check_ours()?;
        Ok(next)
    }

    /// Goes on in a segment that has no record yet.
    pub(super) fn enter(&mut self, file: Arc<dyn DiskFile>, end: u64) {
        self.file = Arc::clone(&file);
        self.end = end;
        self.overwritten = end + 1;
        self.size = end + 1;
        let mut layout = self.layout.write();
        layout.active = Active {
            file,
            first: self.head.sequence.next(),
            end,
            last: self.head.sequence,
        };
        layout.renaming = false;
    }
}

/// An error after which nobody knows what is there: not even one for want of room is harmless.
fn harmful(error: io::Error) -> io::Error {
    io::Error::other(error)
}
