//! Questions about the past, and what each may cost.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use inventory_core::engine::{HistoryQuery, Reader};
use inventory_core::machine::Entry;
use inventory_core::ports::{EntryFilter, Excerpt};
use inventory_core::vocabulary::{ProductId, Sequence, StoreId};
use inventory_log::testing::Call;

use crate::shop::{Shop, reference};

/// Reads of a segment whatever is asked: the block of its index that leads to the answer, or says that there is none.
const READS_PER_SEGMENT: u64 = 2;
/// Bytes of such a block.
const BLOCK_BYTES: u64 = 8 * 1024;
/// Reads that find a position: lines of a stretch of 64 KiB, page by page.
const READS_PER_POSITION: u64 = 20;
/// Bytes of them.
const POSITION_BYTES: u64 = 80 * 1024;

/// Lines that a history reads at once, and for a page of fifty events: as many again.
const PAGE_LINES: u64 = 32;
const PAGES_LINES: u64 = 2 * PAGE_LINES;

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

    /// How many of the newest entries up to a position somebody has to read who is shown so many events of a filter: all of
    /// those are of one event each, unless they are whole requests. Pages are read whole.
    fn newest(&self, filter: &EntryFilter, at: Sequence, events: u64) -> u64 {
        let before = self.entries.iter().filter(|entry| entry.first <= at);
        let on_it = before.filter(|entry| Excerpt::of(entry, filter).is_some());
        match filter {
            EntryFilter::Reference(_) => on_it.count().min(1) as u64,
            EntryFilter::Product(_) | EntryFilter::Level(..) | EntryFilter::Named(..) => {
                (on_it.count() as u64).min(if events > 1 { PAGES_LINES } else { 2 })
            }
        }
    }

    /// The entries that tell the levels of products at a position, and the number of these levels.
    fn tell(&self, products: &BTreeSet<ProductId>, at: Sequence) -> (u64, u64) {
        // The last that has touched each by then, else the first that has later.
        let mut told_by: BTreeMap<(&ProductId, &StoreId), Sequence> = BTreeMap::new();
        for entry in &self.entries {
            for movement in entry.events.iter().filter_map(|event| event.movement()) {
                if products.contains(&movement.product) {
                    let told = told_by
                        .entry((&movement.product, &movement.store))
                        .or_insert(entry.first);
                    if entry.last() <= at {
                        *told = entry.first;
                    }
                }
            }
        }
        let lines: BTreeSet<_> = told_by.values().collect();
        (told_by.len() as u64, lines.len() as u64)
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
    let (head, floor) = (shop.reader().head().sequence, shop.reader().floor());
    let kept = head.events_since(floor);
    for fifth in 1..=5 {
        ask(shop, &known, floor.plus(kept * fifth / 5));
    }
}

/// Asks a question, and compares what that costs with what is allowed.
type Cost<'a> = dyn Fn(&str, &Allowed, &mut dyn FnMut()) + 'a;

/// Asks for what has happened last: as the calls do, which name a reference and filter what it has by product and store.
fn history(
    known: &Known,
    cost: &Cost<'_>,
    reader: &Reader,
    filter: &EntryFilter,
    at: Sequence,
    limit: usize,
) {
    let (asked, product, store) = match filter.clone() {
        EntryFilter::Named(reference, product, store) => {
            (EntryFilter::Reference(reference), Some(product), store)
        }
        whole @ (EntryFilter::Product(_) | EntryFilter::Level(..) | EntryFilter::Reference(_)) => {
            (whole, None, None)
        }
    };
    let query = HistoryQuery::new(asked)
        .with_product(product)
        .with_store(store)
        .with_before(Some(at.next()));
    let lines = known.newest(filter, at, limit as u64);
    // The second page begins with a position of its own.
    let more = lines / PAGE_LINES;
    let Allowed { reads, bytes } = known.allowed(4, lines);
    let allowed = Allowed {
        reads: reads + more * (known.segments * READS_PER_SEGMENT + READS_PER_POSITION),
        bytes: bytes + more * (known.segments * READS_PER_SEGMENT * BLOCK_BYTES + POSITION_BYTES),
    };
    cost(&format!("{query:?}, {limit}"), &allowed, &mut || {
        reader.history(&query, limit).unwrap();
    });
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
        // Where the older part is gone a level is looked for back and on.
        let ways = 1 + u64::from(reader.floor() > Sequence::START);
        let allowed = known.allowed(ways * levels, lines);
        cost(&format!("{product} as of"), &allowed, &mut || {
            reader.product_as_of(&product, at).unwrap();
        });
        for store in ["s0", "s5"] {
            let named = |store| EntryFilter::Named(reference(), product.clone(), store);
            let level = EntryFilter::Level(product.clone(), store.parse().unwrap());
            let filters = [
                level,
                EntryFilter::Product(product.clone()),
                EntryFilter::Reference(reference()),
                named(None),
                named(Some(store.parse().unwrap())),
            ];
            for filter in filters {
                for limit in [1, 50] {
                    history(known, &cost, &reader, &filter, at, limit);
                }
            }
        }
    }
    for entry in known.entries.iter().step_by(1 + known.entries.len() / 7) {
        // A line of each mark that is looked at.
        cost("a time", &known.allowed(0, 12), &mut || {
            assert!(reader.position_at(entry.recorded_at).unwrap() >= entry.last());
        });
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
