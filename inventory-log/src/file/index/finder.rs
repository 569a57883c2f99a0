//! Index lookup: finds the lines of subjects in one segment.

use inventory_core::ports::ReadError;
use inventory_core::vocabulary::Sequence;

use super::indexes::Indexes;
use super::key::{Key, Subject};
use super::marks::Mark;
use super::sidecar::Sidecar;
use super::source::Source;
use crate::file::handle::Handle;
use crate::file::segment::{Located, Segment};

/// Answers where lines are. Each question costs one block of a sidecar at most, and none when the last one was of the same.
#[derive(Debug)]
pub(in crate::file) struct Finder<'a> {
    indexes: &'a Indexes,
    handle: Handle<'a>,
    source: Source,
    /// The block that was read last, and its number.
    block: Option<(usize, Vec<Key>)>,
}

impl Indexes {
    /// Finds lines in a segment.
    ///
    /// # Errors
    ///
    /// As when the segment is read: without an index, it is.
    pub(in crate::file) fn finder(&self, located: Located) -> Result<Finder<'_>, ReadError> {
        let handle = self.handle(located);
        Ok(Finder {
            source: self.source(&handle)?,
            indexes: self,
            handle,
            block: None,
        })
    }
}

impl Finder<'_> {
    /// Where the last line of a subject starts, of those that start at or before an offset.
    ///
    /// # Errors
    ///
    /// A block of the sidecar was not what was written, and the segment cannot be read.
    pub(in crate::file) fn back(
        &mut self,
        subject: Subject,
        offset: u64,
    ) -> Result<Option<u64>, ReadError> {
        // Readers go no further than what was durable when they asked.
        let Some(last) = self.handle.located.end.checked_sub(1) else {
            return Ok(None);
        };
        let most = Key::new(subject, offset.min(last));
        let found = self.look(|source, block| match source {
            Source::Runs { runs, .. } => {
                let last = runs.iter().filter_map(|run| last_up_to(run, most));
                Some(last.max())
            }
            Source::Sidecar(sidecar) => match sidecar.block_back(most) {
                None => Some(None),
                Some(number) => {
                    let keys = load(block, sidecar, number)?;
                    Some(last_up_to(keys, most))
                }
            },
        })?;
        Ok(found.filter(|key| key.is_of(subject)).map(Key::offset))
    }

    /// Where the first line of a subject starts, of those that start at or after an offset.
    ///
    /// # Errors
    ///
    /// As for [`Finder::back`].
    pub(in crate::file) fn on(
        &mut self,
        subject: Subject,
        offset: u64,
    ) -> Result<Option<u64>, ReadError> {
        let least = Key::new(subject, offset);
        let found = self.look(|source, block| match source {
            Source::Runs { runs, .. } => {
                let first = runs.iter().filter_map(|run| first_from(run, least));
                Some(first.min())
            }
            Source::Sidecar(sidecar) => {
                let within = match sidecar.block_back(least) {
                    None => None,
                    Some(number) => first_from(load(block, sidecar, number)?, least),
                };
                Some(within.or_else(|| sidecar.fence_after(least)))
            }
        })?;
        let end = self.handle.located.end;
        let found = found.filter(|key| key.is_of(subject) && key.offset() < end);
        Ok(found.map(Key::offset))
    }

    /// The segment as it was located.
    pub(in crate::file) fn located(&self) -> &Located {
        &self.handle.located
    }

    /// The marks of the segment.
    pub(in crate::file) fn marks(&self) -> &[Mark] {
        match &self.source {
            Source::Runs { marks, .. } => marks,
            Source::Sidecar(sidecar) => &sidecar.marks,
        }
    }

    /// Where the lines can be read one by one from, to come soon to the one that holds a position.
    pub(in crate::file) fn start_of(&self, position: Sequence) -> u64 {
        let marks = self.marks();
        let after = marks.partition_point(|mark| mark.first <= position.number());
        let mark = after.checked_sub(1).and_then(|before| marks.get(before));
        mark.map_or(0, |mark| mark.offset)
    }

    /// The segment, opened.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    pub(in crate::file) fn segment(&self) -> Result<&Segment, ReadError> {
        self.handle.segment()
    }

    /// As [`Indexes::doubt`], of this segment.
    pub(in crate::file) fn doubt(&self) -> ReadError {
        match self.handle.segment() {
            Ok(segment) => self.indexes.doubt(segment),
            Err(error) => error,
        }
    }

    /// Looks at the source; where a block is not what was written, at what is made anew. `None` stands for such a block.
    fn look(
        &mut self,
        look: impl Fn(&Source, &mut Option<(usize, Vec<Key>)>) -> Option<Option<Key>>,
    ) -> Result<Option<Key>, ReadError> {
        loop {
            if let Some(found) = look(&self.source, &mut self.block) {
                return Ok(found);
            }
            let segment = self.handle.segment()?;
            self.indexes.forget(segment);
            self.source = self.indexes.made_anew(segment)?;
            self.block = None;
        }
    }
}

/// The keys of a block, which stays loaded; `None` when they are not what was written, or cannot be read.
fn load<'b>(
    loaded: &'b mut Option<(usize, Vec<Key>)>,
    sidecar: &Sidecar,
    number: usize,
) -> Option<&'b [Key]> {
    if loaded.as_ref().is_none_or(|(of, _)| *of != number) {
        *loaded = Some((number, sidecar.block(number).ok()??));
    }
    loaded.as_ref().map(|(_, keys)| &**keys)
}

fn last_up_to(keys: &[Key], most: Key) -> Option<Key> {
    let after = keys.partition_point(|&key| key <= most);
    keys.get(after.checked_sub(1)?).copied()
}

fn first_from(keys: &[Key], least: Key) -> Option<Key> {
    let at = keys.partition_point(|&key| key < least);
    keys.get(at).copied()
}
