//! A past of six events, and storage that has lost some of it.

use std::sync::Arc;

use inventory_core::conformance::{History, adjust, count};
use inventory_core::engine::{Loss, OpenError};
use inventory_core::machine::Entry;
use inventory_core::machine::replica::Image;
use inventory_core::memory::MemoryStorage;
use inventory_core::ports::{EventLog, Ports, Snapshot, SnapshotStore};
use inventory_core::vocabulary::{Epoch, Sequence};

use crate::broken::GappyLog;
use crate::world::{letters, open, request};

/// Six entries of one event each: tea at 1, 2 and 4, rice at 3, 5 and 6.
pub(crate) fn six() -> (Vec<Arc<Entry>>, Image) {
    let mut history = History::new();
    let lines = [
        count("tea", "north", 10),
        adjust("tea", "north", -1),
        count("rice", "north", 5),
        adjust("tea", "north", -1),
        adjust("rice", "north", -1),
        adjust("rice", "north", -1),
    ];
    let entries = lines.into_iter().enumerate().map(|(at, line)| {
        let key = format!("key-{}", at + 1);
        history.write(&request(&key, vec![line]))
    });
    let entries = entries.collect();
    (entries, history.ledger().freeze())
}

/// The ledger after some entries.
pub(crate) fn image(entries: &[Arc<Entry>]) -> Image {
    let mut history = History::new();
    for entry in entries {
        history.follow(entry);
    }
    history.ledger().freeze()
}

/// Makes an image the snapshot.
pub(crate) fn save(storage: &MemoryStorage, image: Image) {
    let snapshot = Snapshot {
        epoch: Epoch::from_random(0),
        replaces: None,
        image,
    };
    storage
        .snapshots()
        .save(&snapshot)
        .expect("memory never fails");
}

/// Storage whose log is another one.
pub(crate) fn ports(storage: &MemoryStorage, log: &GappyLog) -> Ports {
    Ports {
        log: Box::new(log.clone()),
        ..storage.ports()
    }
}

/// Refused as damage, with nothing written down and the log as it was.
pub(crate) fn expect_refused(storage: &MemoryStorage, log: &GappyLog) -> OpenError {
    let (epoch, head) = (log.epoch(), log.head());
    let refused = open(ports(storage, log)).expect_err("the log is damaged");
    assert!(refused.is_damage(), "{refused:?}");
    assert_eq!((log.epoch(), log.head()), (epoch, head));
    assert_eq!(letters(storage), []);
    refused
}

pub(crate) fn loss(after: u64, before: u64) -> Loss {
    Loss {
        after: Sequence::new(after),
        before: Sequence::new(before),
    }
}
