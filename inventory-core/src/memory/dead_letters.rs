//! Dead letters in memory.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::ports::{DeadLetter, DeadLetters, Resolution, Resolved, StorageError};

/// Keeps dead letters in the order of burial.
#[derive(Debug)]
pub struct MemoryDeadLetters {
    letters: Arc<Mutex<Vec<DeadLetter>>>,
}

impl MemoryDeadLetters {
    pub(super) fn new(letters: Arc<Mutex<Vec<DeadLetter>>>) -> Self {
        Self { letters }
    }
}

impl DeadLetters for MemoryDeadLetters {
    fn bury(&mut self, letters: &[DeadLetter]) -> Result<(), StorageError> {
        let mut buried = self.letters.lock();
        for letter in letters {
            if buried.iter().all(|buried| buried.id != letter.id) {
                buried.push(letter.clone());
            }
        }
        Ok(())
    }

    fn resolve(&mut self, id: &str, resolution: &Resolution) -> Result<Resolved, StorageError> {
        let mut letters = self.letters.lock();
        let Some(letter) = letters.iter_mut().find(|buried| buried.id == id) else {
            return Ok(Resolved::Unknown);
        };
        if letter.resolution.is_some() {
            return Ok(Resolved::Before);
        }
        letter.resolution = Some(resolution.clone());
        Ok(Resolved::Now)
    }

    fn each(&self, show: &mut dyn FnMut(DeadLetter)) -> Result<(), StorageError> {
        self.letters.lock().iter().cloned().for_each(show);
        Ok(())
    }
}
