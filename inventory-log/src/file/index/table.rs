//! The index of one segment in memory.

use std::sync::Arc;

use inventory_core::vocabulary::StoreId;

use super::key::{Key, Subject, push_keys};
use super::stores::Stores;
use crate::file::reader::Place;
use crate::file::segment::Segment;
use inventory_core::ports::ReadError;

/// All keys of a segment, or of the part of it that a search may see.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) keys: Vec<Key>,
    pub(super) stores: Arc<Vec<StoreId>>,
    /// Whether no position of the segment is missing.
    pub(super) whole: bool,
}

impl Table {
    /// Reads a segment from its first line to its last. The keys are in the order of the lines.
    ///
    /// # Errors
    ///
    /// As when the segment is read page by page.
    pub(super) fn read(segment: &Segment) -> Result<Self, ReadError> {
        let (mut keys, mut stores) = (Vec::new(), Stores::default());
        let mut place = Place::before(segment.clone());
        while let Some((offset, entry)) = place.next_entry()? {
            push_keys(&mut keys, &mut stores, &entry, offset);
        }
        place.pass_end()?;
        Ok(Self {
            keys,
            stores: Arc::clone(stores.ids()),
            whole: !place.has_missed(),
        })
    }

    /// Puts the keys into their order, each once.
    pub(super) fn sort(&mut self) {
        self.keys.sort_unstable();
        self.keys.dedup();
    }

    /// The keys of a subject.
    pub(super) fn of(&self, subject: Subject) -> Vec<Key> {
        let keys = self.keys.iter().copied();
        keys.filter(|key| key.is_of(subject)).collect()
    }
}
