//! Indexed searches find what reading the whole log finds, whatever happens to the index files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod files;
mod random;
mod scan;

use std::sync::Arc;

use inventory_core::engine::Recovery;
use inventory_core::machine::{
    After, Annotations, DeadLettered, Entry, Event, Head, Level, Movement, MovementKind,
};
use inventory_core::ports::EventLog;
use inventory_core::testing::ManualClock;
use inventory_core::vocabulary::{Chain, Delta, Quantity, Timestamp, Version};
use inventory_log::file::{FileOptions, FileStore, OpenError, open_on};
use inventory_log::testing::SimDisk;

const OPTIONS: FileOptions = FileOptions::new()
    .with_segment_bytes(1_500)
    .with_reserve_bytes(512)
    .with_prefill_bytes(128);

const PRODUCTS: [&str; 3] = ["tea", "rice", "salt"];
const STORES: [&str; 4] = ["north", "south", "east", "west"];

fn open_with(disk: &SimDisk, recovery: Recovery) -> Result<FileStore, OpenError> {
    let options = OPTIONS.with_recovery(recovery);
    let clock = ManualClock::at(Timestamp::UNIX_EPOCH);
    open_on(Arc::new(disk.clone()), &clock, options)
}

fn open(disk: &SimDisk) -> FileStore {
    open_with(disk, Recovery::Strict).unwrap()
}

/// One event: of a product at a store, or one that no program knows.
#[derive(Debug, Clone, Copy)]
struct Line {
    product: usize,
    store: Option<usize>,
}

/// An entry that follows a head. Nobody follows what it says, so it need not add up.
fn entry(head: Head, later_ms: u64, lines: &[Line], reference: Option<usize>) -> Entry {
    let first = head.sequence.next();
    let reference = reference.map(|at| PRODUCTS[at].parse().unwrap());
    let annotations = reference.map(|reference| Annotations {
        reference: Some(reference),
        ..Annotations::default()
    });
    Entry {
        first,
        recorded_at: head.recorded_at.plus_millis(later_ms),
        intent: None,
        outcomes: Box::default(),
        events: lines.iter().map(event).collect(),
        annotations: annotations.map(Box::new),
        chain: Chain::from_bits(head.chain.bits() + 1),
    }
}

fn event(line: &Line) -> Event {
    let product = PRODUCTS[line.product].parse().unwrap();
    let Some(store) = line.store else {
        let raw = format!(r#"{{"type":"StockTeleported","product":"{product}"}}"#);
        return Event::DeadLettered(DeadLettered {
            product: Some(product),
            version: None,
            raw: raw.into(),
        });
    };
    let one = Quantity::new(1).unwrap();
    Event::Moved(Movement {
        kind: MovementKind::Counted,
        product,
        store: STORES[store].parse().unwrap(),
        delta: Delta::new(1).unwrap(),
        reserved_delta: Delta::new(0).unwrap(),
        after: After {
            level: Level::new(one, Quantity::ZERO).unwrap(),
            version: Version::new(1).unwrap(),
            total: one,
        },
    })
}

/// Appends entries of one line each, one at a time, so that products and stores come by turns.
fn append(store: &mut FileStore, entries: usize) {
    for at in 0..entries {
        let head = store.log.head();
        let line = Line {
            product: at % 3,
            store: Some((at / 3) % 4),
        };
        let entry = Arc::new(entry(head, 1, &[line], None));
        store.log.append(head.sequence, &[entry]).unwrap();
    }
}

/// The names of the files that make searches fast.
fn sidecars(disk: &SimDisk) -> Vec<String> {
    let mut names = disk.names();
    names.retain(|name| name.contains(".index"));
    names
}
