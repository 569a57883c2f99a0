//! In-memory index of one segment.

use std::sync::Arc;

use inventory_core::ports::ReadError;

use super::key::{Key, push_keys};
use super::marks::{Mark, mark};
use crate::file::reader::Place;
use crate::file::segment::Segment;

/// All keys of a segment, or of the part of it that a search may see.
#[derive(Debug)]
pub(super) struct Table {
    /// In their order, each once.
    pub(super) keys: Arc<[Key]>,
    pub(super) marks: Arc<Vec<Mark>>,
    /// Whether no position of the segment is missing.
    pub(super) whole: bool,
}

impl Table {
    /// Reads a segment from its first line to its last.
    ///
    /// # Errors
    ///
    /// As when the segment is read page by page.
    pub(super) fn read(segment: &Segment) -> Result<Self, ReadError> {
        let (mut keys, mut marks) = (Vec::new(), Vec::new());
        let mut place = Place::before(segment.clone());
        while let Some((offset, entry)) = place.next_entry()? {
            push_keys(&mut keys, &entry, offset);
            let first = entry.first.number();
            mark(&mut marks, Mark { first, offset }, entry.events.len());
        }
        place.pass_end()?;
        let whole = !place.has_missed();
        Ok(Self::of(keys, Arc::new(marks), whole))
    }

    /// The table of keys that may be in any order.
    pub(super) fn of(keys: Vec<Key>, marks: Arc<Vec<Mark>>, whole: bool) -> Self {
        Self {
            keys: sorted(keys),
            marks,
            whole,
        }
    }
}

/// Keys in their order, each once.
pub(super) fn sorted(mut keys: Vec<Key>) -> Arc<[Key]> {
    keys.sort_unstable();
    keys.dedup();
    keys.into()
}
