//! Event log, as the engine sees it: appends to the active segment, and seals the segment when it is full.

mod group;
mod purge;
mod seal;
mod settle;
#[cfg(all(test, feature = "testing"))]
mod tests;
mod unsettled;

use std::io;
use std::mem;
use std::sync::Arc;

use inventory_core::defect;
use inventory_core::machine::{Entry, Head};
use inventory_core::ports::{AppendError, EventLog, LogReader, StorageError};
use inventory_core::vocabulary::{Epoch, Sequence};
use parking_lot::RwLock;

use crate::disk::{Directory, DiskFile, is_shortage, write_all_at, write_some};
use crate::file::dead_letters::FileDeadLetters;
use crate::file::header::Header;
use crate::file::index::Indexes;
use crate::file::names::ACTIVE;
use crate::file::options::FileOptions;
use crate::file::reader::{FileLogReader, Places};
use crate::file::restart;
use crate::file::segment::{Active, Layout, trim};

pub(super) use unsettled::{Next, Unsettled};

use group::Group;

/// Padding that a group leaves at the end of the file. One byte more than a closed log has, so that whatever a power cut
/// leaves of a group is never taken for the end of a log that was closed in good order.
const PADDING_BYTES_MIN: u64 = 2;

/// A log of JSON lines in segments.
///
/// ```text
///  active segment:   header │ record │ ... │ record │ newlines ... │ zeros ...        │
///                                                  end          overwritten          size
/// ```
///
/// **Invariants**: `end < overwritten.max(end + 1) <= size`; the length `size` is durable, and so is everything below
/// `end`; a group is only ever written between `end` and `size`.
#[derive(Debug)]
pub struct FileLog {
    directory: Directory,
    dead_letters: FileDeadLetters,
    options: FileOptions,
    layout: Arc<RwLock<Layout>>,
    indexes: Arc<Indexes>,
    places: Arc<Places>,
    epoch: Epoch,
    head: Head,
    file: Arc<dyn DiskFile>,
    end: u64,
    overwritten: u64,
    size: u64,
    whole: bool,
    /// What the start has left to be done before anything is appended, since the disk was full.
    unsettled: Option<Unsettled>,
    /// Why nothing may be appended any more.
    poison: Option<String>,
    group: Group,
}

/// The active segment as it was found, and everything before it.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) epoch: Epoch,
    pub(super) head: Head,
    pub(super) layout: Layout,
    pub(super) size: u64,
    /// Whether nothing that was acknowledged is missing.
    pub(super) whole: bool,
    pub(super) unsettled: Unsettled,
}

impl FileLog {
    pub(super) fn new(
        directory: Directory,
        dead_letters: FileDeadLetters,
        options: FileOptions,
        opened: Opened,
    ) -> Self {
        let Active { file, end, .. } = opened.layout.active.clone();
        let layout = Arc::new(RwLock::new(opened.layout));
        let disk = Arc::clone(directory.disk());
        Self {
            directory,
            dead_letters,
            options,
            indexes: Arc::new(Indexes::new(disk, Arc::clone(&layout))),
            places: Arc::default(),
            layout,
            epoch: opened.epoch,
            head: opened.head,
            file,
            end,
            overwritten: end + 1,
            size: opened.size,
            whole: opened.whole,
            unsettled: opened.unsettled.if_any(),
            poison: None,
            group: Group::default(),
        }
    }

    /// The indexes of its segments, for who may write them beside the writer.
    pub(super) fn indexes(&self) -> Arc<Indexes> {
        Arc::clone(&self.indexes)
    }

    /// The segments, for who looks whether the directory is still ours.
    pub(super) fn layout(&self) -> Arc<RwLock<Layout>> {
        Arc::clone(&self.layout)
    }

    /// What [`EventLog::append`] does.
    fn append_group(
        &mut self,
        expected: Sequence,
        entries: &[Arc<Entry>],
    ) -> Result<(), AppendError> {
        if let Some(poison) = &self.poison
            && !defect!(PoisonIgnored)
        {
            return Err(AppendError::OutcomeUnknown {
                cause: format!("an earlier operation failed ({poison}): open the log again").into(),
            });
        }
        if expected != self.head.sequence {
            return Err(AppendError::Conflict {
                head: self.head.sequence,
            });
        }
        let Some(last) = entries.last() else {
            return Ok(());
        };
        if let Err(error) = self.check_ours() {
            let overtaken = self.layout.read().overtaken;
            return Err(match overtaken {
                true => self.give_up("appending to", error),
                false => not_written(error),
            });
        }
        self.settle()?;
        let first = expected.next();
        debug_assert_eq!(
            entries[0].first, first,
            "the engine gives positions that follow the head"
        );
        self.group.encode(entries, first, self.end);
        let group_bytes = self.group.bytes.len() as u64;
        let end = self.end + group_bytes;
        if end + PADDING_BYTES_MIN > self.size {
            self.reserve(group_bytes)?;
        }
        // Blocks that were written before are synced at half the price. A group that is larger than what would be
        // prepared pays for its own bytes anyway.
        if end > self.overwritten && group_bytes < self.options.prefill_bytes {
            let prepared = (end + self.options.prefill_bytes).min(self.size);
            let prepared = (prepared - self.end) as usize;
            self.group.bytes.resize(prepared, b'\n');
        }
        self.write()?;
        self.sync()?;

        self.end = end;
        self.head = Head::after(last);
        // Whoever learns of the new end finds it indexed.
        self.indexes.feed(entries, &self.group.offsets);
        {
            let mut layout = self.layout.write();
            layout.active.end = end;
            layout.active.last = self.head.sequence;
        }
        self.seal_when_full();
        Ok(())
    }

    /// Makes room for a group, and for those after it if they fit.
    fn reserve(&mut self, group_bytes: u64) -> Result<(), AppendError> {
        let needed = group_bytes + PADDING_BYTES_MIN;
        let step = self.options.reserve_bytes.max(8 * group_bytes);
        match self.grow(needed + step) {
            Err(AppendError::NotWritten { .. }) => self.grow(needed),
            grown => grown,
        }
    }

    /// Makes the file longer, up to `more` bytes of zeros after its end, durably, before anything is written there.
    fn grow(&mut self, more: u64) -> Result<(), AppendError> {
        let size = self.end + more;
        if let Err(error) = self.file.extend(self.size, size) {
            if is_shortage(&error) {
                // A part of the room may have been reserved, which others need now.
                let _ = self.file.cut(self.size);
                return Err(not_written(error));
            }
            return Err(self.give_up("reserving room in", error));
        }
        if !defect!(ReserveNotSynced) {
            self.sync()?;
        }
        self.size = size;
        Ok(())
    }

    fn sync(&mut self) -> Result<(), AppendError> {
        if defect!(AcknowledgeBeforeSync) {
            return Ok(());
        }
        let mut synced = self.file.sync_data();
        if defect!(RetryFailedSync) {
            synced = synced.or_else(|_| self.file.sync_data());
        }
        if defect!(IgnoreFailedSync) {
            return Ok(());
        }
        synced.map_err(|error| self.give_up("syncing", error))
    }

    /// Writes the buffer at the end. A disk that fills up meanwhile leaves nothing of it.
    fn write(&mut self) -> Result<(), AppendError> {
        let mut written = 0;
        while let rest @ [_, ..] = &self.group.bytes[written..] {
            match write_some(&*self.file, rest, self.end + written as u64) {
                Ok(more) => written += more,
                Err(error) if is_shortage(&error) => {
                    return Err(self.roll_back(written, error));
                }
                Err(error) => return Err(self.give_up("writing", error)),
            }
        }
        self.overwritten = self.overwritten.max(self.end + written as u64);
        Ok(())
    }

    /// Overwrites the first `written` bytes of a group with padding.
    fn roll_back(&mut self, written: usize, cause: io::Error) -> AppendError {
        if written == 0 || defect!(FullDiskNotRolledBack) {
            return not_written(cause);
        }
        let padding = vec![b'\n'; written];
        if let Err(error) = write_all_at(&*self.file, &padding, self.end) {
            return self.give_up("taking back a half-written group in", error);
        }
        match self.sync() {
            Ok(()) => not_written(cause),
            Err(unknown) => unknown,
        }
    }

    /// Appends no more: what is in the file can only be told by opening it again.
    fn give_up(&mut self, operation: &str, error: io::Error) -> AppendError {
        let error = StorageError::new(format!("{operation} {ACTIVE}"), error);
        self.poison = Some(format!("{error}: {}", error.cause));
        AppendError::OutcomeUnknown {
            cause: error.into(),
        }
    }
}

impl EventLog for FileLog {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn head(&self) -> Head {
        self.head
    }

    fn is_whole(&self) -> bool {
        self.whole
    }

    fn append(&mut self, expected: Sequence, entries: &[Arc<Entry>]) -> Result<(), AppendError> {
        let appended = self.append_group(expected, entries);
        self.group.give_back();
        appended
    }

    fn reader(&self) -> Arc<dyn LogReader> {
        Arc::new(FileLogReader::new(
            Arc::clone(self.directory.disk()),
            Arc::clone(&self.layout),
            Arc::clone(&self.indexes),
            Arc::clone(&self.places),
        ))
    }

    fn purge(&mut self, through: Sequence) -> Result<(), StorageError> {
        self.purge_oldest(through)
    }

    fn restart(&mut self, head: Head, epoch: Epoch) -> Result<(), StorageError> {
        if (self.head, self.epoch) == (head, epoch) {
            return Ok(());
        }
        if let Some(poison) = &self.poison {
            return Err(StorageError::new("restarting the log", poison.clone()));
        }
        if let Err(error) = self.settle() {
            return Err(StorageError::new("restarting the log", error));
        }
        let header = Header {
            epoch,
            before: head,
            replaces: Some(self.epoch),
            salvaged: false,
        };
        let ours = self.check_ours();
        let restarted = ours.and_then(|()| restart::restart(&**self.directory.disk(), &header));
        let (file, end) = restarted.map_err(|error| {
            // The old segments may be aside already.
            self.give_up("restarting", error);
            StorageError::new(
                "restarting the log",
                self.poison.clone().unwrap_or_default(),
            )
        })?;
        self.epoch = epoch;
        self.head = head;
        self.whole = true;
        let sealed = {
            let mut layout = self.layout.write();
            layout.floor = head.sequence;
            layout.gaps = false;
            layout.generation += 1;
            mem::take(&mut layout.sealed)
        };
        self.enter(file, end);
        self.indexes.restart(&sealed);
        self.places.clear();
        Ok(())
    }
}

impl Drop for FileLog {
    fn drop(&mut self) {
        let settled = self.poison.is_none() && self.unsettled.is_none();
        if settled && self.size > self.end + 1 && self.check_ours().is_ok() {
            // A log that could not be trimmed is opened like one whose process was killed.
            let _ = trim(&*self.file, self.end);
        }
    }
}

fn not_written(error: io::Error) -> AppendError {
    let error = StorageError::new(format!("writing {ACTIVE}"), error);
    AppendError::NotWritten {
        cause: error.into(),
    }
}
