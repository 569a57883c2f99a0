//! Unsettled work: what a start leaves to be done.

use inventory_core::ports::DeadLetter;
use inventory_core::vocabulary::Epoch;

/// What has to be done before anything is appended. Each step needs a little room.
#[derive(Debug)]
pub(in crate::file) struct Unsettled {
    /// What has to be buried.
    pub(in crate::file) letters: Vec<DeadLetter>,
    /// What becomes of the segment.
    pub(in crate::file) next: Next,
    /// The history that this segment replaces, as its header says.
    pub(in crate::file) replaces: Option<Epoch>,
}

/// Whether another segment takes the place of the one that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::file) enum Next {
    /// It was closed in good order, and goes on.
    Not,
    /// It was in use. Should its process live in spite of the lock, it must not write to the file that we write to; but it is
    /// better to go on there than not at all.
    IfThereIsRoom,
    /// It ends in bytes that do not count.
    Must,
}

impl Unsettled {
    pub(in crate::file) fn letters(letters: Vec<DeadLetter>) -> Self {
        Self {
            letters,
            next: Next::Not,
            replaces: None,
        }
    }

    pub(super) fn if_any(self) -> Option<Self> {
        (self.next != Next::Not || !self.letters.is_empty()).then_some(self)
    }
}
