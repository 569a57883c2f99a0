//! A window whose time is put right.

use super::{FrozenWindow, KeysForgotten, Window, WindowLimits};
use crate::machine::ledger::key_hash::text_hash;
use crate::machine::ledger::packed::Unpacker;
use crate::vocabulary::Timestamp;

impl FrozenWindow {
    /// The same entries, none of them later than `latest`.
    pub(in crate::machine) fn set_back(&self, latest: Timestamp) -> Self {
        let mut set_back = Window::new(WindowLimits::NONE);
        let mut earlier = Vec::new();
        for (caller, packed) in self.packed() {
            earlier.clear();
            Unpacker { rest: packed }.copy_until(latest, &mut earlier);
            let hash = text_hash(caller, Unpacker { rest: packed }.key());
            set_back.remember(caller, hash, &earlier);
        }
        set_back.forgotten = KeysForgotten {
            until: self.forgotten.until.min(latest),
            ..self.forgotten
        };
        set_back.freeze()
    }
}
