//! The dead letters of an engine, and how many of them wait for a person.

use inventory_core::ports::{DeadLetter as Buried, DeadLetters, Resolution, StorageError};
use parking_lot::Mutex;

use crate::wire::DeadLetter;

/// The dead letters of one engine, and how many of them nobody has resolved.
pub(super) struct Letters {
    port: Mutex<Box<dyn DeadLetters>>,
    unresolved: Mutex<usize>,
}

impl Letters {
    pub(super) fn new(port: Box<dyn DeadLetters>, unresolved: usize) -> Self {
        Self {
            port: Mutex::new(port),
            unresolved: Mutex::new(unresolved),
        }
    }

    pub(super) fn unresolved(&self) -> usize {
        *self.unresolved.lock()
    }

    /// All letters, without what was found.
    pub(super) fn list(&self) -> Result<Vec<DeadLetter>, StorageError> {
        let mut letters = Vec::new();
        self.each(|letter| letters.push(DeadLetter::of(&letter)))?;
        Ok(letters)
    }

    pub(super) fn find(&self, id: &str) -> Result<Option<Buried>, StorageError> {
        let mut found = None;
        self.each(|letter| {
            if letter.id == id {
                found = Some(letter);
            }
        })?;
        Ok(found)
    }

    pub(super) fn resolve(
        &self,
        id: &str,
        resolution: &Resolution,
    ) -> Result<Option<Buried>, StorageError> {
        self.port.lock().resolve(id, resolution)?;
        self.find(id)
    }

    /// Shows every letter, and counts.
    fn each(&self, mut show: impl FnMut(Buried)) -> Result<(), StorageError> {
        let mut unresolved = 0;
        self.port.lock().each(&mut |letter| {
            unresolved += usize::from(letter.resolution.is_none());
            show(letter);
        })?;
        *self.unresolved.lock() = unresolved;
        Ok(())
    }
}
