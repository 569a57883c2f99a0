//! Whether the numbers of a product were under suspicion.

use super::PastError;
use super::product::{Present, Touch, touches};
use crate::engine::Reader;
use crate::machine::Kind;
use crate::ports::Trail;
use crate::vocabulary::{Quantity, Sequence};

/// Entries that are read at once.
const PAGE_ENTRIES: usize = 64;

impl Reader {
    /// Whether a product of which something was buried by then was quarantined at a position: unless an event since has
    /// proved its numbers, which is judged as the ledger does.
    pub(super) fn was_quarantined(
        &self,
        present: &Present,
        at: Sequence,
    ) -> Result<bool, PastError> {
        let since = present.buried.range(..=at).next_back();
        let since = since.copied().unwrap_or(Sequence::START).max(self.floor());
        let mut levels = self.levels_at(present, since)?.levels;
        for touch in self.touches_between(present, since, at)? {
            let after = touch.movement.after;
            levels.insert(touch.movement.store, after.level);
            let proves_nothing = matches!(
                touch.movement.kind,
                Kind::Released { .. } | Kind::Expired { .. }
            );
            let sum = levels.values().try_fold(Quantity::ZERO, |sum, level| {
                sum.checked_add(level.available())
            });
            if !proves_nothing && sum == Some(after.total) {
                return Ok(false);
            }
        }
        let is_as_it_was = present.buried.range(at.next()..).next().is_none()
            && self.first_applied(present, at)?.is_empty();
        Ok(!is_as_it_was || present.product.quarantined)
    }

    /// The events of a product after one position and up to another, the oldest first.
    fn touches_between(
        &self,
        present: &Present,
        after: Sequence,
        at: Sequence,
    ) -> Result<Vec<Touch>, PastError> {
        let product = &present.product.id;
        let trail = Trail::Product(product.clone());
        let mut found = Vec::new();
        let mut through = at;
        while through > after {
            let entries = self.search(|log| log.trail(&trail, through, PAGE_ENTRIES))?;
            let Some(oldest) = entries.last() else { break };
            for entry in &entries {
                let between = touches(entry, product)
                    .filter(|touch| after < touch.sequence && touch.sequence <= at)
                    .filter(|touch| !present.buried.contains(&touch.sequence));
                found.extend(between);
            }
            through = Sequence::new(oldest.first.number().saturating_sub(1));
        }
        found.sort_by_key(|touch| touch.sequence);
        Ok(found)
    }
}
