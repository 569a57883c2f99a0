//! The newest events, encoded.

use std::collections::VecDeque;
use std::sync::Arc;

use inventory_core::engine::{Reader, Subscription};
use inventory_core::ports::ReadError;
use inventory_core::vocabulary::Sequence;

use super::encoded::EncodedEntry;
use crate::server::Budget;

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
    room: Budget,
}

/// Why a stretch of the log cannot be had.
#[derive(Debug)]
pub(super) enum Unread {
    /// It cannot be read.
    Log(ReadError),
    /// Followers that do not take theirs leave no room for it.
    NoRoom,
}

impl From<ReadError> for Unread {
    fn from(error: ReadError) -> Self {
        Self::Log(error)
    }
}

impl Recent {
    pub(super) fn new(reader: &Reader, start: Sequence, room: Budget) -> Self {
        Self {
            room,
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
    ) -> Result<Option<Vec<Arc<EncodedEntry>>>, Unread> {
        if position < self.start {
            return Ok(None);
        }
        if position > self.source.position() {
            // Nobody has asked for a while: what lies between is of no use.
            *self = Self::new(reader, position, self.room.clone());
        }
        let mut page = Vec::new();
        let mut events = 0;
        let mut next = self
            .entries
            .partition_point(|entry| entry.last() <= position);
        while events < events_max {
            if next == self.entries.len() && !self.extend(reader)? {
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
    fn extend(&mut self, reader: &Reader) -> Result<bool, Unread> {
        let entries = self.source.take(STEP_EVENTS)?;
        for entry in &entries {
            let Some(encoded) = EncodedEntry::new(Arc::clone(entry), &self.room) else {
                // What the source has passed is not here: it starts again where somebody asks next.
                *self = Self::new(reader, reader.head().sequence, self.room.clone());
                return Err(Unread::NoRoom);
            };
            self.events += entry.events.len();
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
