//! Large requests of the past: encoded once for all who are sent them at the same time.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use inventory_core::machine::Entry;
use inventory_core::vocabulary::Sequence;
use parking_lot::Mutex;

use super::encoded::EncodedEntry;
use crate::server::Budget;

/// A request of fewer events is not worth looking for.
const EVENTS_MIN: usize = 256;

/// The large entries that somebody holds, by their last offset.
#[derive(Debug, Default)]
pub(super) struct Large(Mutex<BTreeMap<Sequence, Weak<EncodedEntry>>>);

impl Large {
    /// An entry, encoded by whoever asked first; `None` when there is no room for it.
    pub(super) fn encoded(&self, entry: Arc<Entry>, room: &Budget) -> Option<Arc<EncodedEntry>> {
        if entry.events.len() < EVENTS_MIN {
            return EncodedEntry::new(entry, room).map(Arc::new);
        }
        // Others who want the same wait for it.
        let mut held = self.0.lock();
        let at = entry.last();
        if let Some(known) = held.get(&at).and_then(Weak::upgrade) {
            return Some(known);
        }
        held.retain(|_, known| known.strong_count() > 0);
        let encoded = Arc::new(EncodedEntry::new(entry, room)?);
        held.insert(at, Arc::downgrade(&encoded));
        Some(encoded)
    }
}
