//! Filtered reads: finds the entries that pass a filter.

use inventory_core::ports::{EntryFilter, Excerpt, ReadError, Wanted};
use inventory_core::vocabulary::{Sequence, StoreId};

use super::FileLogReader;
use super::lookup::{Lookup, before, bound_back};
use crate::file::index::{Finder, Subject};

impl FileLogReader {
    /// What passes a filter of the newest entries that begin at or before `through`.
    pub(super) fn newest_filtered(
        &self,
        filter: &EntryFilter,
        through: Sequence,
        entries_max: usize,
        wanted: &Wanted,
    ) -> Result<Vec<Excerpt>, ReadError> {
        wanted.check()?;
        let lists = Subject::of_filter(filter);
        let mut lookup = Lookup::new(self, wanted);
        let mut found = Vec::new();
        let mut position = through.min(self.head());
        while found.len() < entries_max
            && let Some(finder) = lookup.finder_back(position)?
        {
            let mut offset = Some(bound_back(&finder, position)?);
            let before = before(&finder);
            let mut ways = vec![finder];
            while ways.len() < lists.len() {
                // Each keeps the block that it has read last.
                let Some(finder) = lookup.finder_back(position)? else {
                    return Ok(found);
                };
                ways.push(finder);
            }
            while found.len() < entries_max
                && let Some(most) = offset
                && let Some(line) = newest(&mut ways, &lists, most)?
            {
                let excerpt = lookup.select(&ways[0], line, |product, store| match filter {
                    EntryFilter::Product(wanted) => product == wanted.as_str(),
                    EntryFilter::Level(wanted, at) => {
                        product == wanted.as_str() && store == Some(at.as_str())
                    }
                    EntryFilter::Reference(_) => true,
                    EntryFilter::Named(_, wanted, at) => {
                        let is_there = |at: &StoreId| store == Some(at.as_str());
                        product == wanted.as_str() && at.as_ref().is_none_or(is_there)
                    }
                })?;
                found.extend(excerpt.filter(|excerpt| {
                    let beside = excerpt.annotations.as_deref();
                    let named = beside.and_then(|beside| beside.reference.as_ref());
                    let is_named = filter.reference().is_none_or(|of| named == Some(of));
                    is_named && excerpt.first <= through && !excerpt.events.is_empty()
                }));
                offset = line.checked_sub(1);
            }
            position = before;
        }
        Ok(found)
    }
}

/// Where the last line starts, up to an offset, that has a subject of each list. What is rarest decides how many steps it takes:
/// no line is read that is not of all of them.
fn newest(
    ways: &mut [Finder<'_>],
    lists: &[Vec<Subject>],
    mut most: u64,
) -> Result<Option<u64>, ReadError> {
    loop {
        let before = most;
        for (finder, subjects) in ways.iter_mut().zip(lists) {
            let mut newest = None;
            for &subject in subjects {
                newest = newest.max(finder.back(subject, most)?);
            }
            match newest {
                Some(found) => most = found,
                None => return Ok(None),
            }
        }
        if most == before || lists.len() == 1 {
            return Ok(Some(most));
        }
    }
}
