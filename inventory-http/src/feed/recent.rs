//! The newest events, encoded.

use std::collections::VecDeque;
use std::sync::Arc;

use inventory_core::engine::{Reader, Subscription};
use inventory_core::ports::ReadError;
use inventory_core::vocabulary::Sequence;

use super::encoded::EncodedEntry;

/// Events that are kept encoded: about 2 MiB.
pub(super) const RECENT_EVENTS_MAX: usize = 4_096;

/// Events that are encoded before somebody else may look: well under a millisecond.
const STEP_EVENTS: usize = 256;

/// A stretch of the log, encoded when it is first asked for.
///
/// **Invariant**: `entries` are those from the one that holds the position after `start` up to the position of `source`.
#[derive(Debug)]
pub(super) struct Recent {
    start: Sequence,
    entries: VecDeque<Arc<EncodedEntry>>,
    events: usize,
    source: Subscription,
}

impl Recent {
    pub(super) fn new(reader: &Reader, start: Sequence) -> Self {
        Self {
            start,
            entries: VecDeque::new(),
            events: 0,
            source: reader.subscribe(start),
        }
    }

    /// Entries after a position, until `events_max` events are reached or passed; `None` when they are not kept here.
    pub(super) fn after(
        &mut self,
        reader: &Reader,
        position: Sequence,
        events_max: usize,
    ) -> Result<Option<Vec<Arc<EncodedEntry>>>, ReadError> {
        if position < self.start {
            return Ok(None);
        }
        if position > self.source.position() {
            // Nobody has asked for a while: what lies between is of no use.
            *self = Self::new(reader, position);
        }
        let mut page = Vec::new();
        let mut events = 0;
        let mut next = self
            .entries
            .partition_point(|entry| entry.last() <= position);
        while events < events_max {
            if next == self.entries.len() && !self.extend()? {
                break;
            }
            let entry = &self.entries[next];
            events += entry.event_count();
            page.push(Arc::clone(entry));
            next += 1;
        }
        self.trim();
        Ok(Some(page))
    }

    /// Encodes what has come since; `false` when nothing has.
    fn extend(&mut self) -> Result<bool, ReadError> {
        let entries = self.source.take(STEP_EVENTS)?;
        for entry in &entries {
            self.events += entry.events.len();
            let encoded = EncodedEntry::new(Arc::clone(entry));
            self.entries.push_back(Arc::new(encoded));
        }
        Ok(!entries.is_empty())
    }

    fn trim(&mut self) {
        while self.events > RECENT_EVENTS_MAX {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.events -= oldest.event_count();
            self.start = oldest.last();
        }
    }
}
