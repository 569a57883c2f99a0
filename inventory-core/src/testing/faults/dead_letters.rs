//! Dead letters that fail on demand.

use super::plan::{Call, Fault, Faults};
use crate::ports::{DeadLetter, DeadLetters, Resolution, Resolved, StorageError};

pub(super) struct FaultyDeadLetters {
    letters: Box<dyn DeadLetters>,
    faults: Faults,
}

impl FaultyDeadLetters {
    pub(super) fn new(letters: Box<dyn DeadLetters>, faults: Faults) -> Self {
        Self { letters, faults }
    }
}

impl DeadLetters for FaultyDeadLetters {
    fn bury(&mut self, letters: &[DeadLetter]) -> Result<(), StorageError> {
        if self.faults.next(Call::Bury) {
            return Err(Fault::while_doing("burying letters"));
        }
        self.letters.bury(letters)
    }

    fn resolve(&mut self, id: &str, resolution: &Resolution) -> Result<Resolved, StorageError> {
        if self.faults.next(Call::Bury) {
            return Err(Fault::while_doing("resolving a letter"));
        }
        self.letters.resolve(id, resolution)
    }

    fn each(&self, show: &mut dyn FnMut(DeadLetter)) -> Result<(), StorageError> {
        if self.faults.next(Call::Letters) {
            return Err(Fault::while_doing("reading dead letters"));
        }
        self.letters.each(show)
    }
}
