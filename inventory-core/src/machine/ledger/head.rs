//! The end of a log, and whether an entry comes next.

use crate::machine::Entry;
use crate::vocabulary::{Chain, Sequence, Timestamp};

/// The end of a log, or of what a ledger has followed of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// Position of the last event.
    pub sequence: Sequence,
    /// Digest of everything up to there.
    pub chain: Chain,
    /// When the last entry was recorded.
    pub recorded_at: Timestamp,
}

impl Head {
    /// The head once `entry` is there too.
    pub fn after<Product, Store>(entry: &Entry<Product, Store>) -> Self {
        Self {
            sequence: entry.last(),
            chain: entry.chain,
            recorded_at: entry.recorded_at,
        }
    }

    /// Whether an entry comes next, by its position and its time.
    ///
    /// # Errors
    ///
    /// It does not.
    pub fn check_place(self, entry: &Entry) -> Result<(), Break> {
        let (head, found) = (self.sequence, entry.first);
        if found != head.next() {
            return Err(Break::Gap { head, found });
        }
        if entry.recorded_at < self.recorded_at {
            return Err(Break::OtherHistory { at: found });
        }
        Ok(())
    }

    /// Whether an entry comes next, by its chain too, as far as this program can digest what is in it.
    ///
    /// # Errors
    ///
    /// It does not.
    pub fn check(self, entry: &Entry) -> Result<(), Break> {
        self.check_place(entry)?;
        let chain = entry.chain_after(self.chain);
        if chain.is_some_and(|chain| chain != entry.chain) {
            return Err(Break::OtherHistory { at: entry.first });
        }
        Ok(())
    }
}

/// Why an entry does not continue the log that the ledger has followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// Positions between the ledger's head and the entry are missing, or the entry repeats some.
    #[error("{found} follows {head}")]
    Gap {
        /// The ledger's head.
        head: Sequence,
        /// First position of the entry.
        found: Sequence,
    },
    /// The entry was written after another history, or earlier than the entry before it.
    #[error("the entry at {at} continues another history")]
    OtherHistory {
        /// First position of the entry.
        at: Sequence,
    },
}
