//! What is not remembered any more.

use crate::vocabulary::Timestamp;

/// What a window has forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeysForgotten {
    /// Keys that were forgotten before their age, for want of room.
    pub early: u64,
    /// When the newest key was recorded that is forgotten, for its age or for want of room: all keys that were recorded later
    /// are remembered. 1970 when none is forgotten.
    pub until: Timestamp,
}

impl KeysForgotten {
    /// Since when every key is remembered, whoever used it: one that was recorded at this moment, or later, is answered as
    /// it was first. Of earlier ones some are forgotten. 1970 while nothing was forgotten.
    pub fn remembered_since(self) -> Timestamp {
        match self.until == Timestamp::UNIX_EPOCH {
            true => Timestamp::UNIX_EPOCH,
            false => self.until.plus_millis(1),
        }
    }
}
