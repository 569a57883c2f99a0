//! Unwritten indexes: those of sealed segments that still have no file.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::tail::Tail;
use crate::file::segment::SegmentId;

/// So many are kept, some ten megabytes each. Where nobody saves snapshots, the writer writes the oldest itself.
const KEPT_MAX: usize = 4;

/// What the tails of segments were when these were sealed: sorting and writing one takes longer than any request.
#[derive(Debug, Default)]
pub(super) struct Unwritten(Mutex<BTreeMap<SegmentId, Arc<Tail>>>);

impl Unwritten {
    /// Keeps a tail, unless positions are missing from it. Whoever looks for it while `seal` ends it waits, and finds it here.
    /// Returns the id of the oldest when that has to be written now.
    pub(super) fn keep(&self, seal: impl FnOnce() -> Tail) -> Option<SegmentId> {
        let mut tails = self.0.lock();
        let tail = seal();
        if tail.is_whole() {
            tails.insert(tail.id(), Arc::new(tail));
        }
        let oldest = tails.keys().next().copied();
        oldest.filter(|_| tails.len() > KEPT_MAX)
    }

    pub(super) fn get(&self, id: SegmentId) -> Option<Arc<Tail>> {
        self.0.lock().get(&id).cloned()
    }

    pub(super) fn oldest(&self) -> Option<SegmentId> {
        self.0.lock().keys().next().copied()
    }

    pub(super) fn remove(&self, id: SegmentId) {
        self.0.lock().remove(&id);
    }

    pub(super) fn clear(&self) {
        self.0.lock().clear();
    }
}
