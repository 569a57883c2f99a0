//! What the suite needs of an adapter, and what its tests have in common.

use std::sync::Arc;

use crate::machine::Entry;
use crate::ports::{EventLog, LogReader};
use crate::vocabulary::Sequence;

/// How an append is made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// With [`AppendError::NotWritten`](crate::ports::AppendError), as on a full disk.
    NotWritten,
    /// With [`AppendError::OutcomeUnknown`](crate::ports::AppendError), as when a sync fails.
    OutcomeUnknown,
}

/// Sets a log up for the suite. Its storage is its own, empty at first, and goes when the harness is dropped.
pub trait Harness: Sync {
    /// Opens the log; again, once what was opened before is dropped.
    fn open(&self) -> Box<dyn EventLog>;

    /// Opens the log while another handle is open, if the adapter can; the default is that a lock forbids it.
    fn open_beside(&self) -> Option<Box<dyn EventLog>> {
        None
    }

    /// Lets the next append fail. Returns whether the adapter can be made to; the default is that it cannot.
    fn fail_next_append(&self, fault: Fault) -> bool {
        let _ = fault;
        false
    }
}

pub(super) fn append(log: &mut dyn EventLog, entries: &[Arc<Entry>]) {
    let expected = log.head().sequence;
    log.append(expected, entries)
        .expect("healthy storage takes an append at the head");
}

/// Everything after a position, page by page.
pub(super) fn read_all(reader: &dyn LogReader, after: Sequence) -> Vec<Arc<Entry>> {
    let mut entries: Vec<Arc<Entry>> = Vec::new();
    loop {
        let position = entries.last().map_or(after, |last| last.last());
        let page = reader.read(position, 5).expect("healthy storage reads");
        let Some(last) = page.last() else {
            return entries;
        };
        assert!(last.last() > position, "a page moves on from {position}");
        entries.extend(page);
    }
}

pub(super) fn contents(log: &dyn EventLog) -> Vec<Arc<Entry>> {
    read_all(&*log.reader(), Sequence::START)
}
