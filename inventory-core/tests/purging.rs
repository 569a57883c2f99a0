//! What the log gives up, beside those who wait for an answer.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, OnceLock};

use inventory_core::conformance::adjust;
use inventory_core::engine::{Engine, Opened, Reader, Settings};
use inventory_core::machine::{Entry, Head, Request};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{
    AppendError, EventLog, LogReader, Observation, Observer, Ports, StorageError,
};
use inventory_core::vocabulary::{Epoch, Sequence};
use parking_lot::Mutex;

/// What was seen of a log's calls, and what its purges are to answer.
#[derive(Default)]
struct Watch {
    reader: OnceLock<Reader>,
    appends: Mutex<Vec<Option<u64>>>,
    purges: Mutex<Vec<Option<u64>>>,
    fails: Mutex<bool>,
    skipped: Mutex<usize>,
}

impl Watch {
    fn under_way(&self) -> Option<u64> {
        self.reader.get().unwrap().append_under_way()
    }
}

impl Observer for Watch {
    fn observe(&self, observation: &Observation<'_>) {
        if let Observation::PurgeSkipped { reason } = observation {
            assert!(reason.to_string().contains("removing"), "{reason}");
            *self.skipped.lock() += 1;
        }
    }
}

struct Watched {
    log: Box<dyn EventLog>,
    watch: Arc<Watch>,
}

impl EventLog for Watched {
    fn epoch(&self) -> Epoch {
        self.log.epoch()
    }

    fn head(&self) -> Head {
        self.log.head()
    }

    fn append(&mut self, expected: Sequence, entries: &[Arc<Entry>]) -> Result<(), AppendError> {
        self.watch.appends.lock().push(self.watch.under_way());
        self.log.append(expected, entries)
    }

    fn reader(&self) -> Arc<dyn LogReader> {
        self.log.reader()
    }

    fn purge(&mut self, through: Sequence) -> Result<(), StorageError> {
        self.watch.purges.lock().push(self.watch.under_way());
        match *self.watch.fails.lock() {
            true => Err(StorageError::new("removing a segment", "a bad block")),
            false => self.log.purge(through),
        }
    }

    fn restart(&mut self, head: Head, epoch: Epoch) -> Result<(), StorageError> {
        self.log.restart(head, epoch)
    }
}

/// An engine that keeps no more than it needs, and whose first two deliveries a snapshot covers.
fn opened() -> (Arc<Watch>, Opened) {
    let watch = Arc::<Watch>::default();
    let ports = MemoryStorage::new().ports();
    let log = Watched {
        log: ports.log,
        watch: Arc::clone(&watch),
    };
    let ports = Ports {
        log: Box::new(log),
        observer: Arc::clone(&watch) as _,
        ..ports
    };
    let settings = Settings::default().with_retain_events(Some(0));
    let mut opened = Engine::open(ports, settings).unwrap();
    watch.reader.set(opened.engine.reader()).unwrap();
    deliver(&mut opened);
    deliver(&mut opened);
    opened.snapshotter.save().unwrap();
    (watch, opened)
}

fn deliver(opened: &mut Opened) {
    let delivery = Request::unkeyed(vec![adjust("tea", "north", 1)]).unwrap();
    let answers = opened.engine.submit([&delivery]).unwrap();
    assert!(answers[0].is_ok());
}

/// A disk that hung while a segment was removed was seen by nobody: callers waited without end, and the service looked ready.
#[test]
fn a_purge_is_under_way_for_who_watches_the_disk() {
    let (watch, mut opened) = opened();
    deliver(&mut opened);
    let (appends, purges) = (watch.appends.lock().clone(), watch.purges.lock().clone());
    assert_eq!((appends.len(), purges.len()), (3, 1));
    let all: Option<Vec<_>> = appends.into_iter().chain(purges).collect();
    let all = all.expect("each was under way");
    assert!(all.is_sorted_by(|one, next| one < next), "{all:?}");
    assert_eq!(watch.under_way(), None, "nothing is any more");
    assert_eq!(opened.engine.reader().floor(), Sequence::new(2));
}

#[test]
fn a_purge_that_fails_is_said_and_tried_again_with_the_next_group() {
    let (watch, mut opened) = opened();
    *watch.fails.lock() = true;
    deliver(&mut opened);
    deliver(&mut opened);
    assert_eq!((watch.purges.lock().len(), *watch.skipped.lock()), (2, 2));
    assert_eq!(opened.engine.reader().floor(), Sequence::START);
    assert!(!opened.engine.is_stopped());
    *watch.fails.lock() = false;
    deliver(&mut opened);
    assert_eq!((watch.purges.lock().len(), *watch.skipped.lock()), (3, 2));
    assert_eq!(opened.engine.reader().floor(), Sequence::new(2));
}
