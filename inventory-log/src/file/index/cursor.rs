//! The keys of one subject in one segment, one after the other.

use std::mem;
use std::ops::Range;
use std::sync::Arc;

use inventory_core::ports::ReadError;
use inventory_core::vocabulary::StoreId;

use super::indexes::Indexes;
use super::key::{Key, Subject};
use super::sidecar::Sidecar;
use crate::file::disk::DiskFile;
use crate::file::segment::Segment;

/// Which keys are asked for, and in which order.
#[derive(Debug, Clone, Copy)]
pub(in crate::file) enum Span {
    /// Of lines that start at or before an offset, the last line first.
    BackFrom(u64),
    /// Of lines that start at or after an offset, the first line first.
    OnFrom(u64),
}

/// Where keys come from.
#[derive(Debug)]
pub(super) enum Source {
    /// All keys of the subject, in the order of the lines.
    Keys {
        keys: Vec<Key>,
        stores: Arc<Vec<StoreId>>,
    },
    Sidecar {
        sidecar: Arc<Sidecar>,
        file: Box<dyn DiskFile>,
    },
}

/// Goes through keys, a block of the sidecar at a time.
#[derive(Debug)]
pub(in crate::file) struct Cursor<'a> {
    indexes: &'a Indexes,
    segment: &'a Segment,
    subject: Subject,
    /// Whether the last line comes first.
    back: bool,
    /// What is asked for, and was neither passed nor loaded.
    low: Key,
    high: Key,
    /// What was loaded, the next one last.
    loaded: Vec<Key>,
    source: Source,
    /// The blocks of a sidecar that were not loaded.
    blocks: Range<usize>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(
        indexes: &'a Indexes,
        segment: &'a Segment,
        subject: Subject,
        span: Span,
        source: Source,
    ) -> Self {
        let (back, offsets) = match span {
            Span::BackFrom(offset) => (true, (0, offset)),
            Span::OnFrom(offset) => (false, (offset, u64::MAX)),
        };
        let (low, high) = Key::bounds(subject, offsets);
        let mut cursor = Self {
            indexes,
            segment,
            subject,
            back,
            low,
            high,
            loaded: Vec::new(),
            source,
            blocks: 0..0,
        };
        cursor.enter_source();
        cursor
    }

    /// The next key.
    ///
    /// # Errors
    ///
    /// A block of the sidecar was not what was written, and the segment cannot be read.
    pub(in crate::file) fn next(&mut self) -> Result<Option<Key>, ReadError> {
        while self.loaded.is_empty() {
            let Some(number) = self.next_block() else {
                return Ok(None);
            };
            let Source::Sidecar { sidecar, file } = &self.source else {
                return Ok(None);
            };
            match sidecar.block(&**file, number) {
                Ok(Some(keys)) => self.load(keys),
                Ok(None) | Err(_) => self.mend()?,
            }
        }
        let key = self.loaded.pop();
        // A sidecar that has to be made anew meanwhile is taken up here.
        if let Some(key) = key {
            match self.back {
                true => self.high = key,
                false => self.low = key,
            }
        }
        Ok(key)
    }

    /// The store that a key names, as far as it is known.
    pub(in crate::file) fn store(&self, key: Key) -> Option<&StoreId> {
        let stores = match &self.source {
            Source::Keys { stores, .. } => stores,
            Source::Sidecar { sidecar, .. } => &sidecar.stores,
        };
        stores.get(key.store() as usize)
    }

    fn enter_source(&mut self) {
        match &mut self.source {
            Source::Keys { keys, .. } => {
                let keys = mem::take(keys);
                self.blocks = 0..0;
                self.load(keys);
            }
            Source::Sidecar { sidecar, .. } => self.blocks = sidecar.blocks(self.low, self.high),
        }
    }

    fn next_block(&mut self) -> Option<usize> {
        match self.back {
            true => self.blocks.next_back(),
            false => self.blocks.next(),
        }
    }

    fn load(&mut self, mut keys: Vec<Key>) {
        keys.retain(|&key| self.low <= key && key <= self.high);
        if !self.back {
            keys.reverse();
        }
        self.loaded = keys;
    }

    /// Goes on without the sidecar. The last key may come again, under another number of its store.
    fn mend(&mut self) -> Result<(), ReadError> {
        self.indexes.forget(self.segment);
        self.source = self.indexes.made_anew(self.segment, self.subject)?;
        self.enter_source();
        Ok(())
    }
}
