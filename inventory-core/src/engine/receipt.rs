//! What a caller is answered.

use std::sync::Arc;

use crate::machine::{Entry, Event, Movement, Rejection};

/// What a request has written, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The events, one per line of the request, with the state after each.
    pub entry: Arc<Entry>,
    /// Whether the key had been used before, so that this is the first answer again.
    pub replayed: bool,
}

impl Receipt {
    /// What the request has changed, in order: of each line the product, the store, and the level, version and total after it. A
    /// line that was skipped has none; one about a whole reservation or transfer has one for each level of it.
    pub fn lines(&self) -> impl Iterator<Item = &Movement> {
        self.entry.events.iter().filter_map(Event::movement)
    }
}

/// The answer to a request: done, or refused.
pub type Answer = Result<Receipt, Rejection>;
