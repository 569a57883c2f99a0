//! Dead letters that the witness can look at although the engine has them.

use std::sync::Arc;

use inventory_core::ports::{DeadLetter, DeadLetters, Resolution, Resolved, StorageError};
use parking_lot::Mutex;

/// What the engine was last told to be buried. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub(super) struct Listed(Arc<Mutex<Vec<DeadLetter>>>);

impl Listed {
    pub(super) fn take(&self) -> Vec<DeadLetter> {
        std::mem::take(&mut *self.0.lock())
    }

    /// Notes what `letters` lists: the engine asks for it at the end of each start.
    pub(super) fn watch(&self, letters: impl DeadLetters + 'static) -> Box<dyn DeadLetters> {
        Box::new(Watched {
            letters,
            listed: self.clone(),
        })
    }
}

struct Watched<L> {
    letters: L,
    listed: Listed,
}

impl<L: DeadLetters> DeadLetters for Watched<L> {
    fn bury(&mut self, letters: &[DeadLetter]) -> Result<(), StorageError> {
        self.letters.bury(letters)
    }

    fn resolve(&mut self, id: &str, resolution: &Resolution) -> Result<Resolved, StorageError> {
        self.letters.resolve(id, resolution)
    }

    fn each(&self, show: &mut dyn FnMut(DeadLetter)) -> Result<(), StorageError> {
        let mut shown = Vec::new();
        self.letters.each(&mut |letter| {
            shown.push(letter.clone());
            show(letter);
        })?;
        *self.listed.0.lock() = shown;
        Ok(())
    }
}
