//! Search by level: finds the events that touched levels, reading each line once for all the levels that it may mention.

use std::collections::{BTreeMap, BTreeSet};

use inventory_core::machine::Event;
use inventory_core::ports::{Levels, ReadError, Touch, Wanted};
use inventory_core::vocabulary::{ProductId, Sequence, StoreId};

use super::FileLogReader;
use super::lookup::{Lookup, before, bound_back, line_at};
use crate::file::index::{Finder, Subject};

/// A level, and what the lines that touch it are found by. The order is that of an index.
type Level<'a> = (Subject, &'a ProductId, &'a StoreId);

impl FileLogReader {
    /// For each level, the last event at or before `through` that touches it.
    pub(super) fn touches_back(
        &self,
        levels: &Levels,
        through: Sequence,
        wanted: &Wanted,
    ) -> Result<Vec<Touch>, ReadError> {
        wanted.check()?;
        let mut touches = Touches::of(self, levels, wanted);
        let mut position = through.min(self.head());
        while !touches.missing.is_empty()
            && let Some(mut finder) = touches.lookup.finder_back(position)?
        {
            let bound = bound_back(&finder, position)?;
            touches.collect(&mut finder, bound, Way::Back(through))?;
            position = before(&finder);
        }
        Ok(touches.found.into_values().collect())
    }

    /// For each level, the first event after `after` that touches it.
    pub(super) fn touches_on(
        &self,
        levels: &Levels,
        after: Sequence,
        wanted: &Wanted,
    ) -> Result<Vec<Touch>, ReadError> {
        wanted.check()?;
        let floor = self.layout.read().floor;
        if after < floor {
            return Err(ReadError::Purged { floor });
        }
        let mut touches = Touches::of(self, levels, wanted);
        let head = self.head();
        let mut position = after;
        while !touches.missing.is_empty() && position < head {
            let mut finder = touches.lookup.finder(position.next())?;
            let bound = match position < finder.located().first {
                true => Some(0),
                false => line_at(&finder, position.next())?.map(|(offset, _)| offset),
            };
            if let Some(bound) = bound {
                touches.collect(&mut finder, bound, Way::On(after))?;
            }
            position = finder.located().last;
        }
        Ok(touches.found.into_values().collect())
    }
}

/// Which way a search goes.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// To older lines, from this position on.
    Back(Sequence),
    /// To newer lines, from the one after this position on.
    On(Sequence),
}

impl Way {
    fn counts(self, sequence: Sequence) -> bool {
        match self {
            Self::Back(through) => sequence <= through,
            Self::On(after) => sequence > after,
        }
    }

    /// The line of a subject that comes next, from that at an offset on.
    fn next(
        self,
        finder: &mut Finder<'_>,
        subject: Subject,
        offset: u64,
    ) -> Result<Option<u64>, ReadError> {
        match self {
            Self::Back(_) => finder.back(subject, offset),
            Self::On(_) => finder.on(subject, offset),
        }
    }

    /// The offset behind a line; `None` when there is no line behind it.
    fn behind(self, offset: u64) -> Option<u64> {
        match self {
            Self::Back(_) => offset.checked_sub(1),
            Self::On(_) => Some(offset + 1),
        }
    }
}

/// The touches that were found, and the levels whose touch was not.
struct Touches<'a> {
    lookup: Lookup<'a>,
    missing: BTreeSet<Level<'a>>,
    found: BTreeMap<(&'a ProductId, &'a StoreId), Touch>,
}

impl<'a> Touches<'a> {
    fn of(reader: &'a FileLogReader, levels: &'a Levels, wanted: &'a Wanted) -> Self {
        let missing = levels.iter().map(|(product, store)| {
            let subject = Subject::of_touches(product, store);
            (subject, product, store)
        });
        Self {
            lookup: Lookup::new(reader, wanted),
            missing: missing.collect(),
            found: BTreeMap::new(),
        }
    }

    /// Takes what the lines of one segment tell, from that at an offset on.
    fn collect(&mut self, finder: &mut Finder<'_>, offset: u64, way: Way) -> Result<(), ReadError> {
        let mut lines: BTreeMap<u64, Vec<Level<'a>>> = BTreeMap::new();
        for &level in &self.missing {
            if let Some(line) = way.next(finder, level.0, offset)? {
                lines.entry(line).or_default().push(level);
            }
        }
        let next = |lines: &mut BTreeMap<_, _>| match way {
            Way::Back(_) => lines.pop_last(),
            Way::On(_) => lines.pop_first(),
        };
        while let Some((line, levels)) = next(&mut lines) {
            let found = self.touches_of(finder, line, &levels, way)?;
            for (level, touch) in levels.into_iter().zip(found) {
                let (subject, product, store) = level;
                if let Some(touch) = touch {
                    self.missing.remove(&level);
                    self.found.insert((product, store), touch);
                } else if let Some(behind) = way.behind(line)
                    && let Some(line) = way.next(finder, subject, behind)?
                {
                    // Another name with the same digest, or an event on the other side of the position.
                    lines.entry(line).or_default().push(level);
                }
            }
        }
        Ok(())
    }

    /// What a line tells of levels, of each in their order.
    fn touches_of(
        &mut self,
        finder: &Finder<'_>,
        line: u64,
        levels: &[Level<'_>],
        way: Way,
    ) -> Result<Vec<Option<Touch>>, ReadError> {
        let numbers = levels.iter().enumerate();
        let numbers: BTreeMap<_, _> = numbers
            .map(|(number, (_, product, store))| ((product.as_str(), store.as_str()), number))
            .collect();
        let excerpt = self.lookup.select(finder, line, |product, store| {
            store.is_some_and(|store| numbers.contains_key(&(product, store)))
        })?;
        let mut touches = vec![None; levels.len()];
        let Some(excerpt) = excerpt else {
            return Ok(touches);
        };
        for (sequence, event) in excerpt.events {
            let Event::Moved(movement) = event else {
                continue;
            };
            let name = (movement.product.as_str(), movement.store.as_str());
            let number = numbers.get(&name).copied();
            let Some(touch) = number.and_then(|number| touches.get_mut(number)) else {
                continue;
            };
            // The last one of them on the way back, the first one on the way on.
            let comes_first = touch.is_none() || matches!(way, Way::Back(_));
            if movement.touches() && way.counts(sequence) && comes_first {
                *touch = Some(Touch {
                    sequence,
                    recorded_at: excerpt.recorded_at,
                    movement,
                });
            }
        }
        Ok(touches)
    }
}
