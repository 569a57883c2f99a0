//! A product as the ledger had it.

use std::collections::{BTreeMap, BTreeSet};

use super::{PastError, level_before, total_before};
use crate::engine::Reader;
use crate::machine::{Entry, Ledger, Level, Movement, ProductView};
use crate::vocabulary::{ProductId, Quantity, Sequence, StoreId, Timestamp, Version};

/// A product as the ledger had it right after a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastProduct {
    /// The product.
    pub id: ProductId,
    /// How often it had been written.
    pub version: Version,
    /// Available over all stores.
    pub total: Quantity,
    /// When it had last been written; `None` when the log no longer holds the event, or the product was known by a buried
    /// event alone.
    pub updated_at: Option<Timestamp>,
    /// Whether its numbers were under suspicion. Of what was buried before the oldest position that is kept, it may no
    /// longer be known when that ended: then they are until something kept ends it.
    pub quarantined: bool,
    /// What each store had of it. A level that was empty, and was not written since the oldest position that is kept, may be
    /// missing.
    pub levels: BTreeMap<StoreId, Level>,
}

/// What the ledger says of a product, and how far it had followed the log then.
pub(super) struct Present {
    pub(super) head: Sequence,
    pub(super) product: PastProduct,
    /// Positions of the product that have no effect.
    pub(super) buried: BTreeSet<Sequence>,
}

impl Present {
    pub(super) fn of(ledger: &Ledger, view: ProductView<'_>, buried: BTreeSet<Sequence>) -> Self {
        let levels: BTreeMap<_, _> = view
            .levels()
            .map(|(store, level)| (store.clone(), level))
            .collect();
        Self {
            head: ledger.head().sequence,
            product: PastProduct {
                id: view.id().clone(),
                version: view.version(),
                total: view.total(),
                updated_at: (!levels.is_empty()).then(|| view.updated_at()),
                quarantined: view.quarantined(),
                levels,
            },
            buried,
        }
    }

    /// Whether something of the product was buried after `after`, up to `through`.
    fn buried_between(&self, after: Sequence, through: Sequence) -> bool {
        self.buried
            .iter()
            .any(|&buried| after < buried && buried <= through)
    }
}

/// An event that has touched a level.
pub(super) struct Touch {
    pub(super) sequence: Sequence,
    pub(super) recorded_at: Timestamp,
    pub(super) movement: Movement,
}

/// The events of an entry that touch a level of a product.
pub(super) fn touches(entry: &Entry, product: &ProductId) -> impl Iterator<Item = Touch> {
    let movements = entry
        .numbered()
        .filter_map(|(sequence, event)| Some((sequence, event.movement()?)));
    movements
        .filter(move |(_, movement)| movement.product == *product && movement.touches())
        .map(|(sequence, movement)| Touch {
            sequence,
            recorded_at: entry.recorded_at,
            movement: movement.clone(),
        })
}

/// The levels of a product at a position, and the events that tell them.
pub(super) struct Levels {
    pub(super) levels: BTreeMap<StoreId, Level>,
    /// The last event of the product at or before the position.
    last: Option<Touch>,
    /// The first event after it, where it was looked for.
    first: Option<Touch>,
    /// Whether nothing that was purged can be missing.
    is_whole: bool,
}

impl Reader {
    /// A product as the ledger had it right after a position, or in the middle of an entry: `None` when it had not been
    /// written by then.
    ///
    /// # Errors
    ///
    /// See [`PastError`]; today's numbers are never given for those of a past that is gone.
    pub fn product_as_of(
        &self,
        product: &ProductId,
        at: Sequence,
    ) -> Result<Option<PastProduct>, PastError> {
        let (head, present) = self.read(|ledger| {
            let present = ledger.product(product).map(|view| {
                let buried = ledger.buried().iter();
                let of_it = buried.filter(|(_, buried)| buried.product.as_ref() == Some(product));
                Present::of(ledger, view, of_it.map(|(&sequence, _)| sequence).collect())
            });
            (ledger.head().sequence, present)
        });
        if at > head {
            return Err(PastError::AheadOfHead { head });
        }
        self.check_kept(at)?;
        match present {
            Some(present) => self.past(present, at),
            None => Ok(None),
        }
    }

    /// What a product was at a position, from what it is.
    pub(super) fn past(
        &self,
        present: Present,
        at: Sequence,
    ) -> Result<Option<PastProduct>, PastError> {
        if at >= present.head {
            return Ok(Some(present.product));
        }
        let levels = self.levels_at(&present, at)?;
        let (version, total, updated_at) = match (&levels.last, &levels.first) {
            (Some(last), _) => {
                let after = last.movement.after;
                (after.version, after.total, Some(last.recorded_at))
            }
            (None, _) if levels.is_whole => (Version::NEVER_WRITTEN, Quantity::ZERO, None),
            (None, Some(first)) => {
                if present.buried_between(at, first.sequence) {
                    return Err(self.unknown());
                }
                let number = first.movement.after.version.number().saturating_sub(1);
                let version = Version::new(number).expect("it is below a version");
                let total = total_before(&first.movement).ok_or_else(|| self.unknown())?;
                (version, total, None)
            }
            // Nothing but a buried event knows of it.
            (None, None) if present.product.levels.is_empty() => {
                (Version::NEVER_WRITTEN, Quantity::ZERO, None)
            }
            (None, None) => {
                let product = &present.product;
                (product.version, product.total, product.updated_at)
            }
        };
        let since = levels.last.as_ref().map(|last| last.sequence);
        let claimed = self.claimed(&present, since.unwrap_or(Sequence::START), at)?;
        let version = version.max(claimed.unwrap_or(Version::NEVER_WRITTEN));
        let known = present.buried.iter().any(|&buried| buried <= at);
        if version == Version::NEVER_WRITTEN && !known {
            return Ok(None);
        }
        Ok(Some(PastProduct {
            version,
            total,
            updated_at,
            quarantined: known && self.was_quarantined(&present, at)?,
            levels: levels.levels,
            id: present.product.id,
        }))
    }

    pub(super) fn levels_at(&self, present: &Present, at: Sequence) -> Result<Levels, PastError> {
        let last = self.last_applied(present, at)?;
        // Looked at after the search: where nothing was purged by now, it has seen everything.
        let is_whole = self.floor() == Sequence::START;
        let known = present.product.levels.keys();
        let told = is_whole || known.into_iter().all(|store| last.contains_key(store));
        let first = match told {
            true => BTreeMap::new(),
            false => self.first_applied(present, at)?,
        };
        let mut levels: BTreeMap<_, _> = last
            .iter()
            .map(|(store, touch)| (store.clone(), touch.movement.after.level))
            .collect();
        if !told {
            for (store, &level) in &present.product.levels {
                if levels.contains_key(store) {
                    continue;
                }
                let first = first.get(store);
                let until = first.map_or(present.head, |touch| touch.sequence);
                if present.buried_between(at, until) {
                    // What was buried might have been of this level, and what follows it need not follow from this one.
                    return Err(self.unknown());
                }
                let before = match first {
                    Some(touch) => level_before(&touch.movement).ok_or_else(|| self.unknown())?,
                    None => level,
                };
                if first.is_none() || before != Level::EMPTY {
                    levels.insert(store.clone(), before);
                }
            }
        }
        Ok(Levels {
            levels,
            last: last.into_values().max_by_key(|touch| touch.sequence),
            first: first.into_values().min_by_key(|touch| touch.sequence),
            is_whole,
        })
    }

    /// For each store, the last event at or before a position that has touched the level there, and was applied.
    fn last_applied(
        &self,
        present: &Present,
        at: Sequence,
    ) -> Result<BTreeMap<StoreId, Touch>, PastError> {
        let product = &present.product.id;
        let mut last: BTreeMap<StoreId, Touch> = BTreeMap::new();
        let mut through = at;
        loop {
            let mut buried = None;
            for entry in self.search(|log| log.last_touches(product, through))? {
                for touch in touches(&entry, product).filter(|touch| touch.sequence <= through) {
                    if present.buried.contains(&touch.sequence) {
                        buried = buried.max(Some(touch.sequence));
                        continue;
                    }
                    let known = last.get(&touch.movement.store);
                    if known.is_none_or(|known| known.sequence < touch.sequence) {
                        last.insert(touch.movement.store.clone(), touch);
                    }
                }
            }
            // What a buried event hides at its store is before it.
            let Some(buried) = buried else {
                return Ok(last);
            };
            through = Sequence::new(buried.number() - 1);
        }
    }

    /// For each store, the first event after a position that touches the level there.
    pub(super) fn first_applied(
        &self,
        present: &Present,
        at: Sequence,
    ) -> Result<BTreeMap<StoreId, Touch>, PastError> {
        let product = &present.product.id;
        let mut first: BTreeMap<StoreId, Touch> = BTreeMap::new();
        for entry in self.search(|log| log.first_touches(product, at))? {
            for touch in touches(&entry, product).filter(|touch| touch.sequence > at) {
                let known = first.get(&touch.movement.store);
                if known.is_none_or(|known| touch.sequence < known.sequence) {
                    first.insert(touch.movement.store.clone(), touch);
                }
            }
        }
        Ok(first)
    }

    /// The highest version that a buried event after `after` has claimed, up to a position: it counts as used.
    fn claimed(
        &self,
        present: &Present,
        after: Sequence,
        at: Sequence,
    ) -> Result<Option<Version>, PastError> {
        let floor = self.floor().max(after);
        let buried = present.buried.iter().copied();
        let mut claimed = None;
        for buried in buried.filter(|&buried| floor < buried && buried <= at) {
            let before = Sequence::new(buried.number() - 1);
            let page = self.search(|log| log.read(before, 1))?;
            let entry = page.first().filter(|entry| entry.first <= buried);
            let mut events = entry.into_iter().flat_map(|entry| entry.numbered());
            let event = events.find(|(sequence, _)| *sequence == buried);
            claimed = claimed.max(event.and_then(|(_, event)| event.version()));
        }
        Ok(claimed)
    }

    /// What is kept of the log does not tell.
    pub(super) fn unknown(&self) -> PastError {
        PastError::BeyondRetention {
            floor: self.floor(),
        }
    }
}
