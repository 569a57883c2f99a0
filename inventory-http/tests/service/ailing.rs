//! A log that can be read, and says nothing beside.

use std::sync::Arc;
use std::time::{Duration, Instant};

use inventory_core::machine::{Entry, Head};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{
    AppendError, EventLog, LogReader, Ports, ReadError, StorageError, Wanted,
};
use inventory_core::vocabulary::{Epoch, Sequence};

use crate::lines::{listen, logged};
use crate::world::{World, settings};

struct Ailing(Box<dyn EventLog>);

struct AilingReader(Arc<dyn LogReader>);

impl EventLog for Ailing {
    fn epoch(&self) -> Epoch {
        self.0.epoch()
    }

    fn head(&self) -> Head {
        self.0.head()
    }

    fn append(&mut self, expected: Sequence, entries: &[Arc<Entry>]) -> Result<(), AppendError> {
        self.0.append(expected, entries)
    }

    fn reader(&self) -> Arc<dyn LogReader> {
        Arc::new(AilingReader(self.0.reader()))
    }

    fn purge(&mut self, through: Sequence) -> Result<(), StorageError> {
        self.0.purge(through)
    }

    fn restart(&mut self, head: Head, epoch: Epoch) -> Result<(), StorageError> {
        self.0.restart(head, epoch)
    }
}

impl LogReader for AilingReader {
    fn floor(&self) -> Sequence {
        self.0.floor()
    }

    fn read(&self, after: Sequence, events_max: usize) -> Result<Vec<Arc<Entry>>, ReadError> {
        self.0.read(after, events_max)
    }

    fn bytes_after(&self, _: Sequence) -> Result<u64, ReadError> {
        Err(ailment("measuring"))
    }

    fn prepare(&self, _: &Wanted) -> Result<(), ReadError> {
        Err(ailment("indexing"))
    }
}

fn ailment(operation: &str) -> ReadError {
    ReadError::Failed(StorageError::new(operation, "an ailment"))
}

/// Whether a line says so, with what has ailed.
fn is_said(text: &str, operation: &str) -> bool {
    let lines = logged();
    let parts = ["WARN", text, operation, "an ailment"];
    lines
        .lines()
        .any(|line| parts.iter().all(|part| line.contains(part)))
}

#[test]
fn a_log_that_cannot_be_indexed_or_measured_is_said_and_searched_and_saved_all_the_same() {
    listen();
    let storage = MemoryStorage::new();
    let ports = storage.ports();
    let ports = Ports {
        log: Box::new(Ailing(ports.log)),
        ..ports
    };
    let world = World::on(ports, &settings(&[]));
    let begun = Instant::now();
    let indexing = "questions about the past have to read more of the log: it cannot be indexed";
    while !is_said(indexing, "indexing") {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", logged());
    }
    world.adjust("tea", "north", 1, "k1");
    world.adjust("tea", "north", 2, "k2");
    assert_eq!(world.get("/inventory/tea?asOf=1").json()["available"], 1);
    assert_eq!(world.stop(), Ok(()));
    assert!(is_said(
        "the log does not say how much it has grown",
        "measuring"
    ));
    let mut snapshots = storage.ports().snapshots;
    assert!(snapshots.load().unwrap().is_some(), "it was saved");
}
