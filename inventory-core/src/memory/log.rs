//! A log in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::machine::{Entry, Head};
use crate::ports::{AppendError, EventLog, LogReader, ReadError, StorageError};
use crate::vocabulary::{Epoch, Sequence};

/// What the log holds.
///
/// **Invariant**: the positions of `entries` are contiguous from `floor` to `head`.
#[derive(Debug)]
pub(super) struct Contents {
    epoch: Epoch,
    floor: Sequence,
    entries: VecDeque<Arc<Entry>>,
    head: Head,
}

impl Contents {
    pub(super) fn new(epoch: Epoch) -> Self {
        Self {
            epoch,
            floor: Sequence::START,
            entries: VecDeque::new(),
            head: Head::default(),
        }
    }
}

/// A log in memory. *Durable* means: in its [`MemoryStorage`](super::MemoryStorage).
#[derive(Debug)]
pub struct MemoryLog {
    contents: Arc<RwLock<Contents>>,
}

impl MemoryLog {
    pub(super) fn new(contents: Arc<RwLock<Contents>>) -> Self {
        Self { contents }
    }
}

impl EventLog for MemoryLog {
    fn epoch(&self) -> Epoch {
        self.contents.read().epoch
    }

    fn head(&self) -> Head {
        self.contents.read().head
    }

    fn append(&mut self, expected: Sequence, entries: &[Arc<Entry>]) -> Result<(), AppendError> {
        let mut contents = self.contents.write();
        let head = contents.head.sequence;
        if expected != head {
            return Err(AppendError::Conflict { head });
        }

        // From here it must succeed.
        for entry in entries {
            assert_eq!(
                entry.first,
                contents.head.sequence.next(),
                "the positions of a group follow the head that it expects"
            );
            contents.head = Head::after(entry);
            contents.entries.push_back(Arc::clone(entry));
        }
        Ok(())
    }

    fn reader(&self) -> Arc<dyn LogReader> {
        let contents = Arc::clone(&self.contents);
        Arc::new(MemoryLogReader { contents })
    }

    fn purge(&mut self, through: Sequence) -> Result<(), StorageError> {
        let contents = &mut *self.contents.write();
        while let Some(oldest) = contents.entries.front()
            && oldest.last() <= through
        {
            contents.floor = oldest.last();
            contents.entries.pop_front();
        }
        Ok(())
    }

    /// What the log held is dropped: memory has no other place to set it aside.
    fn restart(&mut self, head: Head, epoch: Epoch) -> Result<(), StorageError> {
        let mut contents = self.contents.write();
        // The epoch says that this has been done.
        if contents.epoch != epoch {
            *contents = Contents {
                epoch,
                floor: head.sequence,
                entries: VecDeque::new(),
                head,
            };
        }
        Ok(())
    }
}

/// Reads a [`MemoryLog`].
#[derive(Debug)]
pub struct MemoryLogReader {
    contents: Arc<RwLock<Contents>>,
}

impl LogReader for MemoryLogReader {
    fn floor(&self) -> Sequence {
        self.contents.read().floor
    }

    fn read(&self, after: Sequence, events_max: usize) -> Result<Vec<Arc<Entry>>, ReadError> {
        let contents = self.contents.read();
        let floor = contents.floor;
        if after < floor {
            return Err(ReadError::Purged { floor });
        }
        let first = contents
            .entries
            .partition_point(|entry| entry.last() <= after);
        let mut events = 0;
        let mut page = Vec::new();
        for entry in contents.entries.range(first..) {
            page.push(Arc::clone(entry));
            events += entry.events.len();
            if events >= events_max {
                break;
            }
        }
        Ok(page)
    }
}
