//! What things cost as a shop grows from ten thousand levels to millions: one update, one read, memory, a snapshot, a start.
//! Only cache misses should grow.

use std::mem;
use std::time::{Duration, Instant};

use inventory_core::engine::{Engine, Opened, Settings};
use inventory_core::machine::Ledger;
use inventory_core::machine::dry_run::Staging;
use inventory_core::vocabulary::{ProductId, Timestamp};

use crate::arguments::scaled;
use crate::cpu;
use crate::memory::resident_bytes;
use crate::one_adjust::{decide_and_apply, stocked};
use crate::raw;
use crate::shop::{self, Sales, product_name};

pub(crate) const NAME: &str = "growth";

const SIZES: [usize; 4] = [10_000, 100_000, 1_000_000, 5_000_000];

/// Updates and reads that are timed at each size.
const STEPS: u64 = 200_000;
/// What is timed at once: requests are handled soon after they came in, while they are in a cache still.
const STEPS_AT_ONCE: u64 = 1_000;

/// How much more one update and one read may take at the largest size than at the smallest, where all is in a cache: a read is little
/// else than waiting for memory.
const UPDATE_MOST: f64 = 3.0;
const READ_MOST: f64 = 8.0;

/// How much more a level may take at the largest size than at the second, in memory, in a snapshot and at a start. At the smallest, what
/// is fixed takes most.
const BYTES_MOST: f64 = 1.3;
const LEVEL_MOST: f64 = 2.0;

/// What a shop of one size costs.
#[derive(Debug)]
pub(crate) struct Size {
    levels: usize,
    in_memory: InMemory,
    on_disk: OnDisk,
}

#[derive(Debug)]
struct InMemory {
    update: Duration,
    read: Duration,
    bytes_per_level: f64,
}

#[derive(Debug)]
struct OnDisk {
    snapshot: Duration,
    start: Duration,
}

pub(crate) fn measure() -> Vec<Size> {
    let sizes = SIZES.map(scaled);
    // All in memory first: what the others give back would be filled again without any growth.
    let in_memory = sizes.map(InMemory::of);
    let on_disk = sizes.map(OnDisk::of);
    let all = sizes.into_iter().zip(in_memory).zip(on_disk);
    all.map(|((levels, in_memory), on_disk)| Size {
        levels,
        in_memory,
        on_disk,
    })
    .collect()
}

impl InMemory {
    fn of(levels: usize) -> Self {
        let before = resident_bytes();
        let mut ledger = stocked(levels, 1);
        assert_eq!(ledger.level_count(), levels);
        let bytes_per_level = (resident_bytes() - before) / levels as f64;
        let measured = Self {
            update: update(&mut ledger),
            read: read(&ledger),
            bytes_per_level,
        };
        mem::forget(ledger);
        measured
    }
}

impl OnDisk {
    fn of(levels: usize) -> Self {
        let directory = raw::directory();
        let log = directory.path().join("log");
        let Opened {
            mut engine,
            mut snapshotter,
            ..
        } = Engine::open(shop::files(&log), Settings::default()).expect("the log is new");
        shop::stock(&mut engine, levels, 1);
        let start = Instant::now();
        snapshotter.save().expect("there is room");
        let snapshot = start.elapsed();
        drop((engine, snapshotter));
        let start = Instant::now();
        let opened = shop::opened(shop::files(&log));
        let took = start.elapsed();
        assert_eq!(opened.report.events_replayed, 0);
        Self {
            snapshot,
            start: took,
        }
    }
}

fn update(ledger: &mut Ledger) -> Duration {
    let (mut staging, mut sales) = (Staging::default(), Sales::of(ledger.product_count()));
    let mut took = Duration::ZERO;
    for _ in 0..STEPS / STEPS_AT_ONCE {
        let requests = sales.requests(STEPS_AT_ONCE);
        let start = cpu::Start::now();
        for request in &requests {
            decide_and_apply(ledger, &mut staging, request, Timestamp::UNIX_EPOCH);
        }
        took += start.elapsed();
    }
    took / STEPS as u32
}

fn read(ledger: &Ledger) -> Duration {
    let mut sales = Sales::of(ledger.product_count());
    let mut took = Duration::ZERO;
    let mut units = 0;
    for _ in 0..STEPS / STEPS_AT_ONCE {
        let ids = (0..STEPS_AT_ONCE).map(|_| product_name(sales.next_sale().0));
        let ids: Vec<ProductId> = ids.map(|id| id.parse().expect("a short id")).collect();
        let start = cpu::Start::now();
        for id in &ids {
            let product = ledger.product(id).expect("all products are stocked");
            units += product.total().units();
        }
        took += start.elapsed();
    }
    assert!(units > 0);
    took / STEPS as u32
}

/// The table, and whether only cache misses grow.
pub(crate) fn table(sizes: &[Size]) -> String {
    let mut text = "
| levels | one update | one read | memory of a level | a snapshot | a start |
|---|---|---|---|---|---|
"
    .to_owned();
    for size in sizes {
        text.push_str(&format!(
            "| {} | {} ns | {} ns | {:.0} bytes | {:.3} s | {:.3} s |\n",
            size.levels,
            size.in_memory.update.as_nanos(),
            size.in_memory.read.as_nanos(),
            size.in_memory.bytes_per_level,
            size.on_disk.snapshot.as_secs_f64(),
            size.on_disk.start.as_secs_f64(),
        ));
    }
    let [small, second, .., large] = sizes else {
        return text;
    };
    let times = |of: fn(&InMemory) -> Duration| {
        of(&large.in_memory).as_secs_f64() / of(&small.in_memory).as_secs_f64()
    };
    let (update, read) = (times(|size| size.update), times(|size| size.read));
    let bytes = large.in_memory.bytes_per_level / second.in_memory.bytes_per_level;
    let per_level = |of: fn(&OnDisk) -> Duration| {
        let each = |size: &Size| of(&size.on_disk).as_secs_f64() / size.levels as f64;
        each(large) / each(second)
    };
    let (snapshot, start) = (
        per_level(|size| size.snapshot),
        per_level(|size| size.start),
    );
    let is_met = update <= UPDATE_MOST
        && read <= READ_MOST
        && bytes <= BYTES_MOST
        && snapshot.max(start) <= LEVEL_MOST;
    text.push_str(&format!(
        "\nFrom {} to {} levels an update takes {update:.1}x (at most {UPDATE_MOST}) and a read {read:.1}x (at most {READ_MOST}); from {} on a \
         level takes {bytes:.2}x the memory (at most {BYTES_MOST}), {snapshot:.2}x the time of a snapshot and {start:.2}x that of a start (at \
         most {LEVEL_MOST}): {}.\n",
        small.levels,
        large.levels,
        second.levels,
        if is_met { "met" } else { "NOT met" },
    ));
    text
}
