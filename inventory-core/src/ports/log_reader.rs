//! Reading a log: page by page, or along the trail of what belongs together.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Cause, StorageError};
use crate::machine::{Entry, Event, Movement};
use crate::vocabulary::{ProductId, Reference, Sequence, StoreId, Timestamp};

/// Events that a search reads from the log at once.
const PAGE_EVENTS: usize = 4_096;

/// Entries of a log that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Trail {
    /// Those with an event of this product.
    Product(ProductId),
    /// Those with an event of this product at this store.
    Level(ProductId, StoreId),
    /// Those whose request named this reference.
    Reference(Reference),
}

impl Trail {
    /// Whether an entry is on the trail.
    pub fn has(&self, entry: &Entry) -> bool {
        let mut events = entry.events.iter();
        match self {
            Self::Product(product) => events.any(|event| event.product() == Some(product)),
            Self::Level(product, store) => events
                .filter_map(Event::movement)
                .any(|movement| movement.product == *product && movement.store == *store),
            Self::Reference(reference) => {
                let beside = entry.annotations.as_ref();
                beside.and_then(|beside| beside.reference.as_ref()) == Some(reference)
            }
        }
    }
}

/// Reads a log that somebody else may be appending to.
///
/// Whoever looks for something in it finds it by reading all of it, unless the adapter knows better: the searches have a
/// default that is right and slow.
///
/// - A search must find what reading the whole log finds.
pub trait LogReader: Send + Sync {
    /// The position before the oldest one that can be read.
    fn floor(&self) -> Sequence;

    /// The entries after a position: whole entries from the one that holds the position after `after`, until
    /// `events_max` events are reached or passed, at least one entry unless the log ends. Empty at the head.
    ///
    /// They are contiguous, except where a log that was opened to be salvaged has lost some.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; nothing was read.
    fn read(&self, after: Sequence, events_max: usize) -> Result<Vec<Arc<Entry>>, ReadError>;

    /// Bytes that storage spends on what comes after a position: how much there is to read to get from there to the head. 0
    /// where that means nothing.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; nothing was found.
    fn bytes_after(&self, after: Sequence) -> Result<u64, ReadError> {
        let _ = after;
        Ok(0)
    }

    /// The last position that was recorded at or before a time: the last event of its entry. The floor when all that is
    /// kept was recorded later.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; nothing was found.
    fn position_at(&self, time: Timestamp) -> Result<Sequence, ReadError> {
        let mut position = self.floor();
        scan(self, self.floor(), |entry| {
            let earlier = entry.recorded_at <= time;
            if earlier {
                position = entry.last();
            }
            earlier
        })?;
        Ok(position)
    }

    /// The newest entries of a trail that begin at or before `through`, newest first: at most `entries_max`, and none
    /// between them is left out. What was purged is not there.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; nothing was read.
    fn trail(
        &self,
        trail: &Trail,
        through: Sequence,
        entries_max: usize,
    ) -> Result<Vec<Arc<Entry>>, ReadError> {
        let mut found = Vec::new();
        scan(self, self.floor(), |entry| {
            let before = entry.first <= through;
            if before && trail.has(entry) {
                found.push(Arc::clone(entry));
            }
            before
        })?;
        found.reverse();
        found.truncate(entries_max);
        Ok(found)
    }

    /// For each store, the entry with the last event at or before `through` that touches the product's level there: each
    /// entry once, newest first. What was purged is not there.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; nothing was read.
    fn last_touches(
        &self,
        product: &ProductId,
        through: Sequence,
    ) -> Result<Vec<Arc<Entry>>, ReadError> {
        let mut touches = Vec::new();
        scan(self, self.floor(), |entry| {
            for (sequence, movement) in touching(entry, product) {
                if sequence <= through {
                    let store = movement.store.clone();
                    touches.push((sequence, store, Arc::clone(entry)));
                }
            }
            entry.first <= through
        })?;
        touches.reverse();
        Ok(first_of_each(touches))
    }

    /// For each store, the entry with the first event after `after` that touches the product's level there: each entry
    /// once, oldest first.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; nothing was read.
    fn first_touches(
        &self,
        product: &ProductId,
        after: Sequence,
    ) -> Result<Vec<Arc<Entry>>, ReadError> {
        let mut touches = Vec::new();
        scan(self, after, |entry| {
            for (sequence, movement) in touching(entry, product) {
                if sequence > after {
                    let store = movement.store.clone();
                    touches.push((sequence, store, Arc::clone(entry)));
                }
            }
            true
        })?;
        Ok(first_of_each(touches))
    }
}

/// The events of an entry that touch a level of a product.
fn touching<'a>(
    entry: &'a Entry,
    product: &ProductId,
) -> impl Iterator<Item = (Sequence, &'a Movement)> {
    let movements = entry
        .numbered()
        .filter_map(|(sequence, event)| Some((sequence, event.movement()?)));
    movements.filter(move |(_, movement)| movement.product == *product && movement.touches())
}

/// The entries of the first touch of each store, each once.
fn first_of_each(touches: Vec<(Sequence, StoreId, Arc<Entry>)>) -> Vec<Arc<Entry>> {
    let mut stores = BTreeSet::new();
    let firsts = touches
        .into_iter()
        .filter(|(_, store, _)| stores.insert(store.clone()));
    let mut entries: Vec<_> = firsts.map(|(_, _, entry)| entry).collect();
    entries.dedup_by_key(|entry| entry.first);
    entries
}

/// Reads on from a position until `look` says that it has seen enough, or to the end.
fn scan(
    reader: &(impl LogReader + ?Sized),
    mut after: Sequence,
    mut look: impl FnMut(&Arc<Entry>) -> bool,
) -> Result<(), ReadError> {
    loop {
        let page = reader.read(after, PAGE_EVENTS)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.last();
        if !page.iter().all(&mut look) {
            return Ok(());
        }
    }
}

/// Why a part of the log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The position is no longer kept.
    #[error("positions up to {floor} have been purged")]
    Purged {
        /// The position before the oldest one that can be read.
        floor: Sequence,
    },
    /// Acknowledged data is damaged: it can be read neither now nor later.
    #[error("the log is damaged after position {after}")]
    Damaged {
        /// The last position before the damage.
        after: Sequence,
        /// Where, and what is wrong.
        #[source]
        cause: Cause,
    },
    /// Storage failed; trying again may help.
    #[error(transparent)]
    Failed(StorageError),
}
