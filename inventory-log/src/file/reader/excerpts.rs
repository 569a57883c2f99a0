//! Finds what is on a trail.

use inventory_core::ports::{Excerpt, ReadError, Trail, Wanted};
use inventory_core::vocabulary::Sequence;

use super::FileLogReader;
use super::lookup::{Lookup, line_at};
use crate::file::index::{Finder, Subject};

impl FileLogReader {
    /// What is on a trail of the newest entries that begin at or before `through`.
    pub(super) fn newest_of_trail(
        &self,
        trail: &Trail,
        through: Sequence,
        entries_max: usize,
        wanted: &Wanted,
    ) -> Result<Vec<Excerpt>, ReadError> {
        wanted.check()?;
        let subjects = Subject::of_trail(trail);
        let mut lookup = Lookup::new(self, wanted);
        let mut found = Vec::new();
        let mut position = through.min(self.head());
        while found.len() < entries_max
            && let Some(mut finder) = lookup.finder_back(position)?
        {
            let mut offset = Some(bound_back(&finder, position)?);
            while found.len() < entries_max
                && let Some(most) = offset
                && let Some(line) = newest(&mut finder, &subjects, most)?
            {
                let excerpt = lookup.select(&finder, line, |product, store| match trail {
                    Trail::Product(wanted) => product == wanted.as_str(),
                    Trail::Level(wanted, at) => {
                        product == wanted.as_str() && store == Some(at.as_str())
                    }
                    Trail::Reference(_) => true,
                })?;
                found.extend(excerpt.filter(|excerpt| {
                    let is_named = match trail {
                        Trail::Product(_) | Trail::Level(..) => true,
                        Trail::Reference(reference) => {
                            let beside = excerpt.annotations.as_deref();
                            beside.and_then(|beside| beside.reference.as_ref()) == Some(reference)
                        }
                    };
                    is_named && excerpt.first <= through && !excerpt.events.is_empty()
                }));
                offset = line.checked_sub(1);
            }
            position = before(&finder);
        }
        Ok(found)
    }
}

/// Where the last line of some subjects starts, up to an offset.
fn newest(
    finder: &mut Finder<'_>,
    subjects: &[Subject],
    most: u64,
) -> Result<Option<u64>, ReadError> {
    let mut newest = None;
    for &subject in subjects {
        newest = newest.max(finder.back(subject, most)?);
    }
    Ok(newest)
}

/// The offset of the last line that may hold a position or one before it.
pub(super) fn bound_back(finder: &Finder<'_>, position: Sequence) -> Result<u64, ReadError> {
    if position >= finder.located().last {
        return Ok(u64::MAX);
    }
    let line = line_at(finder, position)?;
    Ok(line.map_or(u64::MAX, |(offset, _)| offset))
}

/// The position before a segment.
pub(super) fn before(finder: &Finder<'_>) -> Sequence {
    Sequence::new(finder.located().first.number() - 1)
}
