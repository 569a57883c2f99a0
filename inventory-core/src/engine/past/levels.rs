//! The levels of some products at a position, and the events that tell them.

use std::collections::{BTreeMap, BTreeSet};

use super::product::{LevelsThen, Present};
use super::{PastError, level_before};
use crate::engine::Reader;
use crate::machine::Level;
use crate::ports::{Levels, Touch};
use crate::vocabulary::{ProductId, Sequence, StoreId};

/// What a level's name is.
type LevelId = (ProductId, StoreId);

impl Reader {
    /// The levels of products at a position, in the order of the products. The log is searched for all of them at once.
    pub(super) fn levels_then(
        &self,
        presents: &[Present],
        at: Sequence,
    ) -> Result<Vec<LevelsThen>, PastError> {
        let wanted: Levels = presents.iter().flat_map(Present::level_ids).collect();
        let buried: BTreeSet<_> = presents
            .iter()
            .flat_map(|present| present.buried.keys().copied())
            .collect();
        let last = self.last_applied(&wanted, &buried, at)?;
        // Looked at after the search: where nothing was purged by now, it has seen everything.
        let is_whole = self.floor() == Sequence::START;
        let untold: Levels = match is_whole {
            true => Levels::new(),
            false => {
                let untold = wanted.iter().filter(|level| !last.contains_key(*level));
                untold.cloned().collect()
            }
        };
        let first = self.first_after(&untold, at)?;
        let levels = presents.iter().map(|present| {
            let mut then = self.told(present, at, &last, &first, &untold)?;
            then.is_whole = is_whole;
            Ok(then)
        });
        levels.collect()
    }

    /// What the events around a position tell of a product.
    fn told(
        &self,
        present: &Present,
        at: Sequence,
        last: &BTreeMap<LevelId, Touch>,
        first: &BTreeMap<LevelId, Touch>,
        untold: &Levels,
    ) -> Result<LevelsThen, PastError> {
        let mut then = LevelsThen::default();
        for level in present.level_ids() {
            if let Some(touch) = last.get(&level) {
                then.levels.insert(level.1, touch.movement.after.level);
                if (then.last.as_ref()).is_none_or(|known| known.sequence < touch.sequence) {
                    then.last = Some(touch.clone());
                }
            } else if untold.contains(&level) {
                let touch = first.get(&level);
                let until = touch.map_or(present.head, |touch| touch.sequence);
                if present.buried_between(at, until) {
                    // What was buried might have been of this level, and what follows it need not follow from this one.
                    return Err(self.unknown());
                }
                let now = present.product.levels.get(&level.1).copied();
                let before = match touch {
                    Some(touch) => level_before(&touch.movement).ok_or_else(|| self.unknown())?,
                    None => now.unwrap_or_default(),
                };
                if touch.is_none() || before != Level::EMPTY {
                    then.levels.insert(level.1, before);
                }
                if let Some(touch) = touch
                    && (then.first.as_ref()).is_none_or(|known| touch.sequence < known.sequence)
                {
                    then.first = Some(touch.clone());
                }
            }
        }
        Ok(then)
    }

    /// For each level, the last event at or before a position that has touched it, and was applied.
    fn last_applied(
        &self,
        wanted: &Levels,
        buried: &BTreeSet<Sequence>,
        at: Sequence,
    ) -> Result<BTreeMap<LevelId, Touch>, PastError> {
        let mut last = BTreeMap::new();
        let (mut missing, mut through) = (wanted.clone(), at);
        while !missing.is_empty() {
            let found = self.search(|log| log.last_touches(&missing, through, &self.wanted))?;
            missing.clear();
            // What a buried event hides at its level is before it. The others of the levels that are searched again are
            // before it as well, or their last event is found again.
            let mut hidden = None;
            for touch in found {
                let level = (touch.movement.product.clone(), touch.movement.store.clone());
                if buried.contains(&touch.sequence) {
                    hidden = hidden.max(Some(touch.sequence));
                    missing.insert(level);
                } else {
                    last.insert(level, touch);
                }
            }
            through = hidden.map_or(through, |hidden| Sequence::new(hidden.number() - 1));
        }
        Ok(last)
    }

    /// For each level, the first event after a position that touches it.
    fn first_after(
        &self,
        levels: &Levels,
        at: Sequence,
    ) -> Result<BTreeMap<LevelId, Touch>, PastError> {
        if levels.is_empty() {
            return Ok(BTreeMap::new());
        }
        let found = self.search(|log| log.first_touches(levels, at, &self.wanted))?;
        let found = found.into_iter().map(|touch| {
            let level = (touch.movement.product.clone(), touch.movement.store.clone());
            (level, touch)
        });
        Ok(found.collect())
    }
}
