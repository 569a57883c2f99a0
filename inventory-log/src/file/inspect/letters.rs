//! Dead letters of an inspected directory, read where they are.

use std::io;

use inventory_core::ports::DeadLetter;
use rapidhash::RapidHashMap;

use super::fault::{Fault, FaultKind};
use super::view::View;
use crate::disk::DiskFile as _;
use crate::file::dead_letters::{Line, decode};
use crate::file::lines::Lines;
use crate::file::names::DEAD_LETTERS;

impl View {
    /// The dead letters, in the order in which they were buried, and the lines that are none.
    ///
    /// # Errors
    ///
    /// Storage failed.
    pub fn dead_letters(&self) -> io::Result<(Vec<DeadLetter>, Vec<Fault>)> {
        let (mut letters, mut faults): (Vec<DeadLetter>, Vec<Fault>) = Default::default();
        let Some(file) = self.file(DEAD_LETTERS) else {
            return Ok((letters, faults));
        };
        let size = file.size()?;
        let mut places = RapidHashMap::default();
        let mut lines = Lines::from(0);
        while let Some(piece) = lines.next(file, size)? {
            match decode(piece.bytes).filter(|_| piece.ended) {
                Some(Line::Letter(letter)) => {
                    places.entry(letter.id.clone()).or_insert_with(|| {
                        letters.push(letter);
                        letters.len() - 1
                    });
                }
                Some(Line::Resolution { id, resolution }) => {
                    if let Some(&place) = places.get(&id) {
                        letters[place].resolution.get_or_insert(resolution);
                    }
                }
                None => {
                    let (kind, what) = match piece.ended {
                        true => (FaultKind::DeadLetter, "a line that is not what was written"),
                        false => (FaultKind::Interrupted, "a line that was not finished"),
                    };
                    faults.push(Fault::new(kind, DEAD_LETTERS, piece.offset, what));
                }
            }
        }
        Ok((letters, faults))
    }
}
