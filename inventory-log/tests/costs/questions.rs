//! Questions, and what each may cost.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use inventory_core::engine::HistoryQuery;
use inventory_core::machine::Entry;
use inventory_core::ports::Trail;
use inventory_core::vocabulary::{ProductId, Sequence, StoreId};
use inventory_log::testing::Call;

use crate::shop::Shop;

/// Reads of a segment whatever is asked: the block of its index that leads to the answer, or says that there is none.
const READS_PER_SEGMENT: u64 = 2;
/// Bytes of such a block.
const BLOCK_BYTES: u64 = 8 * 1024;
/// Reads that find a position: lines of a stretch of 64 KiB, page by page.
const READS_PER_POSITION: u64 = 20;
/// Bytes of them.
const POSITION_BYTES: u64 = 80 * 1024;

/// How much may be read.
#[derive(Debug)]
struct Allowed {
    reads: u64,
    bytes: u64,
}

/// The log, as somebody knows it who has read all of it.
struct Known {
    entries: Vec<Arc<Entry>>,
    segments: u64,
    /// No line is longer.
    line_bytes: u64,
}

impl Known {
    /// What an answer may cost that is told by so many lines, where so many names are looked for.
    fn allowed(&self, names: u64, lines: u64) -> Allowed {
        // Most names are neighbours, and share a block.
        let blocks = self.segments * READS_PER_SEGMENT + names;
        // A line is read in steps that double.
        let steps = u64::from(self.line_bytes.div_ceil(4_096).ilog2()) + 3;
        Allowed {
            reads: blocks + READS_PER_POSITION + (lines + 1) * steps,
            bytes: blocks * BLOCK_BYTES
                + POSITION_BYTES
                + (lines + 1) * (2 * self.line_bytes + 8_192),
        }
    }

    /// The entries that tell the levels of products at a position, and the number of these levels.
    fn tell(&self, products: &BTreeSet<ProductId>, at: Sequence) -> (u64, u64) {
        let mut last: BTreeMap<(&ProductId, &StoreId), Option<Sequence>> = BTreeMap::new();
        for entry in &self.entries {
            for movement in entry.events.iter().filter_map(|event| event.movement()) {
                if products.contains(&movement.product) {
                    let told = last
                        .entry((&movement.product, &movement.store))
                        .or_default();
                    if entry.last() <= at {
                        *told = Some(entry.first);
                    }
                }
            }
        }
        let lines: BTreeSet<_> = last.values().flatten().collect();
        (last.len() as u64, lines.len() as u64)
    }
}

/// Asks every question right after a start that has prepared for them.
pub(crate) fn judge(shop: &Shop) {
    let entries = shop.entries();
    let segments = shop.disk.names();
    let segments = segments.iter().filter(|name| name.contains(".log.jsonl"));
    let events = entries.iter().map(|entry| entry.events.len() as u64);
    let known = Known {
        segments: segments.count() as u64,
        line_bytes: events.max().unwrap_or(1) * 180 + 400,
        entries,
    };
    shop.reader().prepare_searches().unwrap();
    let head = shop.reader().head().sequence.number();
    for fifth in 1..=5 {
        ask(shop, &known, Sequence::new(head * fifth / 5));
    }
}

fn ask(shop: &Shop, known: &Known, at: Sequence) {
    let reader = shop.reader();
    let cost = |what: &str, allowed: &Allowed, question: &mut dyn FnMut()| {
        let before = (shop.disk.calls_of(Call::Read), shop.disk.bytes_read());
        question();
        let reads = shop.disk.calls_of(Call::Read) - before.0;
        let bytes = shop.disk.bytes_read() - before.1;
        assert!(
            reads <= allowed.reads && bytes <= allowed.bytes,
            "{what} at {at}: {reads} reads of {bytes} bytes, where {allowed:?}, in {} segments",
            known.segments
        );
    };
    for product in shop.products() {
        let (levels, lines) = known.tell(&BTreeSet::from([product.clone()]), at);
        let allowed = known.allowed(levels, lines);
        cost(&format!("{product} as of"), &allowed, &mut || {
            reader.product_as_of(&product, at).unwrap();
        });
        for store in ["s0", "s5"] {
            let level = Trail::Level(product.clone(), store.parse().unwrap());
            for trail in [level, Trail::Product(product.clone())] {
                let query = HistoryQuery {
                    trail,
                    product: None,
                    store: None,
                    before: Some(at.next()),
                };
                // The event, and the one that says that there are more.
                let allowed = known.allowed(2, 2);
                cost(&format!("{query:?}"), &allowed, &mut || {
                    reader.history(&query, 1).unwrap();
                });
            }
        }
    }
    let all = reader.read(|ledger| ledger.products().map(|view| view.id().clone()).collect());
    let (levels, lines) = known.tell(&all, at);
    // Levels that are neighbours share a block, so there are far fewer blocks than levels.
    let blocks = known.segments * 8 + levels / 64;
    let allowed = known.allowed(blocks, lines);
    cost("a listing", &allowed, &mut || {
        let page = reader.products_as_of(Bound::Unbounded, "", at, 1_000);
        assert!(page.unwrap().ended);
    });
}
