//! Directories in good health, and all that was ever true in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use inventory_core::conformance::{adjust, count};
use inventory_core::engine::{Engine, Opened, Recovery, Settings};
use inventory_core::machine::replica::{Image, apply};
use inventory_core::machine::{Entry, Ledger, Request};
use inventory_core::ports::Ports;
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{Sequence, Timestamp};
use inventory_log::file::{FileOptions, FileStore, open_on};
use inventory_log::testing::SimDisk;

/// Segments of a few records, so that a directory has several and stays small.
const FILES: FileOptions = FileOptions::new()
    .with_segment_bytes(1_500)
    .with_reserve_bytes(700)
    .with_prefill_bytes(300);

/// A directory that no program has open.
pub(crate) struct Directory {
    pub(crate) disk: SimDisk,
    pub(crate) settings: Settings,
    pub(crate) head: Sequence,
    /// The ledger after each entry, by its position.
    pub(crate) images: BTreeMap<Sequence, Image>,
    /// The entries, by their first position.
    pub(crate) entries: BTreeMap<Sequence, Arc<Entry>>,
}

/// How a directory came to be.
struct Past {
    retain_events: Option<u64>,
    /// Groups after which a snapshot is saved.
    saved_after: &'static [usize],
    killed: bool,
}

/// The directories that are damaged: closed in good order; killed; killed, and with a past that was given up; killed so
/// early that there is one segment.
pub(crate) fn directories() -> Vec<Directory> {
    let past = |retain_events, saved_after, killed| Past {
        retain_events,
        saved_after,
        killed,
    };
    vec![
        past(None, &[4], false).live(9),
        past(None, &[4], true).live(9),
        past(Some(4), &[3, 7], true).live(9),
        past(None, &[1], true).live(2),
    ]
}

pub(crate) fn files(recovery: Recovery) -> FileOptions {
    FILES.with_recovery(recovery)
}

pub(crate) fn clock() -> ManualClock {
    ManualClock::at(Timestamp::UNIX_EPOCH)
}

/// The ports of a store, with a clock that makes every run of an input the same.
pub(crate) fn ports(store: FileStore) -> Ports {
    let clock = Arc::new(clock());
    Ports {
        clock,
        ..store.into_ports()
    }
}

impl Past {
    fn live(&self, groups: usize) -> Directory {
        let settings = Settings::default().with_retain_events(self.retain_events);
        let disk = SimDisk::new(9);
        let store =
            open_on(Arc::new(disk.clone()), &clock(), FILES).expect("a new directory is opened");
        let Opened {
            mut engine,
            mut snapshotter,
            ..
        } = Engine::open(ports(store), settings).expect("a new directory is in good health");
        let mut ledger = Ledger::new(settings.window);
        let mut images = BTreeMap::from([(Sequence::START, ledger.freeze())]);
        let mut entries = BTreeMap::new();
        for group in 1..=groups {
            let answers = engine
                .submit(&requests(group))
                .expect("a healthy disk takes a group");
            for receipt in answers
                .into_iter()
                .flatten()
                .filter(|receipt| !receipt.replayed)
            {
                apply(&mut ledger, &receipt.entry).expect("an engine continues its own log");
                images.insert(receipt.entry.last(), ledger.freeze());
                entries.insert(receipt.entry.first, receipt.entry);
            }
            if self.saved_after.contains(&group) {
                snapshotter.save().expect("a healthy disk takes a snapshot");
            }
        }
        let next = self.killed.then(|| disk.kill());
        // What a process that was killed would still like to write does not reach the disk.
        drop((engine, snapshotter));
        Directory {
            disk: next.unwrap_or(disk).fork(),
            settings,
            head: ledger.head().sequence,
            images,
            entries,
        }
    }
}

/// Requests of one and of several lines, with and without a key, one of them refused and one repeated.
fn requests(group: usize) -> Vec<Request> {
    let key = format!("basket-{group}")
        .parse()
        .expect("the key is plain text");
    let sale = vec![
        adjust("tea", "north", -1),
        adjust("rice, long grain", "south", -2),
    ];
    let sale = Request::new(key, sale).expect("a request of two lines");
    let alone = |command| Request::unkeyed(vec![command]).expect("a request of one line");
    match group {
        1 => vec![
            alone(count("tea", "north", 40)),
            alone(count("rice, long grain", "south", 50)),
        ],
        _ if group.is_multiple_of(3) => vec![sale.clone(), alone(adjust("tea", "south", 5)), sale],
        _ => vec![sale, alone(adjust("tea", "nowhere", -1))],
    }
}
