//! Memory of the keys of many stores that synchronise their whole stock every quarter of an hour: what the process grows
//! by, beside the bound that the window is given.

use inventory_core::machine::dry_run::Staging;
use inventory_core::machine::{Command, Request, SyncLevel, SyncRule, WindowLimits};
use inventory_core::vocabulary::{Quantity, Timestamp};

use crate::arguments::scaled;
use crate::memory::resident_bytes;
use crate::one_adjust::{decide_and_apply, stocked};
use crate::shop::{key_name, product_name};

pub(crate) const NAME: &str = "memory of the window";

const STORES: usize = 100;
const ROUND_MS: u64 = 15 * 60 * 1_000;

/// Rounds that are played: what they write takes more than the bound.
const ROUNDS: usize = 20;

/// Beside the bound each caller takes so much, as `WindowLimits` says, and the process what it needs for one request.
const BESIDE_BYTES: usize = STORES * 192 * 1_024 + (16 << 20);

/// What was measured.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) rows: usize,
    pub(crate) syncs: usize,
    pub(crate) keys: usize,
    pub(crate) counted_bytes: usize,
    pub(crate) grown_bytes: f64,
    pub(crate) bound_bytes: usize,
}

impl Window {
    pub(crate) fn stores(&self) -> usize {
        STORES
    }

    pub(crate) fn is_within_bound(&self) -> bool {
        self.grown_bytes <= (self.bound_bytes + BESIDE_BYTES) as f64
    }
}

pub(crate) fn measure() -> Window {
    let rows = scaled(10_000);
    let mut ledger = stocked(rows, STORES);
    let mut staging = Staging::default();
    let before = resident_bytes();
    let mut syncs = 0;
    for round in 0..ROUNDS {
        let now = Timestamp::from_millis(ROUND_MS * (1 + round as u64)).expect("within a day");
        for store in 0..STORES {
            let request = sync(store, rows, round, syncs as u64);
            decide_and_apply(&mut ledger, &mut staging, &request, now);
            syncs += 1;
        }
    }
    Window {
        rows,
        syncs,
        keys: ledger.key_count(),
        counted_bytes: ledger.key_bytes(),
        grown_bytes: resident_bytes() - before,
        bound_bytes: WindowLimits::default().bytes_max,
    }
}

/// A synchronisation that changes every row.
fn sync(store: usize, rows: usize, round: usize, number: u64) -> Request {
    let name = format!("store-{store}");
    let row = |product: usize| {
        Command::SyncLevel(SyncLevel {
            product: product_name(product).parse().expect("a short id"),
            store: name.parse().expect("a short id"),
            on_hand: Quantity::new(5 + round as u64 % 2).expect("in range"),
            rule: SyncRule::Overwrite,
        })
    };
    let key = key_name(number).parse().expect("a short key");
    let request = Request::new(key, (0..rows).map(row).collect());
    let request = request.expect("no more rows than a request has");
    request.by(name.parse().expect("a short name"))
}
