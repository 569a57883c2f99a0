//! Lazily opened segment: most segments that a search passes hold nothing that it looks for.

use std::cell::OnceCell;
use std::io;

use inventory_core::ports::{ReadError, StorageError};
use parking_lot::RwLock;

use super::segment::{Layout, Located, Segment};
use crate::disk::Disk;

/// A segment that was located.
#[derive(Debug)]
pub(super) struct Handle<'a> {
    disk: &'a dyn Disk,
    layout: &'a RwLock<Layout>,
    pub(super) located: Located,
    opened: OnceCell<Segment>,
}

impl<'a> Handle<'a> {
    pub(super) fn new(disk: &'a dyn Disk, layout: &'a RwLock<Layout>, located: Located) -> Self {
        Self {
            disk,
            layout,
            located,
            opened: OnceCell::new(),
        }
    }

    /// The segment, opened.
    ///
    /// # Errors
    ///
    /// It has been purged since it was located, or cannot be opened.
    pub(super) fn segment(&self) -> Result<&Segment, ReadError> {
        if let Some(segment) = self.opened.get() {
            return Ok(segment);
        }
        let segment = match self.located.open(self.disk) {
            Ok(segment) => segment,
            Err(error) => return Err(self.unopened(error)),
        };
        Ok(self.opened.get_or_init(|| segment))
    }

    fn unopened(&self, error: io::Error) -> ReadError {
        let floor = self.layout.read().floor;
        if self.located.last <= floor {
            return ReadError::Purged { floor };
        }
        let operation = format!("opening {}", self.located.name);
        ReadError::Failed(StorageError::new(operation, error))
    }
}
