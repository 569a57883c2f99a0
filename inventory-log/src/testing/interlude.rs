//! Interleaving: what happens between two calls of another party.

use std::sync::Arc;

use parking_lot::Mutex;

use super::faults::Call;

/// Something that happens once, before one of the next changes. Clones are the same one.
#[derive(Clone, Default)]
pub(super) struct Interlude(Arc<Mutex<Option<Due>>>);

struct Due {
    left: u64,
    happen: Box<dyn FnOnce() + Send>,
}

impl Interlude {
    pub(super) fn set(&self, nth: u64, happen: Box<dyn FnOnce() + Send>) {
        *self.0.lock() = Some(Due { left: nth, happen });
    }

    pub(super) fn clear(&self) {
        *self.0.lock() = None;
    }

    pub(super) fn before(&self, call: Call) {
        if !matches!(
            call,
            Call::Create | Call::Write | Call::Sync | Call::Rename | Call::SyncDir
        ) {
            return;
        }
        let due = {
            let mut slot = self.0.lock();
            match &mut *slot {
                Some(due) if due.left > 1 => {
                    due.left -= 1;
                    None
                }
                Some(_) | None => slot.take(),
            }
        };
        if let Some(due) = due {
            (due.happen)();
        }
    }
}
