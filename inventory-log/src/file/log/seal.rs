//! How a segment ends and the next one begins.

use std::io;
use std::sync::Arc;

use inventory_core::vocabulary::Sequence;

use super::FileLog;
use crate::file::directory::{ACTIVE, ACTIVE_TMP, sealed_name};
use crate::file::disk::{DiskFile, rename_durably, write_all_at};
use crate::file::header::Header;
use crate::file::segment::{Active, Sealed, create_segment};

impl FileLog {
    /// Starts the next segment, when this one is full. The group that filled it is durable whatever happens here: a full
    /// disk lets the segment grow, anything else shows with the next append.
    pub(super) fn seal_when_full(&mut self) {
        let first = self.layout.read().active.first;
        if self.end < self.options.segment_bytes || self.head.sequence < first {
            return;
        }
        let outcome = self.seal(first);
        if let Err(error) = outcome
            && self.poison.is_none()
        {
            if error.kind() == io::ErrorKind::StorageFull {
                // Whether the removal succeeds does not matter: the next attempt empties the file first.
                let _ = self.directory.disk.remove(ACTIVE_TMP);
            } else {
                self.give_up("sealing", error);
            }
        }
    }

    /// An error that is returned has left the segment as it was.
    fn seal(&mut self, first: Sequence) -> io::Result<()> {
        let header = Header {
            epoch: self.epoch,
            before: self.head,
            replaces: None,
        };
        let name = sealed_name(first);
        let disk = Arc::clone(&self.directory.disk);
        let (file, end) = create_segment(&*disk, ACTIVE_TMP, &header)?;
        self.end_with_newline()?;
        if let Err(error) = disk.sync_dir().and_then(|()| self.trim()) {
            self.give_up("sealing", error);
            return Ok(());
        }
        disk.rename(ACTIVE, &name)?;
        // From here there is no active segment until both renames are durable: no failure is harmless.
        let renamed = disk
            .sync_dir()
            .and_then(|()| rename_durably(&*disk, ACTIVE_TMP, ACTIVE));
        if let Err(error) = renamed {
            self.give_up("sealing", error);
            return Ok(());
        }
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

    /// Goes on in a segment that has no record yet.
    pub(super) fn enter(&mut self, file: Arc<dyn DiskFile>, end: u64) {
        self.file = Arc::clone(&file);
        self.end = end;
        self.overwritten = end + 1;
        self.size = end + 1;
        self.layout.write().active = Active {
            file,
            first: self.head.sequence.next(),
            end,
            last: self.head.sequence,
        };
    }

    fn end_with_newline(&mut self) -> io::Result<()> {
        if self.overwritten <= self.end {
            write_all_at(&*self.file, b"\n", self.end)?;
            self.overwritten = self.end + 1;
        }
        Ok(())
    }

    /// Cuts the reserve off, so that a closed segment is lines and nothing else.
    pub(super) fn trim(&mut self) -> io::Result<()> {
        if self.size == self.end + 1 {
            return Ok(());
        }
        self.end_with_newline()?;
        self.file.set_len(self.end + 1)?;
        self.file.sync_data()?;
        self.size = self.end + 1;
        self.overwritten = self.size;
        Ok(())
    }
}
