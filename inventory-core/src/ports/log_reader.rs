//! Reading a log: page by page, or what belongs together in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{EntryFilter, Excerpt, Extent, ReadError, Touch, Wanted};
use crate::machine::Entry;
use crate::vocabulary::{ProductId, Sequence, StoreId, Timestamp};

/// Events that a search reads from the log at once.
const PAGE_EVENTS: usize = 4_096;

/// Levels that somebody asks for: each of a product at a store.
pub type Levels = BTreeSet<(ProductId, StoreId)>;

/// Reads a log that somebody else may be appending to.
///
/// Anyone who looks for something in it finds it by reading all of it, unless the adapter knows better: the searches have a
/// default that is right and slow.
///
/// - A search must find what reading the whole log finds.
/// - A search that nobody waits for any more must end.
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

    /// Makes what the searches would have to make first, so that none of them waits for it: what an index lacks after a kill.
    /// Without it they find the same.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; what was made by then is kept.
    fn prepare(&self, wanted: &Wanted) -> Result<(), ReadError> {
        wanted.check()
    }

    /// Where the entry is that holds a position, or the next one that can be read. `None` above the head.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; nothing was read.
    fn extent(&self, position: Sequence) -> Result<Option<Extent>, ReadError> {
        let before = Sequence::new(position.number().saturating_sub(1));
        let page = self.read(before, 1)?;
        Ok(page.first().map(|entry| Extent::of(entry)))
    }

    /// The last position that was recorded at or before a time: the last event of its entry. The floor when all that is
    /// kept was recorded later.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; nothing was found.
    fn position_at(&self, time: Timestamp) -> Result<Sequence, ReadError> {
        let mut position = self.floor();
        scan(self, self.floor(), &Wanted::default(), |entry| {
            let earlier = entry.recorded_at <= time;
            if earlier {
                position = entry.last();
            }
            earlier
        })?;
        Ok(position)
    }

    /// What passes a filter of the entries that begin at or before `through`: of the newest that have something of it,
    /// newest first, at most `entries_max`, and none between them is left out. What was purged is not there.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; nothing was read.
    fn filtered(
        &self,
        filter: &EntryFilter,
        through: Sequence,
        entries_max: usize,
        wanted: &Wanted,
    ) -> Result<Vec<Excerpt>, ReadError> {
        let mut found = Vec::new();
        scan(self, self.floor(), wanted, |entry| {
            let before = entry.first <= through;
            if before {
                found.extend(Excerpt::of(entry, filter));
            }
            before
        })?;
        found.reverse();
        found.truncate(entries_max);
        Ok(found)
    }

    /// For each of these levels, the last event at or before `through` that touches it, if one does, in the order of the
    /// levels. What was purged is not there.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; nothing was read.
    fn last_touches(
        &self,
        levels: &Levels,
        through: Sequence,
        wanted: &Wanted,
    ) -> Result<Vec<Touch>, ReadError> {
        let mut found = BTreeMap::new();
        scan(self, self.floor(), wanted, |entry| {
            for touch in Touch::all_of(entry) {
                let level = level_of(&touch);
                if touch.sequence <= through && levels.contains(&level) {
                    found.insert(level, touch);
                }
            }
            entry.first <= through
        })?;
        Ok(found.into_values().collect())
    }

    /// For each of these levels, the first event after `after` that touches it, if one does, in the order of the levels.
    ///
    /// # Errors
    ///
    /// See [`ReadError`]; nothing was read.
    fn first_touches(
        &self,
        levels: &Levels,
        after: Sequence,
        wanted: &Wanted,
    ) -> Result<Vec<Touch>, ReadError> {
        let mut found = BTreeMap::new();
        scan(self, after, wanted, |entry| {
            for touch in Touch::all_of(entry) {
                let level = level_of(&touch);
                if touch.sequence > after && levels.contains(&level) {
                    found.entry(level).or_insert(touch);
                }
            }
            found.len() < levels.len()
        })?;
        Ok(found.into_values().collect())
    }
}

fn level_of(touch: &Touch) -> (ProductId, StoreId) {
    let movement = &touch.movement;
    (movement.product.clone(), movement.store.clone())
}

/// Reads on from a position until `look` says that it has seen enough, or to the end.
fn scan(
    reader: &(impl LogReader + ?Sized),
    mut after: Sequence,
    wanted: &Wanted,
    mut look: impl FnMut(&Entry) -> bool,
) -> Result<(), ReadError> {
    loop {
        wanted.check()?;
        let page = reader.read(after, PAGE_EVENTS)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.last();
        if !page.iter().all(|entry| look(entry)) {
            return Ok(());
        }
    }
}
