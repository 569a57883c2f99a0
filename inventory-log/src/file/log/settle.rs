//! Settling what a start could not do because the disk was full.

use std::io;

use inventory_core::defect;
use inventory_core::ports::{AppendError, DeadLetter, StorageError};

use super::unsettled::{Next, Unsettled};
use super::{FileLog, not_written};
use crate::disk::{is_shortage, is_storage_shortage};
use crate::file::error::OpenError;
use crate::file::names::ACTIVE;
use crate::file::segment::check_ours;

impl FileLog {
    /// Does what a start has to do. Returns whether all of it is done: a full disk lets the log be read meanwhile.
    ///
    /// # Errors
    ///
    /// Storage has failed. The next start finishes it.
    pub(in crate::file) fn settle_at_start(&mut self) -> Result<bool, OpenError> {
        match self.settle() {
            Ok(()) => Ok(true),
            Err(AppendError::NotWritten { .. }) => Ok(false),
            Err(error) => Err(OpenError::Io(StorageError::new(
                format!("settling {ACTIVE}"),
                error,
            ))),
        }
    }

    /// Does what is left to be done before anything is appended.
    pub(super) fn settle(&mut self) -> Result<(), AppendError> {
        let buried = self.dead_letters.bury_waiting();
        self.check_buried(buried)?;
        let Some(unsettled) = self.unsettled.take() else {
            return Ok(());
        };
        let settled = self.settle_now(&unsettled);
        if settled.is_err() {
            self.unsettled = Some(unsettled);
        }
        settled
    }

    fn settle_now(&mut self, unsettled: &Unsettled) -> Result<(), AppendError> {
        if !defect!(LetterAfterCut) {
            self.bury(&unsettled.letters)?;
        }
        if unsettled.next != Next::Not {
            let first = self.layout.read().active.first;
            let begun = match self.head.sequence < first {
                true => self.replace(unsettled.replaces),
                false => self.seal(first),
            };
            match begun {
                Ok(()) => {}
                Err(error) if !is_shortage(&error) => return Err(self.give_up("sealing", error)),
                Err(error) if unsettled.next == Next::Must => return Err(not_written(error)),
                Err(_) => {}
            }
        }
        if defect!(LetterAfterCut) {
            self.bury(&unsettled.letters)?;
        }
        Ok(())
    }

    fn bury(&mut self, letters: &[DeadLetter]) -> Result<(), AppendError> {
        let buried = self.dead_letters.bury_now(letters);
        self.check_buried(buried)
    }

    fn check_buried(&mut self, buried: Result<(), StorageError>) -> Result<(), AppendError> {
        buried.map_err(|error| match is_storage_shortage(&error) {
            true => AppendError::NotWritten {
                cause: error.into(),
            },
            false => self.give_up("burying what was found in", io::Error::other(error)),
        })
    }

    /// Looks whether the directory is still ours, which takes a microsecond.
    pub(super) fn check_ours(&self) -> io::Result<()> {
        check_ours(&**self.directory.disk(), &self.layout)
    }
}
