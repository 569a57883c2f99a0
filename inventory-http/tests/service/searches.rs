//! Searches of the past that take long: who gives up, and who has to wait.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use inventory_core::machine::{Entry, Head};
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{
    AppendError, EntryFilter, EventLog, Excerpt, LogReader, Ports, ReadError, StorageError, Wanted,
};
use inventory_core::vocabulary::{Epoch, Sequence};

use crate::client::Client;
use crate::world::{World, settings};

/// As many as run at once.
const SEARCHES_MAX: usize = 4;

/// Longer than any answer takes.
const FOREVER: Duration = Duration::from_secs(30);

/// What becomes of a search.
#[derive(Debug, PartialEq, Eq)]
enum Search {
    /// The log is prepared for searches, at the start.
    Prepared,
    Begun,
    GivenUp,
}

/// A log that looks for what has happened for as long as somebody waits.
struct Endless {
    log: Box<dyn EventLog>,
    told: Sender<Search>,
}

impl EventLog for Endless {
    fn epoch(&self) -> Epoch {
        self.log.epoch()
    }

    fn head(&self) -> Head {
        self.log.head()
    }

    fn is_whole(&self) -> bool {
        self.log.is_whole()
    }

    fn append(&mut self, expected: Sequence, entries: &[Arc<Entry>]) -> Result<(), AppendError> {
        self.log.append(expected, entries)
    }

    fn reader(&self) -> Arc<dyn LogReader> {
        Arc::new(EndlessReader {
            reader: self.log.reader(),
            told: self.told.clone(),
        })
    }

    fn purge(&mut self, through: Sequence) -> Result<(), StorageError> {
        self.log.purge(through)
    }

    fn restart(&mut self, head: Head, epoch: Epoch) -> Result<(), StorageError> {
        self.log.restart(head, epoch)
    }
}

struct EndlessReader {
    reader: Arc<dyn LogReader>,
    told: Sender<Search>,
}

impl LogReader for EndlessReader {
    fn floor(&self) -> Sequence {
        self.reader.floor()
    }

    fn read(&self, after: Sequence, events_max: usize) -> Result<Vec<Arc<Entry>>, ReadError> {
        self.reader.read(after, events_max)
    }

    fn prepare(&self, wanted: &Wanted) -> Result<(), ReadError> {
        self.told.send(Search::Prepared).unwrap();
        self.until_given_up(wanted)
    }

    fn filtered(
        &self,
        _filter: &EntryFilter,
        _through: Sequence,
        _entries_max: usize,
        wanted: &Wanted,
    ) -> Result<Vec<Excerpt>, ReadError> {
        self.told.send(Search::Begun).unwrap();
        self.until_given_up(wanted)
    }
}

impl EndlessReader {
    fn until_given_up<T>(&self, wanted: &Wanted) -> Result<T, ReadError> {
        loop {
            if let Err(error) = wanted.check() {
                self.told.send(Search::GivenUp).unwrap();
                return Err(error);
            }
            std::thread::yield_now();
        }
    }
}

/// A service whose histories have no end, and what becomes of them.
fn endless() -> (World, Receiver<Search>) {
    let (told, searches) = channel();
    let storage = MemoryStorage::new();
    let log = Box::new(storage.log());
    let ports = Ports {
        log: Box::new(Endless { log, told }),
        ..storage.ports()
    };
    let world = World::on(ports, &settings(&[]));
    assert_eq!(searches.recv_timeout(FOREVER), Ok(Search::Prepared));
    // What prepares goes on meanwhile.
    world.adjust("tea", "north", 1, "k1");
    (world, searches)
}

/// Asks for a history, which begins.
fn asked(world: &World, searches: &Receiver<Search>) -> Client {
    let mut client = world.client();
    let head = "GET /history?productId=tea HTTP/1.1\r\nHost: localhost\r\nX-API-Key: demo\r\n\r\n";
    client.send(head.as_bytes());
    assert_eq!(searches.recv_timeout(FOREVER), Ok(Search::Begun));
    client
}

#[test]
fn a_search_ends_when_its_caller_has_gone() {
    let (world, searches) = endless();
    let client = asked(&world, &searches);
    drop(client);
    assert_eq!(searches.recv_timeout(FOREVER), Ok(Search::GivenUp));
}

#[test]
fn a_start_that_prepares_for_searches_ends_with_the_service() {
    let (world, searches) = endless();
    assert_eq!(world.stop(), Ok(()));
    assert_eq!(searches.recv_timeout(FOREVER), Ok(Search::GivenUp));
}

#[test]
fn beyond_so_many_searches_the_next_one_is_refused_for_now() {
    let (world, searches) = endless();
    let running: Vec<_> = (0..SEARCHES_MAX)
        .map(|_| asked(&world, &searches))
        .collect();
    let refused = world.get("/history?productId=tea");
    assert_eq!(refused.error().0, 503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    // What needs no search is served.
    assert_eq!(world.get("/inventory/tea").status, 200);
    drop(running);
    for _ in 0..SEARCHES_MAX {
        assert_eq!(searches.recv_timeout(FOREVER), Ok(Search::GivenUp));
    }
    drop(asked(&world, &searches));
}
