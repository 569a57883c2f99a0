//! Adapters over storage that has lost something: a log with gaps, a snapshot that cannot be read.

use std::sync::Arc;

use inventory_core::machine::{Entry, Head};
use inventory_core::ports::{
    AppendError, EventLog, LoadError, Loaded, LogReader, ReadError, Saved, Snapshot, SnapshotStore,
    StorageError,
};
use inventory_core::vocabulary::{Epoch, Sequence};
use parking_lot::Mutex;

#[derive(Debug)]
struct Contents {
    epoch: Epoch,
    whole: bool,
    floor: Sequence,
    head: Head,
    entries: Vec<Arc<Entry>>,
}

/// A log that serves the history it was given, whatever is missing in it. Clones are the same log.
#[derive(Debug, Clone)]
pub(crate) struct GappyLog {
    contents: Arc<Mutex<Contents>>,
}

impl GappyLog {
    /// A log that says it begins after `floor` and ends at `head`.
    pub(crate) fn new(floor: u64, head: Head, entries: &[Arc<Entry>]) -> Self {
        let contents = Contents {
            epoch: Epoch::from_random(0),
            whole: true,
            floor: Sequence::new(floor),
            head,
            entries: entries.to_vec(),
        };
        Self {
            contents: Arc::new(Mutex::new(contents)),
        }
    }

    /// The same log, which says that it has lost something.
    pub(crate) fn knows_of_a_loss(self) -> Self {
        self.contents.lock().whole = false;
        self
    }
}

impl EventLog for GappyLog {
    fn epoch(&self) -> Epoch {
        self.contents.lock().epoch
    }

    fn head(&self) -> Head {
        self.contents.lock().head
    }

    fn is_whole(&self) -> bool {
        self.contents.lock().whole
    }

    fn append(&mut self, expected: Sequence, entries: &[Arc<Entry>]) -> Result<(), AppendError> {
        let mut contents = self.contents.lock();
        let head = contents.head.sequence;
        if expected != head {
            return Err(AppendError::Conflict { head });
        }
        contents.entries.extend(entries.iter().cloned());
        contents.head = entries
            .last()
            .map_or(contents.head, |last| Head::after(last));
        Ok(())
    }

    fn reader(&self) -> Arc<dyn LogReader> {
        Arc::new(self.clone())
    }

    fn purge(&mut self, _through: Sequence) -> Result<(), StorageError> {
        Ok(())
    }

    fn restart(&mut self, head: Head, epoch: Epoch) -> Result<(), StorageError> {
        let mut contents = self.contents.lock();
        if contents.epoch != epoch {
            *contents = Contents {
                epoch,
                whole: true,
                floor: head.sequence,
                head,
                entries: Vec::new(),
            };
        }
        Ok(())
    }
}

impl LogReader for GappyLog {
    fn floor(&self) -> Sequence {
        self.contents.lock().floor
    }

    fn read(&self, after: Sequence, events_max: usize) -> Result<Vec<Arc<Entry>>, ReadError> {
        let contents = self.contents.lock();
        let floor = contents.floor;
        if after < floor {
            return Err(ReadError::Purged { floor });
        }
        let mut events = 0;
        let page = contents.entries.iter().filter(|entry| entry.last() > after);
        let page = page.take_while(|entry| {
            let more = events < events_max;
            events += entry.events.len();
            more
        });
        Ok(page.cloned().collect())
    }
}

/// A snapshot that cannot be loaded until another one replaces it.
pub(crate) struct UnreadableSnapshots<S> {
    pub(crate) store: S,
    pub(crate) error: Option<LoadError>,
}

impl<S: SnapshotStore> SnapshotStore for UnreadableSnapshots<S> {
    fn save(&mut self, snapshot: &Snapshot) -> Result<Saved, StorageError> {
        self.error = None;
        self.store.save(snapshot)
    }

    fn load(&mut self) -> Result<Option<Loaded>, LoadError> {
        self.error.take().map_or_else(|| self.store.load(), Err)
    }
}
