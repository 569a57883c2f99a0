//! `store_state.json` and `store_offset.json`.

use std::io::{self, Write};

use inventory_http::wire::Position;
use inventory_log::disk::Directory;

use super::envelope::{self, Cached};
use super::error::{Absence, SaveError};

const STATE: &str = "store_state.json";
const OFFSET: &str = "store_offset.json";

/// The replica's files. It knows nothing about their content but where it stands.
#[derive(Debug)]
pub struct CacheFiles {
    directory: Directory,
    /// Length of the state's file.
    bytes: u64,
}

impl CacheFiles {
    /// The files of a directory, and what the last save left there; or why there is nothing, for the log.
    pub fn open(directory: &Directory) -> (Self, Result<Cached, Absence>) {
        let mut files = Self {
            directory: directory.clone(),
            bytes: 0,
        };
        let cached = match directory.read(STATE) {
            Ok(Some(file)) => {
                files.bytes = file.len() as u64;
                envelope::read(file)
            }
            Ok(None) => Err(Absence::Missing),
            Err(error) => Err(Absence::Unreadable(error)),
        };
        (files, cached)
    }

    /// Length of the state's file, which is what a save writes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Saves a state in one step: a crash leaves the one before, or this one.
    ///
    /// # Errors
    ///
    /// [`SaveError::State`]: the state is not saved. [`SaveError::Offset`]: it is, only the offset beside it trails.
    pub fn save(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
        position: Position,
    ) -> Result<(), SaveError> {
        let state = self
            .directory
            .replace(STATE, |out| envelope::write(out, position, write))
            .map_err(|error| SaveError::State(error.into()))?;
        self.bytes = state.size();
        let offset = |out: &mut dyn Write| {
            serde_json::to_writer(&mut *out, &position)?;
            out.write_all(b"\n")
        };
        // Only now: whoever reads the offset finds a state that is at least that far.
        self.directory
            .replace(OFFSET, offset)
            .map_err(|error| SaveError::Offset(error.into()))?;
        Ok(())
    }
}
