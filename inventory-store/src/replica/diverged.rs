//! Why a page cannot be followed.

use inventory_core::machine::replica::NotApplied;
use inventory_core::machine::{Break, Inapplicable};
use inventory_core::vocabulary::{Epoch, Sequence};
use inventory_http::wire::InvalidEntry;

/// A page is not the continuation of what the replica has followed. Only a fresh snapshot leads on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Diverged {
    /// Central's log has another history: it was restored or restarted.
    #[error("the page is of epoch {theirs}, the replica of {ours}")]
    Epoch {
        /// The replica's epoch.
        ours: Epoch,
        /// The page's epoch.
        theirs: Epoch,
    },
    /// Events between the position and the page are missing, or some within the page.
    #[error("the page goes on at {found} after {head}")]
    Gap {
        /// Last position that is known.
        head: Sequence,
        /// The position that is there instead of the next one.
        found: Sequence,
    },
    /// The chain or the time of an entry says that other entries come before it.
    #[error("the entry at {at} continues another history")]
    Chain {
        /// First position of the entry.
        at: Sequence,
    },
    /// Events do not make an entry.
    #[error("the page has events that cannot be read")]
    Unreadable(#[from] InvalidEntry),
    /// An event that central has applied does not apply to the replica: the two differ.
    #[error("the event at {at} does not follow from what the replica has")]
    Inapplicable {
        /// Position of the event.
        at: Sequence,
        /// What does not fit.
        #[source]
        reason: Inapplicable,
    },
}

impl Diverged {
    /// Whether a later central has written what this version cannot follow: an event that is there as a whole, and makes no sense
    /// here.
    pub fn is_newer(&self) -> bool {
        matches!(
            self,
            Self::Unreadable(InvalidEntry::UnknownType { .. } | InvalidEntry::Malformed { .. })
        )
    }
}

impl From<Break> for Diverged {
    fn from(reason: Break) -> Self {
        match reason {
            Break::Gap { head, found } => Self::Gap { head, found },
            Break::OtherHistory { at } => Self::Chain { at },
        }
    }
}

impl From<NotApplied> for Diverged {
    fn from(reason: NotApplied) -> Self {
        match reason {
            NotApplied::Break(reason) => reason.into(),
            NotApplied::Inapplicable { at, reason } => Self::Inapplicable { at, reason },
        }
    }
}
