//! What has happened, the newest first.

use std::sync::Arc;

use super::{PastError, level_before};
use crate::engine::Reader;
use crate::engine::reader::show_buried_event;
use crate::machine::{Event, Level};
use crate::ports::{EntryFilter, Excerpt};
use crate::vocabulary::{ProductId, Sequence, StoreId};

/// Entries that are read at once.
const PAGE_ENTRIES: usize = 32;

/// Entries that are looked at for one page: a filter that matches little must not keep a thread.
const LOOK_ENTRIES: usize = 2_048;

/// Events of these that are looked at: some ten megabytes of lines.
const LOOK_EVENTS: usize = 65_536;

/// Which events somebody wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryQuery {
    /// What they belong to. Of a product or a level, its own events; of a reference, all events of the requests that named
    /// it.
    pub filter: EntryFilter,
    /// Only events of this product.
    pub product: Option<ProductId>,
    /// Only events at this store.
    pub store: Option<StoreId>,
    /// Only events before this position: the one that the page before leads on with.
    pub before: Option<Sequence>,
}

impl HistoryQuery {
    /// All events of a filter, the newest first.
    pub const fn new(filter: EntryFilter) -> Self {
        Self {
            filter,
            product: None,
            store: None,
            before: None,
        }
    }

    /// With only the events of a product; `None` is all of them.
    #[must_use]
    pub fn with_product(mut self, product: Option<ProductId>) -> Self {
        self.product = product;
        self
    }

    /// With only the events at a store; `None` is all of them.
    #[must_use]
    pub fn with_store(mut self, store: Option<StoreId>) -> Self {
        self.store = store;
        self
    }

    /// With only the events before a position.
    #[must_use]
    pub fn with_before(mut self, before: Option<Sequence>) -> Self {
        self.before = before;
        self
    }

    /// Whether an event of the filter, as it stands in the log, is wanted. A buried one counts as what it says it is.
    fn wants(&self, event: &Event) -> bool {
        let is_of = |product: &ProductId| event.product() == Some(product);
        let is_at = |store: &StoreId| {
            let movement = event.movement();
            movement.is_some_and(|movement| movement.store == *store)
        };
        self.product.as_ref().is_none_or(is_of) && self.store.as_ref().is_none_or(is_at)
    }

    /// The narrowest filter that has all that is wanted: a reference may be on the lines of every night, each of megabytes.
    fn narrowed(&self) -> EntryFilter {
        match (&self.filter, &self.product, &self.store) {
            (EntryFilter::Reference(reference), Some(product), store) => {
                EntryFilter::Named(reference.clone(), product.clone(), store.clone())
            }
            (EntryFilter::Product(product), _, Some(store)) => {
                EntryFilter::Level(product.clone(), store.clone())
            }
            (filter, ..) => filter.clone(),
        }
    }
}

/// An event that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PastEvent {
    /// Its position.
    pub sequence: Sequence,
    /// The event. What was buried is shown as [`Event::DeadLettered`].
    pub event: Event,
    /// The request that it belongs to, and what of it was found.
    pub request: Arc<Excerpt>,
}

impl PastEvent {
    /// The level that it found; `None` when it has no effect.
    pub fn before(&self) -> Option<Level> {
        self.event.movement().and_then(level_before)
    }
}

/// Some of what has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryPage {
    /// The events, the newest first.
    pub events: Vec<PastEvent>,
    /// What the next page is asked for with; `None` when there is none.
    pub next: Option<Sequence>,
    /// Whether the log is kept from its first event on. If not, what is older than the last page may be missing.
    pub is_whole: bool,
}

impl Reader {
    /// The newest events that a query wants: at most `limit`, and none between them is left out. There may be fewer though
    /// more follow.
    ///
    /// # Errors
    ///
    /// The log cannot be read; nothing was found.
    pub fn history(&self, query: &HistoryQuery, limit: usize) -> Result<HistoryPage, PastError> {
        // What is in the log after the ledger's head is not published yet.
        let head = self.head().sequence;
        let before = query.before.unwrap_or_else(|| Sequence::new(u64::MAX));
        let mut through = head.min(Sequence::new(before.number().saturating_sub(1)));
        let newest = through;
        let mut page = HistoryPage {
            events: Vec::new(),
            next: None,
            is_whole: false,
        };
        let (filter, mut looked_at, mut events_seen) = (query.narrowed(), 0, 0);
        'pages: while through > Sequence::START {
            // One more than fits tells whether a page follows. Of a whole request each may be a line of megabytes.
            let entries_max = match filter {
                EntryFilter::Reference(_) => 1,
                EntryFilter::Product(_) | EntryFilter::Level(..) | EntryFilter::Named(..) => {
                    (limit - page.events.len()).saturating_add(1)
                }
            };
            let entries_max = entries_max.max(looked_at).min(PAGE_ENTRIES);
            let found =
                self.search(|log| log.filtered(&filter, through, entries_max, &self.wanted))?;
            let full = found.len() == entries_max;
            looked_at += found.len();
            let mut oldest = Sequence::START;
            for excerpt in found {
                oldest = excerpt.first;
                events_seen += excerpt.events.len();
                let excerpt = Arc::new(excerpt);
                for (sequence, event) in excerpt.events.iter().rev() {
                    if *sequence > newest || !query.wants(event) {
                        continue;
                    }
                    if page.events.len() == limit {
                        page.next = page.events.last().map(|event| event.sequence);
                        break 'pages;
                    }
                    page.events.push(PastEvent {
                        sequence: *sequence,
                        event: event.clone(),
                        request: Arc::clone(&excerpt),
                    });
                }
            }
            if !full {
                break;
            }
            if looked_at >= LOOK_ENTRIES || events_seen >= LOOK_EVENTS {
                page.next = Some(oldest);
                break;
            }
            through = Sequence::new(oldest.number().saturating_sub(1));
        }
        self.read(|ledger| {
            for past in &mut page.events {
                show_buried_event(ledger, past.sequence, &mut past.event);
            }
        });
        page.is_whole = self.floor() == Sequence::START;
        Ok(page)
    }
}
