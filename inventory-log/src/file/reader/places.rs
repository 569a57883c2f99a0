//! Cached read positions: the places where pages ended, which all readers of a log share.

use std::mem;

use inventory_core::vocabulary::Sequence;
use parking_lot::{Mutex, RwLock};

use super::place::Place;
use crate::codec::interner::Interner;
use crate::file::segment::Layout;

/// Places that are remembered: about as many as there are followers of one log, each at its own.
const PLACES_MAX: usize = 16;

/// Places to go on from, and the ids that were read last. What they cost is bounded however many readers came and went.
///
/// **Invariant**: none is in a segment that was purged, so none keeps the file of one open.
#[derive(Debug, Default)]
pub(in crate::file) struct Places {
    kept: Mutex<Vec<Place>>,
    ids: Mutex<Interner>,
}

impl Places {
    /// The place where the page before a position ended, if it is remembered.
    pub(super) fn take(&self, position: Sequence) -> Option<Place> {
        let mut kept = self.kept.lock();
        let at = kept.iter().position(|place| place.next == position)?;
        Some(kept.remove(at))
    }

    /// Remembers a place, unless its segment is no longer there.
    pub(super) fn keep(&self, mut place: Place, layout: &RwLock<Layout>) {
        place.rest();
        let mut kept = self.kept.lock();
        // Under the lock: who purges a segment looks at what is kept afterwards.
        if layout.read().refresh(&mut place.segment) {
            if kept.len() == PLACES_MAX {
                kept.remove(0);
            }
            kept.push(place);
        }
    }

    /// The ids that were read before, for one who reads now; none, while somebody else has them.
    pub(super) fn ids(&self) -> Interner {
        mem::take(&mut *self.ids.lock())
    }

    /// Takes the ids back.
    pub(super) fn keep_ids(&self, ids: Interner) {
        *self.ids.lock() = ids;
    }

    /// Forgets the places in segments that end at or before a position, once they are no longer in the layout.
    pub(in crate::file) fn purge(&self, through: Sequence) {
        self.kept
            .lock()
            .retain(|place| place.segment.last > through);
    }

    /// Forgets all places, once the history that they are in was set aside.
    pub(in crate::file) fn clear(&self) {
        self.kept.lock().clear();
    }
}
