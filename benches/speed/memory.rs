//! Bytes of memory per level and per remembered key: what the process has grown by, so that what the allocator adds and
//! what a growing table leaves unused are in it.

use std::{fs, mem};

use inventory_core::machine::Ledger;
use inventory_core::machine::dry_run::Staging;
use inventory_core::vocabulary::Timestamp;

use crate::arguments::scaled;
use crate::one_adjust::{decide_and_apply, stocked};
use crate::shop::Sales;

const LEVELS_PER_PRODUCT: usize = 20;

/// Linux counts in pages of this size wherever these benches are run.
const PAGE_BYTES: u64 = 4_096;

/// What was measured.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) lone_levels: usize,
    pub(crate) bytes_per_lone_level: f64,
    pub(crate) shared_levels: usize,
    pub(crate) levels_per_product: usize,
    pub(crate) bytes_per_shared_level: f64,
    pub(crate) keys: usize,
    pub(crate) bytes_per_key: f64,
}

pub(crate) fn measure() -> Memory {
    let levels = scaled(1_000_000);
    let keys = scaled(1_000_000);
    // What was measured stays: memory that is given back would be filled again without any growth.
    let mut kept = Vec::new();
    let memory = Memory {
        lone_levels: levels,
        bytes_per_lone_level: bytes_per_level(levels, 1, &mut kept),
        shared_levels: levels,
        levels_per_product: LEVELS_PER_PRODUCT,
        bytes_per_shared_level: bytes_per_level(levels, LEVELS_PER_PRODUCT, &mut kept),
        keys,
        bytes_per_key: bytes_per_key(keys, &mut kept),
    };
    // For good: whoever allocated next would get the scattered pieces that these leave behind.
    mem::forget(kept);
    memory
}

fn bytes_per_level(levels: usize, per_product: usize, kept: &mut Vec<Ledger>) -> f64 {
    let before = resident_bytes();
    let ledger = stocked(levels / per_product, per_product);
    assert_eq!(ledger.level_count(), levels);
    let grown = resident_bytes() - before;
    kept.push(ledger);
    grown / levels as f64
}

fn bytes_per_key(keys: usize, kept: &mut Vec<Ledger>) -> f64 {
    let products = 10_000;
    let mut ledger = stocked(products, 1);
    let (mut staging, mut sales) = (Staging::default(), Sales::of(products));
    let before = resident_bytes();
    for _ in 0..keys {
        for request in sales.requests(1) {
            decide_and_apply(&mut ledger, &mut staging, &request, Timestamp::UNIX_EPOCH);
        }
    }
    assert_eq!(ledger.key_count(), keys);
    let grown = resident_bytes() - before;
    kept.push(ledger);
    grown / keys as f64
}

pub(crate) fn resident_bytes() -> f64 {
    let statm = fs::read_to_string("/proc/self/statm").expect("benches are run on Linux");
    let pages = statm
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    (pages.expect("the second number is the resident set") * PAGE_BYTES) as f64
}
