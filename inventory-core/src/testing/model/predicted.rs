//! What the model says an answer should be.

use crate::machine::{Entry, Event, Movement, Rejection, RowOutcome};

/// An answer, as far as the model knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicted {
    /// The request is applied.
    Applied {
        /// Position of its first event.
        first: u64,
        /// What it writes.
        movements: Vec<Movement>,
        /// What became of each line, when some may be skipped.
        outcomes: Vec<RowOutcome>,
    },
    /// The key was used for the same intent before.
    Replayed {
        /// Position of the first event that was written under it.
        first: u64,
        /// What became of each line, when some may be skipped.
        outcomes: Vec<RowOutcome>,
    },
    /// The key was used for something else before; in what that differs nobody can tell.
    Reused {
        /// Position of the first event that was written under it.
        first: u64,
    },
    /// The request is refused.
    Refused(Rejection),
}

impl Predicted {
    /// Whether an answer is what was predicted.
    pub fn is(&self, answer: &Self) -> bool {
        match (self, answer) {
            (Self::Reused { first }, Self::Refused(Rejection::KeyReused { first: found, .. })) => {
                *first == found.number()
            }
            _ => self == answer,
        }
    }

    /// What an entry says that was just written.
    pub fn applied(entry: &Entry) -> Self {
        let movements = entry.events.iter().filter_map(Event::movement);
        Self::Applied {
            first: entry.first.number(),
            movements: movements.cloned().collect(),
            outcomes: entry.outcomes.to_vec(),
        }
    }

    /// What an entry says that a key was found to belong to.
    pub fn replayed(entry: &Entry) -> Self {
        Self::Replayed {
            first: entry.first.number(),
            outcomes: entry.outcomes.to_vec(),
        }
    }
}
