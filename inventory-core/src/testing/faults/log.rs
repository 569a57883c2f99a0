//! A log that fails on demand.

use std::sync::Arc;

use parking_lot::Mutex;

use super::plan::{AppendFault, Call, Fault, Faults};
use crate::machine::{Entry, Head};
use crate::ports::{AppendError, EventLog, LogReader, ReadError, StorageError};
use crate::vocabulary::{Epoch, Sequence};

/// Wraps a log. After an unknown outcome it is poisoned, and shows nothing above the head that it then had: what the
/// log below holds of the group is for the next one to open it.
pub(super) struct FaultyLog {
    log: Box<dyn EventLog>,
    faults: Faults,
    poisoned_at: Arc<Mutex<Option<Head>>>,
}

impl FaultyLog {
    pub(super) fn new(log: Box<dyn EventLog>, faults: Faults) -> Self {
        Self {
            log,
            faults,
            poisoned_at: Arc::default(),
        }
    }

    fn fail(
        &mut self,
        fault: AppendFault,
        expected: Sequence,
        entries: &[Arc<Entry>],
    ) -> AppendError {
        match fault {
            AppendFault::Conflict => {
                let head = self.log.head().sequence;
                AppendError::Conflict { head }
            }
            AppendFault::NotWritten => AppendError::NotWritten {
                cause: Fault.into(),
            },
            AppendFault::OutcomeUnknown { durable } => {
                // Before the append: a reader on another thread must not see what it brings.
                *self.poisoned_at.lock() = Some(self.log.head());
                let durable = &entries[..durable.min(entries.len())];
                match self.log.append(expected, durable) {
                    Ok(()) => unknown(),
                    Err(error) => error,
                }
            }
        }
    }
}

fn unknown() -> AppendError {
    AppendError::OutcomeUnknown {
        cause: Fault.into(),
    }
}

impl EventLog for FaultyLog {
    fn epoch(&self) -> Epoch {
        self.log.epoch()
    }

    fn is_whole(&self) -> bool {
        self.log.is_whole()
    }

    fn head(&self) -> Head {
        let poisoned_at = *self.poisoned_at.lock();
        poisoned_at.unwrap_or_else(|| self.log.head())
    }

    fn append(&mut self, expected: Sequence, entries: &[Arc<Entry>]) -> Result<(), AppendError> {
        let fault = self.faults.next_append();
        if self.poisoned_at.lock().is_some() {
            return Err(unknown());
        }
        match fault {
            Some(fault) => Err(self.fail(fault, expected, entries)),
            None => self.log.append(expected, entries),
        }
    }

    fn reader(&self) -> Arc<dyn LogReader> {
        Arc::new(FaultyReader {
            reader: self.log.reader(),
            faults: self.faults.clone(),
            poisoned_at: Arc::clone(&self.poisoned_at),
        })
    }

    fn purge(&mut self, through: Sequence) -> Result<(), StorageError> {
        if self.faults.next(Call::Purge) {
            return Err(Fault::while_doing("purging the log"));
        }
        self.log.purge(through)
    }

    fn restart(&mut self, head: Head, epoch: Epoch) -> Result<(), StorageError> {
        if self.faults.next(Call::Restart) {
            return Err(Fault::while_doing("restarting the log"));
        }
        self.log.restart(head, epoch)
    }
}

struct FaultyReader {
    reader: Arc<dyn LogReader>,
    faults: Faults,
    poisoned_at: Arc<Mutex<Option<Head>>>,
}

impl LogReader for FaultyReader {
    fn floor(&self) -> Sequence {
        self.reader.floor()
    }

    fn read(&self, after: Sequence, events_max: usize) -> Result<Vec<Arc<Entry>>, ReadError> {
        if self.faults.next(Call::Read) {
            return Err(ReadError::Failed(Fault::while_doing("reading the log")));
        }
        let mut page = self.reader.read(after, events_max)?;
        // After the read: what it has brought was durable before the log was poisoned, or is hidden here.
        if let Some(head) = *self.poisoned_at.lock() {
            page.retain(|entry| entry.last() <= head.sequence);
        }
        Ok(page)
    }
}
